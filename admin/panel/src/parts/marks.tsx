/** What looks suspicious in what an upstream says: for a person to judge. */
import type { MarkView } from '../../../wire.ts'
import { Icon } from './icons.tsx'

export function Marks({ marks }: { marks: readonly MarkView[] }) {
  if (marks.length === 0) return null
  return (
    <ul className="marks" aria-label="Looks suspicious">
      {marks.map((mark) => (
        <li key={`${mark.id} ${mark.field} ${mark.excerpt}`}>
          <Icon name="warning" />
          <div>
            <p>
              {mark.text} <code className="quiet">{mark.field}</code>
            </p>
            <q>{mark.excerpt}</q>
          </div>
        </li>
      ))}
    </ul>
  )
}
