/** Cuts what a connection sends into what PGlite is given at once: PostgreSQL's wire protocol, the client's side of it. */

export type Batch =
  /** The first words of a connection. */
  | { kind: 'startup'; bytes: Buffer }
  /** Encryption is asked for; there is none. */
  | { kind: 'encryption' }
  | { kind: 'messages'; bytes: Buffer /** Ends with the server being ready for the next query. */; complete: boolean }
  | { kind: 'end' }

export interface Inbox {
  /** @returns false for what is not the protocol: the connection is of no use */
  put(chunk: Buffer): boolean
  /** Whether there is a batch to take. */
  waiting(): boolean
  take(): Batch | undefined
}

const protocol = 0x0003_0000
/** What a connection may ask instead of starting: SSLRequest, GSSENCRequest, and CancelRequest, beside which nothing runs to be cancelled. */
const requests = new Map<number, Batch>([
  [80877103, { kind: 'encryption' }],
  [80877104, { kind: 'encryption' }],
  [80877102, { kind: 'end' }],
])
const startupLimit = 10_000
const messageLimit = 64 * 1024 * 1024

/** Query, FunctionCall and Sync answer with ReadyForQuery; Flush only wants to hear what there is so far. */
const completing = new Set([...'QFS'])
const ending = new Set([...completing, 'H'])
/** Anything else would make PostgreSQL end the session, and the session is the database. */
const known = new Set([...ending, ...'PBDECX'])

export function createInbox(): Inbox {
  const batches: Batch[] = []
  let chunks: Buffer[] = []
  let size = 0
  /** Bytes before which there is nothing new to see. */
  let needed = 8
  let started = false

  /** The length of the message at this place; 0 while that cannot be seen, -1 for nonsense. */
  function lengthAt(bytes: Buffer, at: number): number {
    if (bytes.length - at < (started ? 5 : 8)) return 0
    const length = started ? 1 + bytes.readInt32BE(at + 1) : bytes.readInt32BE(at)
    if (started) return known.has(String.fromCharCode(bytes[at]!)) && length >= 5 && length <= messageLimit ? length : -1
    return length >= 8 && length <= startupLimit ? length : -1
  }

  function startup(bytes: Buffer): boolean {
    const code = bytes.readInt32BE(4)
    const batch = requests.get(code) ?? { kind: 'startup', bytes }
    batches.push(batch)
    started = batch.kind === 'startup'
    return batch.kind !== 'startup' || code >> 16 === protocol >> 16
  }

  return {
    put(chunk) {
      chunks.push(chunk)
      size += chunk.length
      if (size < needed) return true
      const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks)
      let begin = 0
      let at = 0
      let length = lengthAt(bytes, at)
      while (length > 0 && bytes.length - at >= length) {
        at += length
        if (!started) {
          if (!startup(bytes.subarray(begin, at))) return false
          begin = at
        } else {
          const type = String.fromCharCode(bytes[at - length]!)
          if (type === 'X') batches.push({ kind: 'end' })
          else if (ending.has(type))
            batches.push({ kind: 'messages', bytes: bytes.subarray(begin, at), complete: completing.has(type) })
          if (type === 'X' || ending.has(type)) begin = at
        }
        length = lengthAt(bytes, at)
      }
      chunks = begin === bytes.length ? [] : [bytes.subarray(begin)]
      size = bytes.length - begin
      needed = at - begin + (length > 0 ? length : started ? 5 : 8)
      return length >= 0
    },
    waiting: () => batches.length > 0,
    take: () => batches.shift(),
  }
}
