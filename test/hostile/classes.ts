/** The classes of answers, as the corpus names them. */
import type { Json } from '../../app/call.ts'
import type { Id } from '../../app/mcp/message.ts'
import type { Expected } from './entry.ts'

export interface Telling {
  /** The HTTP status, where the way has one. */
  readonly status?: number
  /** What `error.data` must hold. */
  readonly data?: Json
}

/** One JSON-RPC error. @param id that comes back; without it none may */
export const refused = (code: number | readonly number[], id?: Id, telling: Telling = {}): Expected => ({
  kind: 'error',
  codes: [code].flat(),
  ...(id === undefined ? {} : { id }),
  ...telling,
})

export const notJson = refused(-32700)
/** No JSON-RPC message. @param id where it can be told */
export const notRpc = (id?: Id): Expected => refused(-32600, id)
export const unknownMethod = (id: Id): Expected => refused(-32601, id)
export const badParams = (id: Id): Expected => refused(-32602, id)

/** A tool's result that says what was wrong, for the model to mend. */
export const toolError = (id: Id): Expected => ({ kind: 'toolError', id })
/** @param holding what the result must hold */
export const result = (id: Id, holding?: Json): Expected => ({ kind: 'result', id, ...(holding ? { holding } : {}) })
/** One answer, whichever: the protocol leaves open which, but not that there is one. */
export const answered = (id: Id): Expected => ({ kind: 'answer', id })
/** Nothing comes back; over HTTP that is 202 without a body. */
export const silence: Expected = { kind: 'silence' }
/** An HTTP status; what is in the body is small. */
export const status = (...codes: number[]): Expected => ({ kind: 'status', codes })
/** The server ends the connection; over WebSocket with one of these codes. */
export const closed = (...codes: number[]): Expected => ({ kind: 'closed', codes })
/** More in the headers than there may be: 431, or no more than the end where the client is still writing. */
export const headersTooLarge: Expected = { kind: 'either', of: [status(431), closed()] }
/** Each of these, in whatever order, and nothing more. */
export const all = (...of: Expected[]): Expected => ({ kind: 'all', of })
export const either = (...of: Expected[]): Expected => ({ kind: 'either', of })
