/** The API keys that programs and AI clients sign in with. */
import { useState } from 'react'
import type { KeyView } from '../../../wire.ts'
import { useKeys } from '../access-queries.ts'
import { remove } from '../api.ts'
import { Action } from '../parts/action.tsx'
import { State } from '../parts/dot.tsx'
import { Explain } from '../parts/explain.tsx'
import { Icon } from '../parts/icons.tsx'
import { NewKey } from '../parts/new-key.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'

export function Keys() {
  const { data, error, refetch } = useKeys()
  const [making, setMaking] = useState(false)
  const [withEnded, setWithEnded] = useState(false)
  const active = data?.filter(({ state }) => state === 'active') ?? []
  const ended = (data?.length ?? 0) - active.length
  return (
    <>
      <header className="page-head">
        <h1>Keys</h1>
        <p className="quiet">{data ? `${active.length} in force` : 'What programs and AI clients sign in with'}</p>
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          <Icon name="add" /> New key
        </button>
      </header>
      {making && <NewKey onClose={() => setMaking(false)} />}
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton />
      ) : data.length === 0 ? (
        <Empty title="There is no key yet">
          A client on another machine needs one, and so does everybody where a credential is required.
        </Empty>
      ) : (
        <Rows keys={withEnded ? data : active} />
      )}
      {ended > 0 && (
        <p className="more">
          <button type="button" onClick={() => setWithEnded(!withEnded)}>
            {withEnded ? 'Only those in force' : `Also those that ended (${ended})`}
          </button>
        </p>
      )}
      {data && <Explain />}
    </>
  )
}

function Rows({ keys }: { keys: readonly KeyView[] }) {
  if (keys.length === 0) return <Empty title="No key is in force" />
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Key</th>
          <th>May</th>
          <th>State</th>
          <th>Made</th>
          <th>Expires</th>
          <th>Last used</th>
          <th>
            <span className="unseen">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <Row key={key.id} apiKey={key} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ apiKey }: { apiKey: KeyView }) {
  const { id, name, scopes, tools, rate, state, created_at, created_by, expires_at, last_used } = apiKey
  return (
    <tr>
      <td data-title="Key">
        <span>
          <span className="strong">{name}</span> <code className="quiet">{id}</code>
        </span>
      </td>
      <td data-title="May">
        <span>
          {scopes.join(', ')}
          {tools && <small className="under">only {tools.join(', ')}</small>}
          {rate !== null && <small className="under">{rate} calls a window</small>}
        </span>
      </td>
      <td data-title="State">
        <State state={state} />
      </td>
      <td data-title="Made">
        <span>
          <Ago at={created_at} /> <small className="under">by {created_by}</small>
        </span>
      </td>
      <td data-title="Expires" className="nowrap">
        {expires_at ? <Ago at={expires_at} /> : 'never'}
      </td>
      <td data-title="Last used" className="nowrap">
        {last_used ? <Ago at={last_used} /> : 'not yet'}
      </td>
      <td className="end">
        {state === 'active' && (
          <Action sure about={`Revoke the key ${name}`} run={() => remove(`keys/${encodeURIComponent(id)}`)} changes="keys">
            Revoke
          </Action>
        )}
      </td>
    </tr>
  )
}
