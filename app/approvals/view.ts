/** Approvals as people and programs are shown them. */
import { reveal } from '../pins/invisible.ts'
import type { Approval, Status } from './words.ts'

/** Times are ISO 8601. */
export interface ApprovalView {
  readonly id: string
  readonly caller: { readonly id: string; readonly name: string }
  readonly tool: string
  readonly owner: string
  /** Secrets masked, cut where they are long, with invisible characters written out. */
  readonly arguments: unknown
  /** Whether all of the arguments are shown, but for secrets. */
  readonly complete: boolean
  readonly status: Status
  readonly created_at: string
  readonly expires_at: string
  readonly decided_at: string | null
  readonly decided_by: string | null
  readonly reason: string | null
  readonly used_at: string | null
}

export const viewOf = (approval: Approval): ApprovalView => ({
  id: approval.id,
  caller: { id: approval.callerId, name: approval.callerName },
  tool: approval.toolName,
  owner: approval.owner,
  arguments: revealed(approval.arguments),
  complete: !wasCut.test(JSON.stringify(approval.arguments)),
  status: approval.status,
  created_at: approval.createdAt.toISOString(),
  expires_at: approval.expiresAt.toISOString(),
  decided_at: approval.decidedAt?.toISOString() ?? null,
  decided_by: approval.decidedBy,
  reason: approval.reason,
  used_at: approval.usedAt?.toISOString() ?? null,
})

/** Whoever decides must not be shown another text than the tool is given. */
function revealed(value: unknown): unknown {
  if (typeof value === 'string') return reveal(value)
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [reveal(name), revealed(member)]))
}

/** What stands in a kept value in the place of the rest (app/redact.ts). Who writes it into an argument says of their own call that it was cut. */
const wasCut = /\[(?:\d+ more (?:characters|elements)|more members|deeper than 64 levels)\]/
