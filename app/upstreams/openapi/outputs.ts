/** What an operation answers when all is well: the first answer of 2xx that is JSON, as an output schema where it is an object. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { howOf } from './bodies.ts'
import type { Dialect } from './dialect.ts'
import { Broken, type Documents, type Located } from './documents.ts'
import { levelsTried } from './inputs.ts'
import type { Operation } from './operations.ts'
import { SchemaWriter } from './schema.ts'
import { lengthOf } from './schema-defs.ts'

export interface Output {
  /** Undefined where the answer is no object, or nothing is said about it. */
  readonly schema: Json | undefined
  /** The media types that are asked for. */
  readonly accept: string
}

/** The longest schema of one tool's output, in characters. */
const longest = 16 * 1024
const anything = 'application/json, */*;q=0.5'

export function outputOf(operation: Operation, root: Json, documents: Documents, dialect: Dialect): Output {
  try {
    const { schema, types } = answerOf(operation, root, documents, dialect)
    const json = types.filter((type) => howOf(type) === 'json' && !type.includes('*'))
    const accept = json.length || !types.length ? anything : `${types.join(', ')}, */*;q=0.5`
    return { schema: schema && objectSchema(schema, documents), accept }
  } catch (problem) {
    // Without a word about its answers an operation is of use all the same.
    if (problem instanceof Broken) return { schema: undefined, accept: anything }
    throw problem
  }
}

interface Answer {
  readonly schema: Located | undefined
  readonly types: readonly string[]
}

function answerOf({ value, at }: Operation, root: Json, documents: Documents, dialect: Dialect): Answer {
  const responses = isObject(value.responses) ? value.responses : {}
  const statuses = Object.keys(responses).filter((status) => /^2(\d\d|XX)$/i.test(status))
  const types = new Set<string>()
  for (const status of [...statuses.sort(), ...(statuses.length ? [] : ['default'])]) {
    if (responses[status] === undefined) continue
    const found = documents.object(responses[status], at, 'an answer')
    if (dialect === '2.0') {
      const produces = [value.produces, root.produces].find((each) => Array.isArray(each) && each.length) as unknown[] | undefined
      for (const type of produces ?? ['application/json']) if (typeof type === 'string') types.add(type)
      const isJson = [...types].some((type) => howOf(type) === 'json')
      if (isJson && isObject(found.value.schema))
        return { schema: { value: found.value.schema, at: found.at }, types: [...types] }
      continue
    }
    for (const [type, media] of Object.entries(isObject(found.value.content) ? found.value.content : {})) {
      types.add(type)
      if (howOf(type) !== 'json' || !isObject(media) || !isObject(media.schema)) continue
      return { schema: { value: media.schema, at: found.at }, types: [...types] }
    }
  }
  return { schema: undefined, types: [...types] }
}

function objectSchema({ value, at }: Located, documents: Documents): Json | undefined {
  if (!isObjectSchema(value, at, documents, 0)) return undefined
  const target = documents.follow(value, at)
  for (const levels of levelsTried) {
    const writer = new SchemaWriter(documents, { direction: 'output', levels })
    const written = writer.write(target.value, target.at)
    if (typeof written === 'boolean') return undefined
    const schema = writer.finish({ ...written, type: 'object' })
    if (lengthOf(schema) <= longest) return schema
  }
  return { type: 'object' }
}

/** Whether nothing but an object fits. */
function isObjectSchema(value: unknown, at: string, documents: Documents, depth: number): boolean {
  const found = documents.follow(value, at)
  if (depth > 20 || !isObject(found.value)) return false
  const { type, properties, allOf, oneOf, anyOf, nullable } = found.value
  if (nullable === true) return false
  if (type !== undefined) return type === 'object'
  if (isObject(properties)) return true
  const fits = (each: unknown) => isObjectSchema(each, found.at, documents, depth + 1)
  if (Array.isArray(allOf) && allOf.some(fits)) return true
  return [oneOf, anyOf].some((choices) => Array.isArray(choices) && choices.length > 0 && choices.every(fits))
}
