/** What is wrong with a prompt that a command file exports. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { common, Gap, isText, kindOf, optionalFunction, optionalObject, type Problem, unknown } from './problems.ts'

const members = new Set(['kind', 'name', 'title', 'description', 'scope', 'timeout', 'icons', 'arguments', 'get'])
const argumentMembers = new Set(['description', 'required', 'complete'])

export function* checkPrompt(value: Json): Generator<Problem> {
  const { arguments: described, get } = value
  yield* common(value, 'say what the prompt asks for')
  if (typeof get !== 'function') yield `get must be a function, got ${kindOf(get)}`
  yield* optionalObject('arguments', described)
  if (isObject(described)) for (const [name, each] of Object.entries(described)) yield* argument(name, each)
  yield* unknown(value, members, 'the prompt')
}

function* argument(name: string, value: unknown): Generator<Problem> {
  if (!isObject(value)) {
    yield `argument ${name} must be an object with description`
    return
  }
  if (!isText(value.description)) yield new Gap(`argument '${name}' has no description`)
  if (value.required !== undefined && typeof value.required !== 'boolean')
    yield `argument ${name}: required must be true or false`
  yield* optionalFunction(`argument ${name}: complete`, value.complete)
  yield* unknown(value, argumentMembers, `argument ${name}`)
}
