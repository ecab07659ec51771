/**
 * Rows that wait for the database, as bytes outside the heap. As objects, with all that hangs on them, they would live just long enough for
 * every one of them to be moved twice by the garbage collector, which cost more than everything else about them.
 */

const pageSize = 256 * 1024

/** Where one row stands. */
export class Piece {
  readonly page: Buffer
  readonly start: number
  readonly end: number

  constructor(page: Buffer, start: number, end: number) {
    this.page = page
    this.start = start
    this.end = end
  }

  get size(): number {
    return this.end - this.start
  }

  toString(): string {
    return this.page.toString('utf8', this.start, this.end)
  }
}

export class RowPages {
  private page = Buffer.allocUnsafeSlow(pageSize)
  private used = 0

  /** Takes the text over; a page lasts as long as any of its pieces. */
  write(text: string): Piece {
    // A character takes three bytes at most; those of two code units take four.
    if (this.used + text.length * 3 > this.page.length) this.turn(text.length * 3)
    const start = this.used
    this.used += this.page.write(text, start)
    return new Piece(this.page, start, this.used)
  }

  private turn(needed: number): void {
    this.page = Buffer.allocUnsafeSlow(Math.max(pageSize, needed))
    this.used = 0
  }
}

const open = '['.charCodeAt(0)
const comma = ','.charCodeAt(0)
const close = ']'.charCodeAt(0)
/** What the binary form of jsonb begins with: its version (PostgreSQL, jsonb_recv). */
const version = 1

/** A JSON list of these texts, as PostgreSQL takes it for a parameter of type jsonb in its binary form. */
export function jsonbList(pieces: readonly Piece[]): Buffer {
  let length = 2
  for (const piece of pieces) length += piece.size + 1
  const list = Buffer.allocUnsafe(Math.max(3, length))
  let at = 0
  list[at++] = version
  list[at++] = open
  for (const { page, start, end } of pieces) {
    if (at > 2) list[at++] = comma
    at += page.copy(list, at, start, end)
  }
  list[at++] = close
  return list.subarray(0, at)
}
