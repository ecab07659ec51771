/** A JSON value that can be opened and closed. Everything is shown as text: what a tool says is never taken for HTML. */
import { useState } from 'react'

interface Props {
  value: unknown
  name?: string
  /** Levels that are open at first. */
  open?: number
}

const shownAtOnce = 100
/** A long list is easier to look over with its elements closed. */
const openedAtMost = 12

export function Json({ value, name, open = 2 }: Props) {
  if (typeof value !== 'object' || value === null) {
    return (
      <div className="json-row">
        <Name name={name} />
        <Scalar value={value} />
      </div>
    )
  }
  const entries = Array.isArray(value) ? value.map((element, index) => [String(index), element] as const) : Object.entries(value)
  const [left, right] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) {
    return (
      <div className="json-row">
        <Name name={name} />
        <span className="json-quiet">
          {left}
          {right}
        </span>
      </div>
    )
  }
  return (
    <details className="json" open={open > 0}>
      <summary>
        <Name name={name} />
        <span className="json-quiet">
          {Array.isArray(value)
            ? `${entries.length} ${entries.length === 1 ? 'element' : 'elements'}`
            : `${entries.length} ${entries.length === 1 ? 'member' : 'members'}`}
        </span>
      </summary>
      <Members entries={entries} open={open - 1} />
    </details>
  )
}

function Members({ entries, open }: { entries: readonly (readonly [string, unknown])[]; open: number }) {
  const [most, setMost] = useState(shownAtOnce)
  return (
    <div className="json-members">
      {entries.slice(0, most).map(([name, value]) => (
        <Json key={name} name={name} value={value} open={entries.length > openedAtMost ? 0 : open} />
      ))}
      {entries.length > most && (
        <button type="button" className="link" onClick={() => setMost(most + shownAtOnce * 5)}>
          {entries.length - most} more
        </button>
      )}
    </div>
  )
}

const Name = ({ name }: { name: string | undefined }) => (name === undefined ? null : <span className="json-name">{name}</span>)

function Scalar({ value }: { value: unknown }) {
  if (typeof value === 'string') return <span className="json-text">{value === '' ? '""' : value}</span>
  return <span className={`json-${value === null || value === undefined ? 'null' : typeof value}`}>{String(value)}</span>
}
