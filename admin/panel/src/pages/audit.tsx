/** What people and programs did to this server: who, what, and to whom or what. */
import type { AuditView } from '../../../wire.ts'
import { type AuditFilter, useAudit } from '../access-queries.ts'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Moment } from '../parts/time.tsx'
import { href, useRoute } from '../route.ts'

export function Audit() {
  const { query } = useRoute()
  const filter: AuditFilter = Object.fromEntries(
    ['actor', 'action'].flatMap((key) => (query.get(key) ? [[key, query.get(key)]] : [])),
  )
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useAudit(filter)
  const entries = data?.pages.flatMap((page) => page.entries)
  return (
    <>
      <header className="page-head">
        <h1>Audit</h1>
        <p className="quiet">Sign-ins, and everything that changed who may do what</p>
      </header>
      <Chosen filter={filter} />
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !entries ? (
        <Skeleton lines={8} />
      ) : entries.length === 0 ? (
        <Empty title="Nothing of that kind was done" />
      ) : (
        <Rows entries={entries} filter={filter} />
      )}
      {hasNextPage && (
        <p className="more">
          <button type="button" onClick={() => fetchNextPage()} disabled={isFetchingNextPage}>
            {isFetchingNextPage ? 'Loading…' : 'Older'}
          </button>
        </p>
      )}
    </>
  )
}

/** What the list is narrowed to, and the way out of it. */
function Chosen({ filter: { actor, action } }: { filter: AuditFilter }) {
  if (!actor && !action) return null
  return (
    <p className="chosen">
      Only what {actor ? <strong>{actor}</strong> : 'anybody'} did
      {action && (
        <>
          : <strong>{inWords(action)}</strong>
        </>
      )}
      . <a href={href(['audit'])}>Show everything</a>
    </p>
  )
}

function Rows({ entries, filter }: { entries: readonly AuditView[]; filter: AuditFilter }) {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>When</th>
          <th>Who</th>
          <th>What</th>
          <th>To</th>
          <th>Details</th>
          <th>From</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ id, at, actor, action, target, details, address }) => (
          <tr key={id}>
            <td data-title="When" className="nowrap quiet">
              <Moment at={at} />
            </td>
            <td data-title="Who">
              <a href={href(['audit'], { ...filter, actor })}>{actor}</a>
            </td>
            <td data-title="What">
              <a href={href(['audit'], { ...filter, action })}>{inWords(action)}</a>
            </td>
            <td data-title="To">{target ?? '–'}</td>
            <td data-title="Details" className="quiet">
              {detailsOf(details)}
            </td>
            <td data-title="From" className="nowrap">
              {address ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const inWords = (action: string) => action.replaceAll('_', ' ')

/** One line of names and values; what is empty says nothing. */
function detailsOf(details: unknown): string {
  if (typeof details !== 'object' || details === null) return '–'
  const told = Object.entries(details).filter(([, value]) => value !== null && value !== '')
  return told.map(([name, value]) => `${name.replaceAll('_', ' ')}: ${worded(value)}`).join('; ') || '–'
}

function worded(value: unknown): string {
  if (Array.isArray(value)) return value.map(worded).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
