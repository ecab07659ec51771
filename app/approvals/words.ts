/** The words of approvals. Types only. */

export type Status = 'pending' | 'approved' | 'denied' | 'expired' | 'cancelled' | 'used'

/** One call of one tool with certain arguments, that needs a person's word. */
export interface Wanted {
  readonly callerId: string
  readonly callerName: string
  readonly toolName: string
  readonly owner: string
  /** As people are shown them: secrets masked, cut. */
  readonly arguments: unknown
  /** SHA-256 of the tool, its owner and the whole arguments. */
  readonly hash: string
}

export interface Approval extends Wanted {
  /** UUID. */
  readonly id: string
  readonly status: Status
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly decidedAt: Date | null
  readonly decidedBy: string | null
  readonly reason: string | null
  readonly usedAt: Date | null
}

/** What a person has said. */
export interface Decision {
  readonly approve: boolean
  readonly reason: string | null
  /** Whose word it is. */
  readonly actor: string
}
