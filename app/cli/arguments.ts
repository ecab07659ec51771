/** The arguments of a tool, as somebody gives them on a command line. */
import { text } from 'node:stream/consumers'
import type { Json } from '../call.ts'
import { Failure } from '../errors.ts'

/**
 * @param word a JSON object, `-` for one that comes on stdin, nothing for no arguments
 * @throws Failure for what is no JSON object
 */
export async function readArguments(word: string | undefined, stdin: NodeJS.ReadableStream): Promise<Json> {
  if (word === undefined) return {}
  const given = word === '-' ? await text(stdin) : word
  const value = parse(given, word === '-' ? 'stdin is' : 'the arguments are')
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
  throw new Failure('invalid_params', `the arguments must be a JSON object such as {"message": "hi"}, got ${kind}`)
}

function parse(given: string, what: string): unknown {
  try {
    return JSON.parse(given)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure('invalid_params', `${what} no JSON: ${reason}. An example: '{"message": "hi"}', quoted for the shell`)
  }
}
