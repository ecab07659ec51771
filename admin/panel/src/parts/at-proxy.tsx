/** How this server stands at the proxy that it registers at. */
import { useRegistration } from '../queries.ts'
import { State } from './dot.tsx'
import { Ago } from './time.tsx'

const beats = {
  off: 'no heartbeats are sent',
  waiting: 'the first heartbeat is on its way',
  beating: 'heartbeats are answered',
  unsupported: 'this proxy knows no heartbeats',
} as const

/** Nothing where this server registers nowhere. */
export function AtProxy() {
  const { data } = useRegistration()
  if (!data?.enabled) return null
  const { registered, server_key, server_url, proxy_url, heartbeat, last_heartbeat, failed_attempts, error, warning } = data
  return (
    <section className="card upstream" aria-label="Registration at a proxy">
      <header>
        <h2>Registered at a proxy</h2>
        <State state={registered ? 'connected' : 'stale'}>{registered ? `as ${server_key}` : 'not registered'}</State>
      </header>
      <p className="quiet">
        {proxy_url} reaches this server at {server_url ?? 'an address that is not known yet'}
      </p>
      {error && !registered && <p className="bad-text">{error}</p>}
      {warning && <p className="bad-text">{warning}</p>}
      <p className="quiet">
        {registered
          ? beats[heartbeat]
          : `${failed_attempts} ${failed_attempts === 1 ? 'try' : 'tries'} so far; it is tried again by itself`}
        {last_heartbeat && (
          <>
            , the last one <Ago at={last_heartbeat} />
          </>
        )}
      </p>
    </section>
  )
}
