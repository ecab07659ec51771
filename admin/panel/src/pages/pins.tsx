/** What upstreams have changed since it was approved, and what looks suspicious in what they say. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { PinsView, PinView } from '../../../wire.ts'
import { post } from '../api.ts'
import { Changes } from '../parts/changes.tsx'
import { State } from '../parts/dot.tsx'
import { Marks } from '../parts/marks.tsx'
import { Wrong } from '../parts/result.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'
import { usePins } from '../queries.ts'
import { sentence } from './sign-in.tsx'

const modes: Record<PinsView['mode'], string> = {
  off: 'Nothing is pinned (pinning.mode is off)',
  warn: 'What changes is offered at once, and shown here',
  approve: 'What changes is not called until somebody approves it',
}

export function Pins() {
  const { data, error, refetch } = usePins()
  return (
    <>
      <header className="page-head">
        <h1>Pins</h1>
        <p className="quiet">{data ? modes[data.mode] : 'What upstreams say of their tools'}</p>
      </header>
      {error ? (
        <Problem error={error} retry={refetch} />
      ) : !data ? (
        <Skeleton lines={4} />
      ) : data.pins.length === 0 ? (
        <Empty title="Nothing to look at">
          {data.counts.all === 0
            ? 'Upstreams have not offered anything yet.'
            : `All ${data.counts.all} definitions of upstreams are as they were approved.`}
        </Empty>
      ) : (
        <ul className="reviews">
          {data.pins.map((pin) => (
            <Pin key={pin.id} pin={pin} mode={data.mode} />
          ))}
        </ul>
      )}
      {data && data.left_out > 0 && <p className="quiet">{data.left_out} more are not shown.</p>}
    </>
  )
}

function Pin({ pin, mode }: { pin: PinView; mode: PinsView['mode'] }) {
  const client = useQueryClient()
  const approve = useMutation({
    // What was looked at is what is approved: should it be another form by now, the server says so.
    mutationFn: () => post<PinView>(`pins/${pin.id}/approve`, { hash: pin.pending_hash }),
    onSettled: () => {
      for (const key of ['pins', 'tools', 'health']) void client.invalidateQueries({ queryKey: [key] })
    },
  })
  const isChanged = pin.state !== 'approved'
  return (
    <li className="card review">
      <header>
        <h2>{pin.name}</h2>
        <State state={isChanged ? 'changed' : 'approved'}>{words(pin, mode)}</State>
      </header>
      <p className="quiet">
        {pin.kind} of {pin.upstream}
        {pin.approved_at && (
          <>
            , approved <Ago at={pin.approved_at} /> by {pin.approved_by}
          </>
        )}
        {pin.changed_at && (
          <>
            , {pin.state === 'new' ? 'seen' : 'changed'} <Ago at={pin.changed_at} />
          </>
        )}
      </p>
      <Marks marks={pin.marks} />
      {pin.changes && pin.changes.length > 0 && <Changes changes={pin.changes} />}
      {approve.error && <Wrong>{sentence(approve.error)}</Wrong>}
      {isChanged && (
        <div className="actions">
          <button
            type="button"
            className="primary"
            onClick={() => approve.mutate()}
            disabled={approve.isPending}
            aria-label={`Approve ${pin.name}`}
          >
            {approve.isPending ? 'Approving…' : 'Approve'}
          </button>
        </div>
      )}
    </li>
  )
}

function words({ state }: PinView, mode: PinsView['mode']): string {
  if (state === 'approved') return 'as it was approved'
  if (state === 'new') return mode === 'approve' ? 'new, not offered yet' : 'new'
  return mode === 'approve' ? 'changed, not called' : 'changed, offered as it is now'
}
