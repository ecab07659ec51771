/**
 * One input schema from parameters and body. Parameters stand at the top. So do the members of a body that is a plain object, where none
 * of them has the name of a parameter; any other body is one argument, `body`.
 */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { argumentName, free, parameterNames } from './arguments.ts'
import type { Body } from './bodies.ts'
import type { Documents } from './documents.ts'
import type { Parameter } from './parameters.ts'
import type { BodyPlan, ParameterPlan } from './plan.ts'
import { type Schema, SchemaWriter } from './schema.ts'
import { lengthOf } from './schema-defs.ts'
import { bounded } from './schema-words.ts'

export interface Input {
  readonly schema: Json
  readonly parameters: ParameterPlan[]
  readonly body: BodyPlan | undefined
  /** Whether parts were left out because there is too much. */
  readonly cut: boolean
}

/** The longest schema of one tool's input, in characters. */
const longest = 48 * 1024
/** How many levels are tried, one after the other, until it is short enough. */
export const levelsTried = [40, 8, 5, 3, 2, 1]

/** @throws Broken for references that lead nowhere */
export function inputOf(parameters: readonly Parameter[], body: Body | undefined, documents: Documents): Input {
  let input: Input | undefined
  for (const levels of levelsTried) {
    input = write(parameters, body, documents, levels)
    if (lengthOf(input.schema) <= longest) break
  }
  return input!
}

function write(parameters: readonly Parameter[], body: Body | undefined, documents: Documents, levels: number): Input {
  const writer = new SchemaWriter(documents, { direction: 'input', levels })
  const properties: [string, Schema][] = []
  const required: string[] = []
  const names = parameterNames(parameters)
  const plans = parameters.map((parameter, index) => {
    const argument = names[index]!
    properties.push([argument, parameterSchema(parameter, argument, writer)])
    if (parameter.required) required.push(argument)
    return planOf(parameter, argument)
  })
  const plan = body && addBody(body, { writer, documents, properties, required, taken: new Set(names) })
  const root = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length ? { required } : {}),
    additionalProperties: false,
  }
  const schema = writer.finish(root)
  return { schema, parameters: plans, body: plan, cut: writer.cut }
}

function parameterSchema(parameter: Parameter, argument: string, writer: SchemaWriter): Schema {
  const { schema, description, examples, deprecated, name } = parameter
  const written = writer.write(schema.value, schema.at, 1)
  const own = typeof written === 'boolean' ? {} : written
  return described(own, { name, argument, description, examples, deprecated })
}

interface About {
  readonly name: string
  readonly argument: string
  readonly description?: string | undefined
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
}

/** What is said beside a schema, and the service's name where ours is another. */
function described(schema: Json, { name, argument, description, examples = [], deprecated }: About): Json {
  const said = description ?? (schema.description as string | undefined)
  const called = name === argument ? undefined : `${name}.`
  const text = [called, said].filter(Boolean).join(' ')
  return {
    ...schema,
    ...(text ? { description: bounded(text, 1_000) } : {}),
    ...(examples.length && schema.examples === undefined ? { examples } : {}),
    ...(deprecated ? { deprecated } : {}),
  }
}

const planOf = ({ name, in: place, style, explode, reserved, json }: Parameter, argument: string): ParameterPlan => ({
  argument,
  name,
  in: place,
  style,
  explode,
  ...(reserved ? { reserved } : {}),
  ...(json ? { json } : {}),
})

interface Adding {
  readonly writer: SchemaWriter
  readonly documents: Documents
  readonly properties: [string, Schema][]
  readonly required: string[]
  readonly taken: Set<string>
}

function addBody(body: Body, adding: Adding): BodyPlan {
  const { how, type, fields } = body
  const plan = { how, type, ...(Object.keys(fields).length ? { fields } : {}) }
  const members = how === 'text' || how === 'binary' ? undefined : membersOf(body, adding)
  if (!members) return { ...plan, argument: addWhole(body, adding) }
  const { writer, properties, required } = adding
  for (const { name, argument, schema, needed } of members) {
    const written = fields[name]?.file ? fileSchema(schema.value) : writer.write(schema.value, schema.at, 1)
    properties.push([
      argument,
      typeof written === 'boolean' || name === argument ? written : described(written, { name, argument }),
    ])
    if (needed) required.push(argument)
  }
  return { ...plan, members: members.map(({ name, argument }) => [argument, name] as const) }
}

interface Member {
  readonly name: string
  readonly argument: string
  readonly schema: { readonly value: unknown; readonly at: string }
  readonly needed: boolean
}

const plainWords = new Set(
  'type properties required title description example examples default xml externalDocs additionalProperties deprecated discriminator'.split(
    ' ',
  ),
)

/**
 * The members of a body that can stand beside the parameters; undefined where it must stay whole: it is no plain object, it may have
 * members that nobody knows, or a name is taken. A body that demands members is demanded itself: many documents forget to say so.
 */
function membersOf({ schema }: Body, { documents, writer, taken }: Adding): Member[] | undefined {
  const { value, at } = documents.follow(schema.value, schema.at)
  if (!isObject(value) || !isObject(value.properties)) return undefined
  const words = Object.keys(value).filter((word) => !word.startsWith('x-'))
  if (!words.every((word) => plainWords.has(word))) return undefined
  if (value.additionalProperties !== undefined && value.additionalProperties !== false) return undefined
  if (value.type !== undefined && value.type !== 'object') return undefined
  const needed = Array.isArray(value.required) ? value.required : []
  const names = Object.keys(value.properties).filter((name) => !writer.marked((value.properties as Json)[name], at, 'readOnly'))
  if (names.length === 0) return undefined
  const members = names.map((name) => ({
    name,
    argument: argumentName(name),
    schema: { value: (value.properties as Json)[name], at },
    needed: needed.includes(name),
  }))
  const wanted = new Set(members.map(({ argument }) => argument))
  return wanted.size === members.length && members.every(({ argument }) => !taken.has(argument)) ? members : undefined
}

function addWhole(body: Body, { writer, properties, required, taken }: Adding): string {
  const argument = free('body', taken, 'request_body')
  properties.push([argument, wholeSchema(body, argument, writer)])
  if (body.required) required.push(argument)
  return argument
}

function wholeSchema({ how, type, schema, description, examples, fields }: Body, argument: string, writer: SchemaWriter): Schema {
  const about = { name: argument, argument, description, examples }
  if (how === 'binary') return described({ type: 'string', contentEncoding: 'base64', contentMediaType: type }, about)
  if (how === 'text') return described({ type: 'string', contentMediaType: type }, about)
  const written = writer.write(schema.value, schema.at, 1)
  if (typeof written === 'boolean') return described({}, about)
  if (isObject(written.properties)) {
    for (const name of Object.keys(written.properties).filter((each) => fields[each]?.file)) {
      written.properties[name] = fileSchema(written.properties[name])
    }
  }
  return described(written, about)
}

/** A file is its bytes in base64, alone or with a name and a type. */
function fileSchema(said: unknown): Json {
  const list = isObject(said) && said.type === 'array'
  const description =
    isObject(said) && typeof said.description === 'string' ? { description: bounded(said.description, 1_000) } : {}
  const bytes = { type: 'string', contentEncoding: 'base64' }
  const named = {
    type: 'object',
    properties: { data: bytes, filename: { type: 'string' }, contentType: { type: 'string' } },
    required: ['data'],
    additionalProperties: false,
  }
  const file = { anyOf: [bytes, named] }
  return list ? { type: 'array', items: file, ...description } : { ...file, ...description }
}
