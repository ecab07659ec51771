/** Bytes that arrive in pieces and are wanted as one text, because a character of several bytes may be cut anywhere. */

const nothing = Buffer.alloc(0)
/** What stays allocated for the next text, in bytes. */
const kept = 64 * 1024

export class Gathered {
  /** Grows by doubling, so that many small pieces cost no more than their length; only the first `length` bytes count. */
  private held = nothing
  length = 0

  add(piece: Uint8Array): void {
    const before = this.length
    this.length += piece.length
    if (this.length > this.held.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.length, this.held.length * 2))
      this.held.copy(larger, 0, 0, before)
      this.held = larger
    }
    this.held.set(piece, before)
  }

  /** The bytes themselves: good until the next `add`. */
  bytes(): Buffer {
    return this.held.subarray(0, this.length)
  }

  /** Everything as text, without the last `less` bytes; what is no UTF-8 becomes U+FFFD. */
  text(less = 0): string {
    return this.held.toString('utf8', 0, Math.max(0, this.length - less))
  }

  clear(): void {
    this.length = 0
    if (this.held.length > kept) this.held = nothing
  }
}
