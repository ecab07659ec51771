/** The systems behind the switch, and how each of them is doing. */
import type { UpstreamView } from '../../../wire.ts'
import { AtProxy } from '../parts/at-proxy.tsx'
import { Copyable } from '../parts/copy.tsx'
import { State } from '../parts/dot.tsx'
import { SignInAt } from '../parts/sign-in-at.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'
import { useUpstreams } from '../queries.ts'

const words: Record<UpstreamView['state'], string> = {
  connected: 'connected',
  connecting: 'connecting',
  stale: 'away, its last lists are served',
  sign_in: 'waits for a sign-in',
  disabled: 'disabled in the configuration',
}

const example = `mcpServers:
  files:
    command: npx
    args: [-y, "@modelcontextprotocol/server-filesystem", ./data]`

export function Upstreams() {
  const { data, error, refetch } = useUpstreams()
  return (
    <>
      <header className="page-head">
        <h1>Upstreams</h1>
        <p className="quiet">Where the calls go</p>
      </header>
      <AtProxy />
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton lines={4} />
      ) : data.length === 0 ? (
        <Empty title="No upstreams yet">
          <p>Put one into switchyard.yaml, exactly as Claude Desktop or Cursor write it, and start the server again.</p>
          <Copyable text={example} label="the example" />
        </Empty>
      ) : (
        <ul className="upstreams">
          {data.map((upstream) => (
            <Upstream key={upstream.name} upstream={upstream} />
          ))}
        </ul>
      )}
    </>
  )
}

function Upstream({ upstream }: { upstream: UpstreamView }) {
  const {
    name,
    kind,
    transport,
    state,
    since,
    tools,
    resources,
    prompts,
    lastConnectedAt,
    nextTryAt,
    error,
    leftOut,
    people,
    breaker,
    server,
    pid,
    signIn,
  } = upstream
  return (
    <li className="card upstream">
      <header>
        <h2>{name}</h2>
        <State state={state}>{state === 'stale' && !lastConnectedAt ? 'away' : words[state]}</State>
      </header>
      <p className="quiet">
        {kind} over {transport}
        {server && `, ${server.name} ${server.version}`}
        {pid !== null && `, process ${pid}`}
      </p>
      {people === null ? (
        <ul className="tally">
          <Tally count={tools} one="tool" />
          <Tally count={resources} one="resource" />
          <Tally count={prompts} one="prompt" />
        </ul>
      ) : (
        <ul className="tally">
          <Tally count={people} one="person signed in" many="people signed in" />
        </ul>
      )}
      {error && state !== 'connected' && state !== 'sign_in' && <p className="bad-text">{error}</p>}
      {breaker && breaker !== 'closed' && (
        <p className="bad-text">
          Too many requests in a row failed:{' '}
          {breaker === 'open' ? 'calls are held back for a while' : 'one is let through to see'}
        </p>
      )}
      <p className="quiet">
        {state === 'connected' && since && (
          <>
            Connected <Ago at={since} />
          </>
        )}
        {state !== 'connected' && state !== 'disabled' && (
          <>
            {lastConnectedAt ? (
              <>
                Last connected <Ago at={lastConnectedAt} />
              </>
            ) : (
              'Never connected yet'
            )}
            {nextTryAt && state !== 'sign_in' && (
              <>
                , next try <Ago at={nextTryAt} />
              </>
            )}
          </>
        )}
      </p>
      {leftOut.length > 0 && (
        <details>
          <summary>{leftOut.length === 1 ? 'One thing' : `${leftOut.length} things`} left out</summary>
          <ul>
            {leftOut.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </details>
      )}
      {signIn && <SignInAt name={name} signIn={signIn} />}
    </li>
  )
}

const Tally = ({ count, one, many = `${one}s` }: { count: number; one: string; many?: string }) => (
  <li>
    <strong>{count}</strong> {count === 1 ? one : many}
  </li>
)
