/**
 * Whose calls were taken back a while ago: what their server still says or asks because of them looks as if it were about the next call on
 * the same connection, which may be another client's.
 */
import type { Call } from '../../call.ts'

/** How long (ms) a server may go on with what it was told to stop. */
const lingering = 60_000

export class Doubts {
  /** Until when, by client. */
  private readonly ends = new Map<string, number>()

  add(call: Call): void {
    this.forget()
    this.ends.set(clientOf(call), performance.now() + lingering)
  }

  /** Whether a message that seems to be about this call may be about one of another client. */
  besides(call: Call): boolean {
    if (this.ends.size === 0) return false
    this.forget()
    const own = clientOf(call)
    for (const client of this.ends.keys()) if (client !== own) return true
    return false
  }

  private forget(): void {
    const now = performance.now()
    for (const [client, end] of this.ends) if (end <= now) this.ends.delete(client)
  }
}

/** Without sessions a caller counts as one client. */
const clientOf = ({ session, caller }: Call): string => session ?? `caller ${caller.id}`
