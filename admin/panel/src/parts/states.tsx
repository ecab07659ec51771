/** What a page shows when there is nothing to show: not yet, nothing at all, or not this time. */
import type { ReactNode } from 'react'
import { ApiError } from '../api.ts'
import { Icon } from './icons.tsx'

/** Says what is missing and, as children, what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  )
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const refused = error instanceof ApiError && error.status === 403
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{refused ? 'You may not see this' : 'This did not work'}</strong>
        <p>{error instanceof Error ? error.message : String(error)}</p>
        {retry && (
          <button type="button" onClick={() => retry()}>
            Try again
          </button>
        )}
      </div>
    </div>
  )
}

const widths = [62, 94, 81, 70, 88, 57, 91, 76, 84, 66]

export function Skeleton({ lines = 5 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {widths.slice(0, lines).map((width) => (
        <span key={width} style={{ width: `${width}%` }} />
      ))}
    </div>
  )
}
