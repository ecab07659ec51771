/** Calls that wait for a person's word: for admins. */

import { type ApprovalView, viewOf } from '../approvals/view.ts'
import type { Approval } from '../approvals/words.ts'
import type { Approvals } from '../approvals.ts'
import type { Definition } from './command.ts'

const perPage = 50
const longestReason = 500

export const approvalCommands = (approvals: Approvals): Definition[] => [
  {
    name: 'approvals',
    description:
      "Lists the calls that wait for a person's approval, the oldest first, and those that were decided, the newest first. Decide with approval_decide.",
    params: {
      show: {
        type: 'string',
        description: 'pending: what waits now; all: what was decided as well',
        enum: ['pending', 'all'],
        default: 'pending',
      },
      before: { type: 'string', description: 'The `next` of an earlier answer: older ones' },
    },
    returns:
      '`pending` and `past`: lists of id, caller, tool, owner, arguments, complete (whether all of the arguments are shown), status (pending, approved, denied, ' +
      'expired, cancelled, used), created_at, expires_at, decided_at, decided_by, reason, used_at; `next` where there are older ones.',
    scope: 'admin',
    readOnly: true,
    async run({ show, before }) {
      const pending = (await approvals.pending()).map(viewOf)
      if (show !== 'all') return { pending, past: [] }
      const { approvals: past, next } = await approvals.past(perPage, before === undefined ? undefined : String(before))
      return { pending, past: past.map(viewOf), ...(next === undefined ? {} : { next }) }
    },
  },
  {
    name: 'approval_decide',
    description:
      'Approves or denies one call that waits for a word. An approved call runs at once, this once; a caller who has gone meanwhile may make the very same ' +
      'call again. Nobody approves their own calls but a person in the panel.',
    params: {
      id: { type: 'string', description: 'The id of the approval', required: true },
      approve: { type: 'boolean', description: 'true lets the call run, false refuses it', required: true },
      reason: { type: 'string', description: 'Why, for the caller and for the audit log' },
    },
    returns: 'The approval as it is now, as in approvals.',
    scope: 'admin',
    async run({ id, approve, reason }, { caller, via }) {
      const said = typeof reason === 'string' ? reason.replaceAll('\0', '').trim().slice(0, longestReason) : ''
      const approval: Approval = await approvals.decide(
        String(id),
        { approve: approve === true, reason: said || null },
        { caller, via },
      )
      return { ...viewOf(approval) } satisfies ApprovalView
    },
    summary: ({ tool, status }) => `The call of ${tool} is ${status}.`,
  },
]
