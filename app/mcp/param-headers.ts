/**
 * Arguments of a tool that 2026-07-28 wants repeated in headers (`x-mcp-header` in its input schema), so that what stands between client
 * and server can route without reading the body. As a server we compare, as a client we send.
 */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { decodeHeader, encodeHeader } from './header-value.ts'

export interface Declaration {
  /** The names of the properties that lead to the argument. */
  readonly path: readonly string[]
  /** `Mcp-Param-Region` */
  readonly header: string
  readonly type: 'string' | 'integer' | 'boolean'
}

/** Header values by name in lower case, as Node gives them. */
export type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

const annotation = 'x-mcp-header'
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const types: readonly unknown[] = ['string', 'integer', 'boolean']

/** Of a place that is told, in characters. */
const shown = 200

/** Where schemas stand inside a schema, but for `properties`: as one, as a list, or as values of an object. Below them no argument has a fixed place. */
const single = ['items', 'contains', 'additionalItems', 'additionalProperties', 'unevaluatedItems', 'unevaluatedProperties']
const conditions = ['propertyNames', 'contentSchema', 'not', 'if', 'then', 'else']
const lists = ['items', 'prefixItems', 'oneOf', 'anyOf', 'allOf']
const named = ['patternProperties', 'dependentSchemas', 'dependencies', '$defs', 'definitions']

/** A schema on the way through the whole; the way back up is kept, because few of them have a name to be told. */
interface Spot {
  readonly schema: Json
  readonly above?: Spot
  readonly key: string
  /** Reached through `properties` alone. */
  readonly fixed: boolean
}

/**
 * What a tool declares. Work is in proportion to the schema, however deep it is.
 * @returns no declarations but a fault, in a sentence, where any of them is wrong: clients must leave such a tool out
 */
export function declarationsOf(inputSchema: unknown): { declarations: readonly Declaration[]; fault?: string } {
  const declarations: Declaration[] = []
  const taken = new Set<string>()
  const spots: Spot[] = isObject(inputSchema) ? [{ schema: inputSchema, key: '', fixed: true }] : []
  for (const spot of spots) {
    if (Object.hasOwn(spot.schema, annotation)) {
      const fault = faultOf(spot, taken)
      const place = pathOf(spot).join('.').slice(0, shown) || 'the root'
      if (fault) return { declarations: [], fault: `${annotation} at ${place} ${fault}` }
      const name = spot.schema[annotation] as string
      taken.add(name.toLowerCase())
      declarations.push({ path: pathOf(spot), header: `Mcp-Param-${name}`, type: spot.schema.type as Declaration['type'] })
    }
    for (const below of schemasBelow(spot)) spots.push(below)
  }
  return { declarations }
}

function faultOf({ schema, above, fixed }: Spot, taken: ReadonlySet<string>): string | undefined {
  const name = schema[annotation]
  if (!above || !fixed) return 'is not on a property that only properties lead to'
  if (typeof name !== 'string' || !token.test(name)) return 'is not the name of a header'
  if (!types.includes(schema.type)) return 'is on a property whose type is none of string, integer and boolean'
  if (taken.has(name.toLowerCase())) return `names ${name}, which another property has`
  return undefined
}

function* schemasBelow(above: Spot): Generator<Spot> {
  const { schema, fixed } = above
  const spot = (value: unknown, key: string, stillFixed = false): Spot[] =>
    isObject(value) ? [{ schema: value, above, key, fixed: stillFixed }] : []
  const entries = (key: string) => Object.entries(isObject(schema[key]) ? (schema[key] as Json) : {})
  for (const [key, value] of entries('properties')) yield* spot(value, key, fixed)
  for (const key of [...single, ...conditions]) yield* spot(schema[key], key)
  for (const key of lists) for (const value of Array.isArray(schema[key]) ? schema[key] : []) yield* spot(value, key)
  for (const keyword of named) for (const [key, value] of entries(keyword)) yield* spot(value, key)
}

function pathOf(spot: Spot): string[] {
  const path: string[] = []
  for (let at = spot; at.above; at = at.above) path.push(at.key)
  return path.reverse()
}

/** The headers that a call with these arguments must have. What is missing, null, or of no declared type has none. */
export function paramHeaders(declarations: readonly Declaration[], args: Json): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const { path, header } of declarations) {
    const text = textOf(valueAt(args, path))
    if (text !== undefined) headers[header] = encodeHeader(text)
  }
  return headers
}

/** What is wrong about the headers of a call with these arguments, in a sentence that repeats no value; undefined when nothing is. */
export function paramProblem(declarations: readonly Declaration[], args: Json, headers: IncomingHeaders): string | undefined {
  for (const { path, header } of declarations) {
    const argument = path.join('.')
    const value = valueAt(args, path)
    const expected = textOf(value)
    const sent = headers[header.toLowerCase()]
    if (sent === undefined) {
      if (expected !== undefined) return `the header ${header} is missing: it must repeat the argument ${argument}`
      continue
    }
    const said = typeof sent === 'string' ? decodeHeader(sent) : undefined
    if (said === undefined) return `the header ${header} must be one value, of ASCII characters or of UTF-8 in =?base64?...?=`
    // Without a value there is nothing to repeat, and what the header says is nobody's business.
    if (expected !== undefined && said !== expected && !isSameNumber(said, value)) {
      return `the header ${header} says something else than the argument ${argument}`
    }
  }
  return undefined
}

/** `42.0` is 42. */
const isSameNumber = (said: string, value: unknown): boolean =>
  typeof value === 'number' && /^-?\d+(\.\d+)?$/.test(said) && Number(said) === value

function valueAt(args: Json, path: readonly string[]): unknown {
  let value: unknown = args
  for (const key of path) {
    if (!isObject(value)) return undefined
    value = value[key]
  }
  return value
}

/** How a header says it; undefined for what it cannot say: larger integers would be rounded on the way. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined
}
