/** When a client reads too slowly to be waited for: what it does not take is held in memory, and there may be many of them. */

/** What may wait, in bytes. */
const mostWaiting = 1024 * 1024
/** What is larger than that by itself is an answer that the client asked for, and goes out in one piece: it does not count, */
const large = mostWaiting
/** but all of them together may not be more than this, */
const mostLarge = 8 * 1024 * 1024
/** and with more than may wait, something must be taken within so many milliseconds. */
const patience = 5_000
/** What the transport adds to what is written here waits too: heads of frames, of an answer. They are not told apart from the rest. */
const framing = 64 * 1024

export class SlowReader {
  /** Bytes written so far. */
  private written = 0
  /** Bytes that were taken when more than may wait began to wait, and since when nothing more was. */
  private taken = 0
  private since = 0
  /** Large messages that are not taken whole: where they end, and how long they are. */
  private large: { readonly end: number; readonly size: number }[] | undefined

  /**
   * To be asked before each message.
   * @param waiting bytes that have been written and not taken
   * @param size of the message
   * @returns why it must not be written, in words; undefined when it may
   */
  problem(waiting: number, size: number): string | undefined {
    // Nothing waits nearly always, and then there is nothing to remember.
    if (waiting === 0) this.forget()
    const problem = waiting === 0 ? undefined : this.look(waiting, this.written - waiting)
    if (size > large) this.owe(size)
    else this.written += size
    return problem
  }

  /** So many bytes are written that do not count, as long as some of them are taken. */
  owe(size: number): void {
    this.written += size
    this.large ??= []
    this.large.push({ end: this.written, size })
  }

  private forget(): void {
    this.written = 0
    this.since = 0
    this.large = undefined
  }

  private look(waiting: number, taken: number): string | undefined {
    const owed = this.largeAfter(taken)
    if (waiting - owed > mostWaiting || owed > mostLarge) return `the client does not read: ${waiting} bytes are waiting`
    if (waiting <= mostWaiting) this.since = 0
    else if (this.since === 0 || taken > this.taken) {
      this.taken = taken
      this.since = performance.now()
    } else if (performance.now() - this.since > patience) {
      return `the client does not read: nothing of ${waiting} bytes was taken in ${patience / 1000} s`
    }
    return undefined
  }

  private largeAfter(taken: number): number {
    if (!this.large) return 0
    while (this.large[0] && this.large[0].end <= taken + framing) this.large.shift()
    return this.large.reduce((sum, { size }) => sum + size, 0)
  }
}
