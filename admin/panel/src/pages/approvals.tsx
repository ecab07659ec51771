/** Calls that wait for a person's word, and what was decided. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ApprovalView } from '../../../wire.ts'
import { post } from '../api.ts'
import { State } from '../parts/dot.tsx'
import { Json } from '../parts/json.tsx'
import { Wrong } from '../parts/result.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago, Moment } from '../parts/time.tsx'
import { useApprovals } from '../queries.ts'
import { sentence } from './sign-in.tsx'

export function Approvals() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useApprovals()
  const [newest] = data?.pages ?? []
  const past = data?.pages.flatMap((page) => page.past) ?? []
  return (
    <>
      <header className="page-head">
        <h1>Approvals</h1>
        <p className="quiet">Calls that run only when a person says so</p>
      </header>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !newest ? (
        <Skeleton lines={4} />
      ) : (
        <>
          {newest.pending.length === 0 ? (
            <Empty title="No call waits for a word">
              The settings approval.tools and approval.destructive say which calls need one.
            </Empty>
          ) : (
            <ul className="reviews" aria-label="Calls that wait">
              {newest.pending.map((approval) => (
                <Pending key={approval.id} approval={approval} />
              ))}
            </ul>
          )}
          {past.length > 0 && <Past approvals={past} />}
        </>
      )}
      {hasNextPage && (
        <p className="more">
          <button type="button" onClick={() => fetchNextPage()} disabled={isFetchingNextPage}>
            {isFetchingNextPage ? 'Loading…' : 'More'}
          </button>
        </p>
      )}
    </>
  )
}

function Pending({ approval }: { approval: ApprovalView }) {
  const { id, tool, owner, caller, complete } = approval
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const decide = useMutation({
    mutationFn: (approve: boolean) => post<ApprovalView>(`approvals/${id}`, { approve, reason }),
    onSettled: () => {
      for (const key of ['approvals', 'health']) void client.invalidateQueries({ queryKey: [key] })
    },
  })
  return (
    <li className="card review">
      <header>
        <h2>{tool}</h2>
        <State state="pending">waits for a word</State>
      </header>
      <p className="quiet">
        {caller.name} ({caller.id}) wants to call it at {owner}, since <Ago at={approval.created_at} />; runs out{' '}
        <Ago at={approval.expires_at} />
      </p>
      <section aria-label={`Arguments of ${tool}`} className="well">
        <Json value={approval.arguments} open={4} />
      </section>
      {!complete && <p className="bad-text">Not all of the arguments are shown: they are too long.</p>}
      {decide.error && <Wrong>{sentence(decide.error)}</Wrong>}
      <div className="actions">
        <button type="button" className="primary" onClick={() => decide.mutate(true)} disabled={decide.isPending}>
          Approve
        </button>
        <button type="button" onClick={() => decide.mutate(false)} disabled={decide.isPending}>
          Deny
        </button>
        <label className="reason">
          <span className="unseen">Reason</span>
          <input
            placeholder="Reason, told to the caller"
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
      </div>
    </li>
  )
}

function Past({ approvals }: { approvals: readonly ApprovalView[] }) {
  return (
    <section aria-labelledby="past">
      <h2 id="past" className="section-head">
        Decided
      </h2>
      <table className="table">
        <thead>
          <tr>
            <th>When</th>
            <th>Call</th>
            <th>Status</th>
            <th>Who asked</th>
            <th>Decided by</th>
          </tr>
        </thead>
        <tbody>
          {approvals.map((approval) => (
            <tr key={approval.id}>
              <td data-title="When" className="nowrap quiet">
                <Moment at={approval.created_at} />
              </td>
              <td data-title="Call" className="wide">
                <details>
                  <summary>{approval.tool}</summary>
                  <Json value={approval.arguments} />
                </details>
                {approval.reason && <span className="quiet">{approval.reason}</span>}
              </td>
              <td data-title="Status">
                <State state={approval.status} />
              </td>
              <td data-title="Who asked">{approval.caller.name}</td>
              <td data-title="Decided by">{approval.decided_by ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
