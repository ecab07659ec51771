/** What comes of checking a token. */
import type { Caller } from '../call.ts'

/** A token that was found to be right. */
export interface Verdict {
  /** Milliseconds, as Date.now(): it is not good any longer. */
  readonly until: number
  /** Whose it is, the same object each time. Rejects with Refused when that has changed since. */
  caller(): Caller | Promise<Caller>
}

/** A token that is not good here. The reason is for our log: whoever sent it is told the same whatever it is. */
export class Refused extends Error {
  override readonly name = 'Refused'
  /** What may stand in the log besides. */
  readonly fields: Record<string, unknown>

  constructor(reason: string, fields: Record<string, unknown> = {}) {
    super(reason)
    this.fields = fields
  }
}
