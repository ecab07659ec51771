/** The browsers that the person who looks is signed in with. */
import { useQueryClient } from '@tanstack/react-query'
import type { OwnSessionView } from '../../../wire.ts'
import { useOwnSessions } from '../access-queries.ts'
import { post, remove } from '../api.ts'
import { leave } from '../queries.ts'
import { Action } from './action.tsx'
import { browserOf } from './browser.ts'
import { Problem, Skeleton } from './states.tsx'
import { Ago } from './time.tsx'

export function OwnSessions() {
  const client = useQueryClient()
  const { data, error, refetch } = useOwnSessions()
  return (
    <section className="card" aria-labelledby="own-sessions">
      <h2 id="own-sessions">Where you are signed in</h2>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton lines={3} />
      ) : (
        <ul className="lines">
          {data.map((session) => (
            <Line key={session.id} session={session} />
          ))}
        </ul>
      )}
      <div className="actions form-part">
        <Action
          sure
          about="Sign out everywhere"
          run={() => post('auth/sign-out-everywhere', {})}
          changes="own-sessions"
          onDone={() => leave(client)}
        >
          Sign out everywhere
        </Action>
        <small>This browser too, and your tokens and connected apps.</small>
      </div>
    </section>
  )
}

function Line({ session: { id, address, browser, last_seen_at, this: isThis } }: { session: OwnSessionView }) {
  const name = browserOf(browser)
  return (
    <li>
      <span className="strong" title={browser ?? undefined}>
        {name}
      </span>
      <span className="quiet">
        {address ?? 'from somewhere'}, <Ago at={last_seen_at} />
      </span>
      {isThis ? (
        <span className="tag">this one</span>
      ) : (
        <Action sure about={`Sign ${name} out`} run={() => remove(`auth/sessions/${id}`)} changes="own-sessions">
          Sign out
        </Action>
      )}
    </li>
  )
}
