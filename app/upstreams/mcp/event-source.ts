/** Reads `text/event-stream` by the rules of WHATWG HTML, section 9.2, from bytes that may be cut anywhere, in bounded memory. */
import { Gathered } from './gathered.ts'

export interface EventReaderOptions {
  /** Longest event, and longest line, in bytes. */
  readonly max: number
  /** One event that has data, be it empty. `name` is `message` unless the stream says otherwise. */
  event(name: string, data: string): void
  /** Where a lost connection would be taken up again; empty: nowhere. Told before the event that it stands in. */
  id(lastEventId: string): void
  /** Milliseconds that the server wants to be left alone before a new connection. */
  retry(ms: number): void
}

export interface EventReader {
  /** Throws TooLarge for an event above the bound; nothing can be read after that. What ends without a blank line is no event. */
  push(chunk: Buffer): void
}

/** The other side sends more in one piece than we are ready to hold. */
export class TooLarge extends Error {
  constructor(what: string, max: number) {
    super(`${what} is larger than ${max} bytes, more is not taken`)
  }
}

const lf = 0x0a
const cr = 0x0d
const colon = 0x3a
const space = 0x20
const newline = Buffer.from([lf])
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

export function createEventReader({ max, event, id, retry }: EventReaderOptions): EventReader {
  /** The line that has not ended yet. */
  const rest = new Gathered()
  /** Each line of data with a line feed behind it. */
  const data = new Gathered()
  let name = ''
  let newId: string | undefined
  let first = true
  /** A CR has ended the line already: an LF right behind it belongs to it. */
  let afterCr = false

  function takeLine(line: Buffer): void {
    const bare = first && line.subarray(0, 3).equals(byteOrderMark) ? line.subarray(3) : line
    first = false
    if (bare.length === 0) return dispatch()
    const at = bare.indexOf(colon)
    if (at === 0) return // a comment, which keeps the connection open
    const from = at === -1 ? bare.length : bare[at + 1] === space ? at + 2 : at + 1
    takeField(bare.toString('latin1', 0, at === -1 ? bare.length : Math.min(at, longestField)), bare.subarray(from))
  }

  function takeField(field: string, value: Buffer): void {
    if (field === 'data') {
      // Counted before it is held, and the line feed too: many empty lines are also an event that never ends.
      if (data.length + value.length >= max) throw new TooLarge('an event', max)
      data.add(value)
      data.add(newline)
    } else if (field === 'event') name = value.toString()
    else if (field === 'id') {
      if (!value.includes(0)) newId = value.toString()
    } else if (field === 'retry' && value.length <= longestRetry) {
      const digits = value.toString('latin1')
      if (/^\d+$/.test(digits)) retry(Number(digits))
    }
  }

  function dispatch(): void {
    if (newId !== undefined) id(newId)
    newId = undefined
    const called = name || 'message'
    name = ''
    if (data.length === 0) return
    const text = data.text(newline.length)
    data.clear()
    event(called, text)
  }

  function endLine(chunk: Buffer, from: number, to: number): void {
    if (rest.length + to - from > max) throw new TooLarge('a line of the event stream', max)
    if (rest.length === 0) return takeLine(chunk.subarray(from, to))
    rest.add(chunk.subarray(from, to))
    takeLine(rest.bytes())
    rest.clear()
  }

  return {
    push(chunk) {
      let from = afterCr && chunk[0] === lf ? 1 : 0
      if (chunk.length > 0) afterCr = false
      let nextCr = chunk.indexOf(cr, from)
      let nextLf = chunk.indexOf(lf, from)
      while (nextCr !== -1 || nextLf !== -1) {
        const to = nextCr === -1 || (nextLf !== -1 && nextLf < nextCr) ? nextLf : nextCr
        endLine(chunk, from, to)
        from = to + 1
        if (to === nextCr) {
          if (from === chunk.length) afterCr = true
          else if (nextLf === from) from++
          nextCr = chunk.indexOf(cr, from)
        }
        if (nextLf !== -1 && nextLf < from) nextLf = chunk.indexOf(lf, from)
      }
      if (from === chunk.length) return
      if (rest.length + chunk.length - from > max) throw new TooLarge('a line of the event stream', max)
      rest.add(chunk.subarray(from))
    },
  }
}

/** No field that means something has a longer name, and no number of milliseconds is longer. */
const longestField = 8
const longestRetry = 16
