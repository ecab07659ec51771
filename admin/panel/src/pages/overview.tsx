/** How it goes, at one look. */
import type { HealthView } from '../../../wire.ts'
import { Charts } from '../parts/charts.tsx'
import { Connect } from '../parts/connect.tsx'
import { Dot, State } from '../parts/dot.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago, duration } from '../parts/time.tsx'
import { useFailures, useHealth, useUpstreams } from '../queries.ts'
import { href } from '../route.ts'

const number = new Intl.NumberFormat()

export function Overview({ mayAdmin }: { mayAdmin: boolean }) {
  const { data, error, refetch } = useHealth()
  if (error && !data) return <Problem error={error} retry={refetch} />
  return (
    <>
      <header className="page-head">
        <h1>Overview</h1>
        <p className="quiet">{data ? <Summary health={data} /> : 'Looking…'}</p>
      </header>
      {data ? <Counts health={data} mayAdmin={mayAdmin} /> : <Skeleton lines={2} />}
      {data && <Charts recent={data.recent.slice(0, -1)} />}
      <div className={mayAdmin ? 'two' : undefined}>
        <section className="card" aria-labelledby="components">
          <h2 id="components">Components</h2>
          {data ? <Components components={data.components} /> : <Skeleton />}
        </section>
        {mayAdmin && <Failures />}
      </div>
      {data && <Connect urls={data.urls} />}
    </>
  )
}

function Summary({ health }: { health: HealthView }) {
  const troubled = Object.entries(health.components).filter(([, { status }]) => status !== 'ok')
  const says =
    health.status === 'starting'
      ? 'Starting'
      : troubled.length === 0
        ? 'Everything works'
        : `${health.status === 'unhealthy' ? 'Not working' : 'Working, with something missing'}: ${troubled.map(([name]) => spoken(name)).join(', ')}`
  return (
    <>
      {says}, up for {duration(Math.round(health.uptime))}
    </>
  )
}

function Counts({ health: { counts, recent }, mayAdmin }: { health: HealthView; mayAdmin: boolean }) {
  const { data: upstreams } = useUpstreams(mayAdmin)
  const connected = upstreams?.filter(({ state }) => state === 'connected').length ?? 0
  const wanted = upstreams?.filter(({ state }) => state !== 'disabled').length ?? 0
  return (
    <div className="counts">
      <Count title="Tools" value={number.format(counts.tools)} to={href(['tools'])} />
      {mayAdmin && (
        <Count title="Upstreams connected" value={upstreams ? `${connected} of ${wanted}` : '…'} to={href(['upstreams'])} />
      )}
      <Count title="Open sessions" value={number.format(counts.sessions)} to={mayAdmin ? href(['sessions']) : undefined} />
      <Count
        title="Calls in ten minutes"
        value={number.format(recent.reduce((sum, { calls }) => sum + calls, 0))}
        to={mayAdmin ? href(['history']) : undefined}
      />
    </div>
  )
}

function Count({ title, value, to }: { title: string; value: string; to: string | undefined }) {
  const inside = (
    <>
      <strong>{value}</strong>
      <span>{title}</span>
    </>
  )
  return to ? (
    <a className="count card" href={to}>
      {inside}
    </a>
  ) : (
    <div className="count card">{inside}</div>
  )
}

function Components({ components }: { components: HealthView['components'] }) {
  const entries = Object.entries(components)
  if (entries.length === 0) return <Empty title="Nothing to look at yet" />
  return (
    <ul className="lines">
      {entries.map(([name, { status, detail, ...fields }]) => (
        <li key={name}>
          <span className="strong">{spoken(name)}</span>
          <span className="quiet clamp" title={detail}>
            {detail ?? plain(fields)}
          </span>
          <State state={status} />
        </li>
      ))}
    </ul>
  )
}

/** `upstream:files` is the name of a component for programs. */
const spoken = (name: string) => name.replace(':', ' ')

/** The fields that say something by themselves, such as `mode: embedded`. */
const plain = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

function Failures() {
  const { data, error, refetch } = useFailures(true)
  return (
    <section className="card" aria-labelledby="failures">
      <h2 id="failures">Last failures</h2>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton />
      ) : data.length === 0 ? (
        <Empty title="No call has failed">When one does, it is listed here with what went wrong.</Empty>
      ) : (
        <ul className="lines">
          {data.map((row) => (
            <li key={row.id}>
              <a className="strong" href={href(['history', row.id])}>
                <Dot state="failed" /> {row.tool_name}
              </a>
              <span className="quiet clamp">{row.error}</span>
              <span className="quiet nowrap">
                <Ago at={row.created_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
