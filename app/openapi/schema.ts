/** JSON Schema as MCP tools have it, turned into the Schema Object of OpenAPI 3.0, which knows less. What it cannot say is left out, never bent. */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { keepKeyword } from './keywords.ts'

/** Where converted parts go that a schema refers to. */
export interface Components {
  /** Converts the part under this reference once, and returns the reference to use for it; undefined where it leads nowhere. */
  refer(reference: string): string | undefined
}

/** Deeper than any schema that means something: the rest is "anything". */
const deepest = 40

/** @returns a schema without `$schema`, `$defs`, type lists, `const`, and all else that OpenAPI 3.0 does not know */
export function toOpenApi(schema: unknown, components: Components, depth = 0): Json {
  if (schema === false) return { not: {} }
  if (!isObject(schema) || depth > deepest) return {}
  if (typeof schema.$ref === 'string') return referred(schema, schema.$ref, components)
  const inner = (part: unknown) => toOpenApi(part, components, depth + 1)
  const types = typesOf(schema)
  const made: Json = { ...plainKeywords(schema), ...bounds(schema), ...members(schema, inner), ...elements(schema, types, inner) }
  const all: Json[] = listOf(schema.allOf).map(inner)
  if (types.length === 1) made.type = types[0]
  if (types.length > 1) all.push({ anyOf: types.map((type) => (type === 'array' ? { type, items: {} } : { type })) })
  for (const word of ['anyOf', 'oneOf'] as const) chooseOf(schema, word, inner, made, all)
  if (schema.not !== undefined) made.not = inner(schema.not)
  if (allowsNull(schema)) made.nullable = true
  if (all.length) made.allOf = all
  return simplified(made)
}

/** In 3.0 nothing may stand beside `$ref`, so what does is put around it. */
function referred({ title, description, default: preset }: Json, reference: string, components: Components): Json {
  const $ref = components.refer(reference)
  const beside = plainKeywords({ title, description, default: preset })
  if ($ref === undefined) return beside
  return Object.keys(beside).length ? { ...beside, allOf: [{ $ref }] } : { $ref }
}

function plainKeywords(schema: Json): Json {
  const kept = Object.fromEntries(Object.entries(schema).filter(([word, value]) => keepKeyword(word, value)))
  if (schema.const !== undefined) kept.enum = [schema.const]
  if (Array.isArray(schema.examples) && schema.examples.length) kept.example = schema.examples[0]
  return kept
}

/** In 3.0 `exclusiveMinimum` is a yes or no beside `minimum`; since draft 6 it is the number itself. */
function bounds(schema: Json): Json {
  return { ...bound(schema, 'minimum', 'exclusiveMinimum', Math.max), ...bound(schema, 'maximum', 'exclusiveMaximum', Math.min) }
}

function bound(schema: Json, word: string, exclusiveWord: string, stricter: (a: number, b: number) => number): Json {
  const limit = numberIn(schema[word])
  const exclusive = numberIn(schema[exclusiveWord])
  if (exclusive === undefined)
    return limit === undefined ? {} : { [word]: limit, ...(schema[exclusiveWord] === true ? { [exclusiveWord]: true } : {}) }
  if (limit !== undefined && limit !== exclusive && stricter(limit, exclusive) === limit) return { [word]: limit }
  return { [word]: exclusive, [exclusiveWord]: true }
}

function members(schema: Json, inner: (part: unknown) => Json): Json {
  const made: Json = {}
  if (isObject(schema.properties)) {
    made.properties = Object.fromEntries(Object.entries(schema.properties).map(([name, part]) => [name, inner(part)]))
  }
  // Names that only a pattern allows would be refused if the pattern were simply forgotten.
  if (isObject(schema.patternProperties)) made.additionalProperties = true
  else if (typeof schema.additionalProperties === 'boolean') made.additionalProperties = schema.additionalProperties
  else if (isObject(schema.additionalProperties)) made.additionalProperties = inner(schema.additionalProperties)
  return made
}

/** A list must say what its elements are; tuples, which 3.0 does not know, hold anything. */
function elements(schema: Json, types: readonly string[], inner: (part: unknown) => Json): Json {
  if (isObject(schema.items) && schema.prefixItems === undefined) return { items: inner(schema.items) }
  return types.includes('array') ? { items: {} } : {}
}

/** `anyOf: [X, null]`, as Python's Optional is written, becomes X with `nullable`: readers of 3.0 look for a `type` there. */
function chooseOf(schema: Json, word: 'anyOf' | 'oneOf', inner: (part: unknown) => Json, made: Json, all: Json[]): void {
  const choices = listOf(schema[word]).filter((choice) => !isNull(choice))
  if (choices.length === 1) all.push(inner(choices[0]))
  else if (choices.length > 1) made[word] = choices.map(inner)
}

/** One part that says nothing that the whole says already needs no `allOf` around it. */
function simplified(made: Json): Json {
  const { allOf, ...rest } = made
  if (!Array.isArray(allOf) || allOf.length !== 1) return made
  const part = allOf[0] as Json
  if ('$ref' in part) return Object.keys(rest).length ? made : part
  const overlaps = Object.keys(part).some((word) => word in rest && !annotations.has(word))
  return overlaps ? made : { ...part, ...rest }
}

const annotations = new Set(['title', 'description', 'default', 'example', 'nullable'])
const known = new Set(['string', 'integer', 'number', 'boolean', 'array', 'object'])

/** The types but `null`; a list with every type is no statement. */
function typesOf({ type }: Json): string[] {
  const types = [...new Set([type].flat().filter((name): name is string => typeof name === 'string' && known.has(name)))]
  return types.includes('number') ? types.filter((name) => name !== 'integer') : types
}

function allowsNull(schema: Json): boolean {
  if (schema.nullable === true || schema.const === null || [schema.type].flat().includes('null')) return true
  if (Array.isArray(schema.enum) && schema.enum.includes(null)) return true
  return [...listOf(schema.anyOf), ...listOf(schema.oneOf)].some(isNull)
}

const isNull = (schema: unknown) => isObject(schema) && (schema.type === 'null' || schema.const === null)
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const numberIn = (value: unknown) => (typeof value === 'number' ? value : undefined)
