/** What a command came to, as the result of a tool. */
import type { Json, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Reply } from './talk.ts'

/** A failure of the command is a result that says so, because whoever called may mend it. */
export function toolResult(reply: Reply): Result {
  if ('error' in reply) return failed(reply.error.message, reply.error.data)
  const { result } = reply
  if (isObject(result) && result.success === false) return failed(messageOf(result), dataOf(result))
  const value = unwrapped(result)
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
  return { content: [{ type: 'text', text }], ...(isObject(value) ? { structuredContent: value } : {}) }
}

/** `{ success: true, data }` says nothing that the data does not; with more in it, all of it is shown. */
export function unwrapped(result: unknown): unknown {
  if (!isObject(result) || result.success !== true || !('data' in result)) return result
  return Object.keys(result).length === 2 ? result.data : result
}

function messageOf({ error, message }: Json): string {
  const said = isObject(error) ? error.message : (error ?? message)
  if (typeof said === 'string' && said !== '') return said
  return typeof message === 'string' && message !== '' ? message : 'the command failed and says nothing more'
}

const dataOf = ({ error, data }: Json): unknown => (isObject(error) ? error.data : data)

function failed(message: string, data: unknown): Result {
  const isEmpty = data === undefined || data === null || (isObject(data) && Object.keys(data).length === 0)
  const text = isEmpty ? message : `${message}\n${JSON.stringify(data)}`
  return { content: [{ type: 'text', text }], isError: true, ...(isObject(data) && !isEmpty ? { structuredContent: data } : {}) }
}
