/** JSON-RPC as MCP uses it: what a parsed message is, and the text of an answer. */

import type { Json } from '../call.ts'
import { meaningOf, toFailure } from '../errors.ts'
import { isObject } from '../is-object.ts'

export type Id = string | number

export interface Request {
  jsonrpc: '2.0'
  id: Id
  method: string
  params?: Json
}

/** What one parsed message is: something to answer, something to take note of, an answer to us, or nothing that MCP knows. */
export type Shape = 'request' | 'notification' | 'response' | 'invalid'

/** Ids come back with answers, also with those that refuse what is too large. */
const longestId = 1_000

const isId = (value: unknown): value is Id =>
  typeof value === 'string' ? value.length <= longestId : Number.isSafeInteger(value)

/** JSON-RPC 2.0 sections 4 and 5, with MCP's narrower ids: a string or an integer, never null. */
export function shapeOf(message: unknown): Shape {
  if (!isObject(message) || message.jsonrpc !== '2.0') return 'invalid'
  if (typeof message.method === 'string') {
    if (message.id === undefined) return 'notification' // never answered, whatever is wrong with it
    if (message.params !== undefined && !isObject(message.params)) return 'invalid'
    return isId(message.id) ? 'request' : 'invalid'
  }
  // How the other side says that it could not even read a message of ours: to answer that would be the beginning of a quarrel.
  if (isObject(message.error) && (message.id === undefined || message.id === null)) return 'response'
  return isId(message.id) && ('result' in message || isObject(message.error)) ? 'response' : 'invalid'
}

/** What to say to a message that is none. */
export const notJsonRpc =
  'this is not a JSON-RPC 2.0 message: it needs "jsonrpc": "2.0", a method, an id that is a text or an integer, and params as an object'

/** The id that an error about this message can carry: its own if that can be told, otherwise none. */
export const idOf = (message: unknown): Id | undefined => (isObject(message) && isId(message.id) ? message.id : undefined)

/** @param result JSON text */
export const answerText = (id: Id, result: string): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`

export const questionText = (id: Id, method: string, params: Json): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

export const noticeText = (method: string, params?: Json): string => JSON.stringify({ jsonrpc: '2.0', method, params })

/**
 * The text of an error answer. Without an id it is left out: `null` is not an id in MCP. The stable code stands in `data.code`.
 * @param modern in the words of 2026-07-28
 */
export function errorText(id: Id | undefined, error: unknown, modern = false): string {
  return JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), error: errorOf(error, modern) })
}

/** The `error` member of an answer. @param modern in the words of 2026-07-28 */
export function errorOf(error: unknown, modern: boolean): Json {
  const failure = toFailure(error)
  const { mcp, modern: code = mcp } = meaningOf(failure.code)
  return { code: modern ? code : mcp, message: failure.message, data: { code: failure.code, ...failure.data } }
}
