/**
 * Calls that were taken back a while ago: what their server still says or asks because of them looks like that of the next call on the
 * same connection, which may be another client's.
 */
import type { Call } from '../call.ts'

/** How long (ms) a server may go on with what it was told to stop. */
const lingering = 60_000

export class Doubts {
  private readonly calls = new Set<Call>()

  add(call: Call): void {
    this.calls.add(call)
    setTimeout(() => this.calls.delete(call), lingering).unref()
  }

  /** Whether a message that seems to be about this call may be about one of another client. Without sessions a caller counts as one client. */
  besides({ session, caller }: Call): boolean {
    for (const call of this.calls) if (call.session !== session || call.caller.id !== caller.id) return true
    return false
  }
}
