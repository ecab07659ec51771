/** What holds for everything that the server sends, whatever it was sent. */
import { isObject } from '../../app/is-object.ts'
import type { Seen } from './seen.ts'

/** An answer to what was refused is never larger, however large the input was. In bytes. */
export const largestRefusal = 4096

/** Words that only an exception, a stack trace or a validation library would say. */
const inside =
  /\n\s+at |node_modules|\.[jt]s:\d|\b(Type|Range|Syntax|Reference|Zod|Mcp|Assertion)Error\b|Cannot read prop|is not a function|not iterable|call stack|circular structure|"issues"|invalid_type|Expected .*, received|secret inside/

/** The first law that is broken, in a sentence. */
export function brokenLaw(seen: Seen): string | undefined {
  for (const message of seen.messages) {
    const problem = problemOf(message)
    if (problem) return `${problem}: ${excerpt(JSON.stringify(message))}`
  }
  for (const text of seen.texts) if (inside.test(text)) return `it shows what is inside: ${excerpt(text)}`
  return undefined
}

function problemOf(message: unknown): string | undefined {
  if (!isObject(message) || message.jsonrpc !== '2.0') return 'it is no JSON-RPC 2.0'
  const { id, method, result, error } = message
  if ('id' in message && typeof id !== 'string' && !Number.isInteger(id)) return 'its id is neither a text nor an integer'
  if ([method, result, error].filter((part) => part !== undefined).length !== 1)
    return 'it is not exactly one of request, result, error'
  if (result !== undefined) return isObject(result) && 'id' in message ? undefined : 'its result is no object, or has no id'
  return error === undefined ? undefined : problemOfError(error, message)
}

function problemOfError(error: unknown, message: object): string | undefined {
  if (!isObject(error) || !Number.isInteger(error.code)) return 'its error has no code'
  const sentence = error.message
  if (typeof sentence !== 'string' || sentence === '' || /\p{Cc}/u.test(sentence) || /^[[{]/.test(sentence))
    return 'the message of its error is not one sentence'
  return sizeOf(message) > largestRefusal ? 'a refusal is too large' : undefined
}

export const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))
export const excerpt = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}...` : text)
