/** One call: who made it, through what, what went in and what came out. */
import type { ReactNode } from 'react'
import type { ExecutionView } from '../../../wire.ts'
import { State } from '../parts/dot.tsx'
import { Icon } from '../parts/icons.tsx'
import { Json } from '../parts/json.tsx'
import { Result, Wrong } from '../parts/result.tsx'
import { Problem, Skeleton } from '../parts/states.tsx'
import { Ago, Moment, milliseconds } from '../parts/time.tsx'
import { useExecution } from '../queries.ts'
import { href } from '../route.ts'

export function Execution({ id }: { id: string }) {
  const { data, error, refetch } = useExecution(id)
  return (
    <article>
      <a className="back shown" href={href(['history'])}>
        <Icon name="back" /> History
      </a>
      {error ? <Problem error={error} retry={refetch} /> : data ? <Details row={data} /> : <Skeleton lines={8} />}
    </article>
  )
}

function Details({ row }: { row: ExecutionView }) {
  return (
    <>
      <header className="page-head">
        <h1>{row.tool_name}</h1>
        <State state={row.status} />
        {row.kind === 'tool' && row.owner !== '' && (
          <a className="button" href={href(['tools', row.tool_name], { again: row.id })}>
            <Icon name="again" /> Call again
          </a>
        )}
      </header>
      <dl className="facts">
        <Fact name="When">
          <Moment at={row.created_at} />{' '}
          <span className="quiet">
            (<Ago at={row.created_at} />)
          </span>
        </Fact>
        <Fact name="Took">{milliseconds(row.ms)}</Fact>
        <Fact name="Who">
          {row.caller.name} {row.caller.id !== row.caller.name && <code className="quiet">{row.caller.id}</code>}
        </Fact>
        <Fact name="Through">
          {row.via}
          {row.session && <span className="quiet">, session {row.session}…</span>}
        </Fact>
        <Fact name="Answered by">{row.owner || 'nobody has this name'}</Fact>
        <Fact name="Call id">
          <code>{row.id}</code>
        </Fact>
      </dl>
      {row.error && <Wrong>{row.error_code ? `${row.error} (${row.error_code})` : row.error}</Wrong>}
      <section className="card" aria-labelledby="arguments">
        <h2 id="arguments">{row.kind === 'resource' ? 'Asked for' : 'Arguments'}</h2>
        {isEmpty(row.parameters) ? <p className="quiet">None.</p> : <Json value={row.parameters} open={3} />}
      </section>
      {row.result != null && (
        <section className="card" aria-labelledby="result">
          <h2 id="result">Result</h2>
          <Result result={row.result} />
        </section>
      )}
      <p className="quiet">Long texts are cut and members with a secret's name are masked before they are kept.</p>
    </>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const isEmpty = (value: unknown) =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)
