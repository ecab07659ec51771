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
  onLong: ByteLineOptions['onLong']
}

export interface ByteLineOptions {
  max: number
  /** A line without its newline; the bytes are good only until this returns. */
  onLine(line: Buffer): void
  /** In the place of a line that was too long: its first bytes (8 KiB at most), how many it had, and its last ones (128 at most). */
  onLong(start: string, bytes: number, end: string): void
}

const newline = 10
const shown = 8 * 1024
const shownOfEnd = 128
const nothing = Buffer.alloc(0)

/** Lines are cut as bytes and decoded whole: in UTF-8 the newline byte is never part of another character, so none is torn. */
export const createLineReader = ({ max, onLine, onLong }: LineOptions): LineReader =>
  createByteLineReader({ max, onLine: (line) => onLine(line.toString('utf8')), onLong })

/** The same for whoever decodes lines alone, or wants to know whether they can be decoded. */
export function createByteLineReader({ max, onLine, onLong }: ByteLineOptions): LineReader {
  /** The unfinished line: `held` grows by doubling and may be larger than the `length` bytes in it. */
  let held = nothing
  let length = 0
  /** What will be shown of the unfinished line, once it is longer than the bound; the rest of it is only counted. */
  let start: string | null = null
  let end: Buffer = nothing

  function hold(part: Buffer): void {
    const before = length
    length += part.length
    if (start !== null) {
      end = lastOf(end, part)
      return
    }
    if (length > max) {
      start = Buffer.concat([held.subarray(0, before), part], Math.min(length, shown)).toString()
      end = lastOf(held.subarray(0, before), part)
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
    const line = held.subarray(0, length)
    const long = start
    const bytes = length
    const last = end
    held = nothing
    end = nothing
    length = 0
    start = null
    if (long === null) onLine(line)
    else onLong(long, bytes, last.toString())
  }

  return {
    push(chunk) {
      let from = 0
      for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
        if (length === 0 && to - from <= max) onLine(chunk.subarray(from, to))
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

/** A copy, because the bytes that were read do not stay. */
const lastOf = (before: Buffer, part: Buffer): Buffer =>
  Buffer.concat([
    before.subarray(Math.max(0, before.length - shownOfEnd)),
    part.subarray(Math.max(0, part.length - shownOfEnd)),
  ]).subarray(-shownOfEnd)
