/** What is wrong with the parameters of a tool: each is documented and typed, and its values fit its type. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Param } from './command.ts'
import { misfitOf } from './fit.ts'
import { Gap, isText, kindOf, optionalFlag, type Problem, unknown } from './problems.ts'

const types: readonly Param['type'][] = ['string', 'integer', 'number', 'boolean', 'array', 'object']
const paramMembers = new Set(['type', 'description', 'required', 'default', 'enum', 'items'])
/** Any of these says what a value of a JSON Schema may be. */
const typing = ['type', '$ref', 'enum', 'const', 'anyOf', 'oneOf', 'allOf']

export function* checkParams({ params, input }: Json): Generator<Problem> {
  if (params !== undefined && input !== undefined) yield 'params and input exclude each other: keep one'
  if (input !== undefined) yield* checkInput(input)
  if (params === undefined) return
  if (!isObject(params)) {
    yield `params must be an object: parameters by name, got ${kindOf(params)}`
    return
  }
  for (const [name, param] of Object.entries(params)) yield* checkParam(name, param)
}

/** What its author wrote about each parameter, in either form. */
export function propertiesOf({ params, input }: Json): Json {
  if (isObject(params)) return params
  return isObject(input) && isObject(input.properties) ? input.properties : {}
}

function* checkParam(name: string, param: unknown): Generator<Problem> {
  if (!isObject(param)) {
    yield `parameter '${name}' must be an object with type and description`
    return
  }
  const { type, enum: choices } = param
  if (type === undefined) yield new Gap(`parameter '${name}' has no type: one of ${types.join(', ')}`)
  else if (!types.includes(type as Param['type'])) yield `parameter '${name}': type must be one of ${types.join(', ')}`
  yield* optionalFlag(`parameter '${name}': required`, param.required)
  if (choices !== undefined && !(Array.isArray(choices) && choices.length))
    yield `parameter '${name}': enum must be a list of values`
  yield* unknown(param, paramMembers, `parameter '${name}'`)
  const { required: _, ...schema } = param
  yield* checkWords(name, schema)
}

function* checkInput(input: unknown): Generator<Problem> {
  if (!isObject(input) || input.type !== 'object') {
    yield 'input must be a JSON Schema with type "object"'
    return
  }
  const properties = propertiesOf({ input })
  for (const [name, schema] of Object.entries(properties)) {
    if (!isObject(schema)) continue
    if (!typing.some((word) => schema[word] !== undefined)) yield new Gap(`parameter '${name}' has no type`)
    yield* checkWords(name, schema)
  }
  for (const name of Array.isArray(input.required) ? input.required : [])
    if (!Object.hasOwn(properties, name)) yield new Gap(`'${name}' is required, but not among the parameters`)
}

function* checkWords(name: string, schema: Json): Generator<Gap> {
  if (!isText(schema.description)) yield new Gap(`parameter '${name}' has no description`)
  const { default: preset, enum: choices, ...plain } = schema
  // What a reference means stands elsewhere in the whole schema.
  if (JSON.stringify(plain).includes('"$ref"')) return
  for (const choice of Array.isArray(choices) ? choices : []) {
    const problem = misfitOf(name, plain, choice)
    if (problem) yield new Gap(`parameter '${name}': enum does not fit the type: ${problem}`)
  }
  const problem = preset === undefined ? undefined : misfitOf(name, { ...plain, ...(choices ? { enum: choices } : {}) }, preset)
  if (problem) yield new Gap(`parameter '${name}': default does not fit: ${problem}`)
}
