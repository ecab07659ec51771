/** What JSON-RPC 2.0 and MCP say about a message: whether it is answered, and with which id. Said here once more, so that the server is not its own judge. */
import { isObject } from '../../app/is-object.ts'

export interface Due {
  readonly least: 0 | 1
  readonly most: 0 | 1
  /** The id that the answer carries; without it none. */
  readonly id?: string | number
  /** Whether it can be anything but an error. */
  readonly request: boolean
}

export function dueTo(message: unknown): Due {
  if (!isObject(message)) return refusal(undefined)
  const { jsonrpc, id, method, params, result, error } = message
  if (jsonrpc !== '2.0') return refusal(id)
  if (typeof method === 'string') {
    // Whoever sends a notification does not hear of it, whatever is wrong with its params (JSON-RPC 2.0, section 4.1).
    if (!('id' in message)) return { least: 0, most: 0, request: false }
    const whole = params === undefined || isObject(params)
    return isId(id) && whole ? { least: 1, most: 1, id, request: true } : refusal(id)
  }
  if (method !== undefined || (result === undefined && error === undefined)) return refusal(id)
  // An answer to nothing of ours is passed over; whether one that is no answer is told so is left open.
  return { ...refusal(id), least: 0, most: isAnswer(message) ? 0 : 1 }
}

const isAnswer = ({ id, result, error }: Record<string, unknown>) =>
  (isId(id) && result !== undefined) || ((isId(id) || id === undefined || id === null) && isObject(error))

const refusal = (id: unknown): Due => ({ least: 1, most: 1, request: false, ...(isId(id) ? { id } : {}) })

const isId = (id: unknown): id is string | number => typeof id === 'string' || Number.isSafeInteger(id)
