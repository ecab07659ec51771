/** When a client reads too slowly to be waited for: what it does not take is held in memory, and there may be many of them. */

/** What may wait for a client that takes nothing, in bytes. */
const mostUnread = 1024 * 1024
/** So long (ms) may a client take nothing with more than that waiting: large answers come in one piece, and networks pause. */
const patience = 5_000
/** What may wait in any case: also for one that reads, but more slowly than it asks. */
const mostWaiting = 16 * 1024 * 1024

export class SlowReader {
  private taken = 0
  /** When more than it may was first waiting, with nothing taken since. */
  private since = 0

  /**
   * @param waiting bytes that have been written and not taken
   * @param taken bytes that have been taken so far, by this connection
   * @returns what is wrong, in words; undefined while it may go on
   */
  problem(waiting: number, taken: number): string | undefined {
    if (waiting <= mostUnread) {
      this.since = 0
      return undefined
    }
    if (waiting > mostWaiting) return `the client does not read fast enough: more than ${mostWaiting} bytes were waiting`
    if (this.since === 0 || taken !== this.taken) {
      this.taken = taken
      this.since = performance.now()
      return undefined
    }
    if (performance.now() - this.since < patience) return undefined
    return `the client does not read: ${waiting} bytes have been waiting for ${patience / 1000} s`
  }
}
