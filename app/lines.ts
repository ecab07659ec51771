/** Cuts a stream of bytes into lines, in time proportional to its length however the chunks fall, and in bounded memory however long a line is. */

export interface LineReader {
  push(chunk: Buffer): void
  /** Hands over what is left, where the last line has no newline. */
  end(): void
}

export interface LineOptions {
  /** Longest line, in bytes. */
  max: number
  /** A line without its newline. */
  onLine(line: string): void
  /** In the place of a line that was too long: its first bytes (8 KiB at most), and how many it had. */
  onLong(start: string, bytes: number): void
}

const newline = 10
const shown = 8 * 1024
const nothing = Buffer.alloc(0)

/** Lines are cut as bytes and decoded whole: in UTF-8 the newline byte is never part of another character, so none is torn. */
export function createLineReader({ max, onLine, onLong }: LineOptions): LineReader {
  /** The unfinished line: `held` grows by doubling and may be larger than the `length` bytes in it. */
  let held = nothing
  let length = 0
  /** What will be shown of the unfinished line, once it is longer than the bound; the rest of it is only counted. */
  let start: string | null = null

  function hold(part: Buffer): void {
    const before = length
    length += part.length
    if (start !== null) return
    if (length > max) {
      start = Buffer.concat([held.subarray(0, before), part], Math.min(length, shown)).toString()
      held = nothing
      return
    }
    if (length > held.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, held.length * 2))
      held.copy(larger, 0, 0, before)
      held = larger
    }
    part.copy(held, before)
  }

  function finish(): void {
    const line = start ?? held.toString('utf8', 0, length)
    const bytes = length
    const long = start !== null
    held = nothing
    length = 0
    start = null
    if (long) onLong(line, bytes)
    else onLine(line)
  }

  return {
    push(chunk) {
      let from = 0
      for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
        if (length === 0 && to - from <= max) onLine(chunk.toString('utf8', from, to))
        else {
          hold(chunk.subarray(from, to))
          finish()
        }
        from = to + 1
      }
      if (from < chunk.length) hold(chunk.subarray(from))
    },
    end() {
      if (length > 0) finish()
    },
  }
}
