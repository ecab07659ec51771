/** The parameters of an operation, of Swagger 2.0 and of OpenAPI 3, in one shape. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Dialect } from './dialect.ts'
import { Broken, type Documents, type Located } from './documents.ts'
import type { Operation } from './operations.ts'
import type { Place } from './plan.ts'

export interface Parameter {
  readonly name: string
  readonly in: Place
  readonly required: boolean
  readonly schema: Located
  readonly description: string | undefined
  readonly examples: readonly unknown[]
  readonly deprecated: boolean
  readonly style: string
  readonly explode: boolean
  readonly reserved: boolean
  readonly json: boolean
}

/** What the configuration adds to every request, by place and name in lower case. */
export type Supplied = Readonly<Record<'header' | 'query' | 'cookie', readonly string[]>>

/** Headers that OpenAPI has other words for (3.0.3, parameter object), and those that are the connection's own. */
const notOurs = new Set(
  'accept content-type authorization host content-length transfer-encoding connection upgrade te trailer expect keep-alive'.split(
    ' ',
  ),
)
const places = new Set(['path', 'query', 'header', 'cookie'])

/** @throws Broken for a parameter that cannot be made sense of, and for a path whose parts are not described */
export function parametersOf(operation: Operation, documents: Documents, dialect: Dialect, supplied: Supplied): Parameter[] {
  const read = operation.parameters
    .map(({ value, at }) => documents.object(value, at, 'a parameter'))
    .filter(({ value }) => places.has(String(value.in)))
    .map(({ value, at }) => parameterOf(value, at, dialect))
  const described = new Set(read.filter((each) => each.in === 'path').map(({ name }) => name))
  const variables = variablesOf(operation.path)
  // Documents forget them; whatever stands there is a text.
  const forgotten = variables.filter((name) => !described.has(name)).map((name) => textInPath(name, operation.at))
  return [...read.filter((each) => each.in !== 'path' || variables.includes(each.name)), ...forgotten].filter(
    (each) => !isSupplied(each, supplied),
  )
}

export const variablesOf = (path: string): string[] => [...new Set([...path.matchAll(/{([^{}]+)}/g)].map(([, name]) => name!))]

function isSupplied({ in: place, name }: Parameter, supplied: Supplied): boolean {
  if (place === 'path') return false
  if (place === 'header' && notOurs.has(name.toLowerCase())) return true
  return supplied[place].includes(name.toLowerCase())
}

const textInPath = (name: string, at: string): Parameter => ({
  name,
  in: 'path',
  required: true,
  schema: { value: { type: 'string' }, at },
  description: undefined,
  examples: [],
  deprecated: false,
  style: 'simple',
  explode: false,
  reserved: false,
  json: false,
})

function parameterOf(value: Json, at: string, dialect: Dialect): Parameter {
  const { name } = value
  if (typeof name !== 'string' || name === '') throw new Broken('a parameter has no name')
  const place = value.in as Place
  const common = {
    name,
    in: place,
    required: place === 'path' || value.required === true,
    description: typeof value.description === 'string' ? value.description : undefined,
    examples: examplesOf(value),
    deprecated: value.deprecated === true,
  }
  if (dialect === '2.0')
    return { ...common, schema: { value: withoutFlags(value), at }, ...collected(value), reserved: false, json: false }
  const [json, media] = isObject(value.content) ? (Object.entries(value.content)[0] ?? []) : []
  const style = typeof value.style === 'string' ? value.style : place === 'path' || place === 'header' ? 'simple' : 'form'
  return {
    ...common,
    schema: { value: json === undefined ? (value.schema ?? {}) : isObject(media) ? (media.schema ?? {}) : {}, at },
    style,
    explode: typeof value.explode === 'boolean' ? value.explode : style === 'form',
    reserved: value.allowReserved === true,
    json: json !== undefined && /json/i.test(json),
  }
}

/** A parameter of Swagger 2.0 is its own schema, where `required` means something else. */
const withoutFlags = ({ required: _, description: __, ...schema }: Json): Json => schema

/** The styles that the collection formats of Swagger 2.0 are; `tsv` has none, and is kept. */
function collected({ collectionFormat, in: place }: Json): { style: string; explode: boolean } {
  switch (collectionFormat) {
    case 'multi':
      return { style: 'form', explode: true }
    case 'ssv':
      return { style: 'spaceDelimited', explode: false }
    case 'pipes':
      return { style: 'pipeDelimited', explode: false }
    case 'tsv':
      return { style: 'tabDelimited', explode: false }
    default:
      return { style: place === 'path' || place === 'header' ? 'simple' : 'form', explode: false }
  }
}

function examplesOf({ example, examples }: Json): unknown[] {
  if (example !== undefined) return [example]
  const named = isObject(examples) ? Object.values(examples) : []
  return named.flatMap((each) => (isObject(each) && each.value !== undefined ? [each.value] : [])).slice(0, 3)
}
