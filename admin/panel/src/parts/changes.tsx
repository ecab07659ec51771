/** What has become of a definition: what went is struck through, what came is underlined, so that colour is not all that tells them apart. */
import type { ChangeView } from '../../../wire.ts'

const fields: Record<string, string> = {
  name: 'Name',
  title: 'Title',
  description: 'Description',
  instructions: 'Instructions',
  inputSchema: 'Arguments',
  outputSchema: 'Answer',
  annotations: 'Hints',
  notes: 'Examples and notes',
}

export function Changes({ changes }: { changes: readonly ChangeView[] }) {
  return (
    <div className="changes">
      {changes.map((change) => (
        <section key={change.field} aria-label={`Change of ${change.field}`}>
          <h3>{fields[change.field] ?? change.field}</h3>
          <pre className={`change by-${change.by}`}>
            {change.pieces.map((piece, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name, and do not move
              <Piece key={index} piece={piece} />
            ))}
          </pre>
        </section>
      ))}
    </div>
  )
}

function Piece({ piece: { op, text } }: { piece: ChangeView['pieces'][number] }) {
  if (op === 'gone') return <del>{text}</del>
  if (op === 'new') return <ins>{text}</ins>
  if (op === 'skip') return <span className="skipped">{`… ${text} that are the same …\n`}</span>
  return <span>{text}</span>
}
