/** The MCP clients that are connected to this process. */
import { Dot } from '../parts/dot.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'
import { useSessions } from '../queries.ts'
import { href } from '../route.ts'

export function Sessions() {
  const { data, error, refetch } = useSessions()
  return (
    <>
      <header className="page-head">
        <h1>Sessions</h1>
        <p className="quiet">{data ? `${data.length} open` : 'Clients that are connected now'}</p>
      </header>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton />
      ) : data.length === 0 ? (
        <Empty title="Nobody is connected">
          <a href={href([])}>The overview</a> says what to put into Claude, Cursor or VS Code.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Client</th>
              <th>Caller</th>
              <th>Through</th>
              <th>Protocol</th>
              <th>Opened</th>
              <th>Last message</th>
              <th className="number">Calls</th>
            </tr>
          </thead>
          <tbody>
            {data.map((session) => (
              <tr key={`${session.id} ${session.opened_at}`}>
                <td data-title="Client">
                  <span>
                    <Dot state={session.busy ? 'ok' : 'disabled'} /> {session.client ?? 'has not said'}{' '}
                    <code className="quiet">{session.id}…</code>
                  </span>
                </td>
                <td data-title="Caller">{session.caller.name}</td>
                <td data-title="Through">{session.via}</td>
                <td data-title="Protocol">{session.protocol ?? '–'}</td>
                <td data-title="Opened" className="nowrap">
                  <Ago at={session.opened_at} />
                </td>
                <td data-title="Last message" className="nowrap">
                  <Ago at={session.last_active_at} />
                </td>
                <td data-title="Calls" className="number">
                  {session.calls}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
