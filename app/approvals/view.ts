/** Approvals as people and programs are shown them. */
import type { Approval, Status } from './words.ts'

/** Times are ISO 8601. */
export interface ApprovalView {
  readonly id: string
  readonly caller: { readonly id: string; readonly name: string }
  readonly tool: string
  readonly owner: string
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
  arguments: approval.arguments,
  complete: !wasCut.test(JSON.stringify(approval.arguments)),
  status: approval.status,
  created_at: approval.createdAt.toISOString(),
  expires_at: approval.expiresAt.toISOString(),
  decided_at: approval.decidedAt?.toISOString() ?? null,
  decided_by: approval.decidedBy,
  reason: approval.reason,
  used_at: approval.usedAt?.toISOString() ?? null,
})

/** What stands in a kept value in the place of the rest (app/redact.ts). Who writes it into an argument says of their own call that it was cut. */
const wasCut = /\[(?:\d+ more (?:characters|elements)|more members|deeper than 64 levels)\]/
