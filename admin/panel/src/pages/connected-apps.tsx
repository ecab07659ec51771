/** The programs that may act in somebody's name, and how to take that back. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { GrantView, Me } from '../../../wire.ts'
import { post } from '../api.ts'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'
import { useGrants } from '../queries.ts'

export function ConnectedApps({ me }: { me: Me }) {
  const { data, error, refetch } = useGrants()
  const all = me.scopes.includes('admin')
  return (
    <>
      <header className="page-head">
        <h1>Connected apps</h1>
        <p className="quiet">{all ? 'Programs that people let act in their name' : 'Programs that you let act in your name'}</p>
      </header>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton />
      ) : data.length === 0 ? (
        <Empty title="No app is connected">
          Add this server in Claude, ChatGPT or another MCP client: it sends you here to sign in, and asks what it may do.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>App</th>
              {all && <th>In the name of</th>}
              <th>May</th>
              <th>Connected</th>
              <th>Last renewed</th>
              <th>
                <span className="unseen">Take back</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((grant) => (
              <App key={grant.id} grant={grant} all={all} />
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

function App({ grant, all }: { grant: GrantView; all: boolean }) {
  return (
    <tr>
      <td data-title="App">
        <span>
          {grant.client ?? 'has not said its name'}
          <br />
          <small className="quiet">{grant.client_url ? new URL(grant.client_url).host : 'registered itself'}</small>
        </span>
      </td>
      {all && (
        <td data-title="In the name of">
          {grant.person}
          {grant.account_of && ` at ${grant.account_of}`}
        </td>
      )}
      <td data-title="May">{grant.scopes.join(', ')}</td>
      <td data-title="Connected" className="nowrap">
        <Ago at={grant.created_at} />
      </td>
      <td data-title="Last renewed" className="nowrap">
        {grant.renewed_at ? <Ago at={grant.renewed_at} /> : '–'}
      </td>
      <td>
        <TakeBack grant={grant} />
      </td>
    </tr>
  )
}

/** Asks once more on the same button: the app has to be connected anew afterwards. */
function TakeBack({ grant }: { grant: GrantView }) {
  const client = useQueryClient()
  const [sure, setSure] = useState(false)
  const revoke = useMutation({
    mutationFn: () => post(`grants/${grant.id}/revoke`, {}),
    onSettled: () => client.invalidateQueries({ queryKey: ['grants'] }),
  })
  const name = grant.client ?? 'this app'
  return (
    <>
      <button
        type="button"
        onClick={() => (sure ? revoke.mutate() : setSure(true))}
        onBlur={() => setSure(false)}
        disabled={revoke.isPending}
        aria-label={sure ? `Really take back what ${name} may do` : `Take back what ${name} may do`}
      >
        {sure ? 'Really?' : 'Take back'}
      </button>
      {revoke.error && <p role="alert">{revoke.error.message}</p>}
    </>
  )
}
