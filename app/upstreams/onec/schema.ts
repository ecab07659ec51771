/** A schema as developers of 1C bases write it, made into one that clients and model APIs take. What is right stays as it is. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'

const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']
/** Members that hold one schema, a list of them, or one under each name. */
const single = ['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else', 'additionalItems']
const several = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const named = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']
/** Null means something here. */
const anyValue = ['default', 'const', 'enum', 'examples', 'example']
/** What is nested deeper is taken as anything. */
const deepest = 40

/** Of a tool's input or output: an object in any case. */
export function objectSchema(schema: unknown): Json {
  const mended = isObject(schema) ? mend(schema, 0) : {}
  return mended.type === 'object' && isObject(mended.properties)
    ? mended
    : { ...mended, type: 'object', properties: mended.properties ?? {} }
}

function mend(schema: Json, depth: number): Json {
  if (depth > deepest) return {}
  const mended: Json = {}
  for (const [key, value] of Object.entries(schema)) {
    const kept = member(key, value, depth)
    if (kept !== undefined) mended[key] = kept
  }
  const required = requiredOf(schema)
  if (required.length) mended.required = required
  return mended
}

/** Undefined for a member that says nothing, or what no reader understands. */
function member(key: string, value: unknown, depth: number): unknown {
  if (key === 'required') return undefined
  if (key === 'enum') return Array.isArray(value) && value.length ? distinct(value) : undefined
  if (anyValue.includes(key)) return value
  if (value === null) return undefined
  if (key === 'type') return typeOf(value)
  if (single.includes(key)) return isObject(value) ? mend(value, depth + 1) : typeof value === 'boolean' ? value : undefined
  if (several.includes(key)) {
    const schemas = Array.isArray(value) ? value.filter(isObject).map((each) => mend(each, depth + 1)) : []
    return schemas.length ? schemas : undefined
  }
  if (named.includes(key)) return isObject(value) ? eachNamed(value, depth) : undefined
  return value
}

const eachNamed = (schemas: Json, depth: number): Json =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, each]) => [
      name,
      isObject(each) ? mend(each, depth + 1) : typeof each === 'boolean' ? each : {},
    ]),
  )

/** Some say `required: true` of a property, as very old drafts had it. */
function requiredOf({ required, properties }: Json): string[] {
  const listed = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
  const marked = isObject(properties)
    ? Object.entries(properties).flatMap(([name, each]) => (isObject(each) && each.required === true ? [name] : []))
    : []
  return [...new Set([...listed, ...marked])]
}

function typeOf(value: unknown): unknown {
  const known = (Array.isArray(value) ? value : [value])
    .map((each) => String(each).toLowerCase())
    .filter((each) => types.includes(each))
  if (known.length === 0) return undefined
  return Array.isArray(value) ? [...new Set(known)] : known[0]
}

function distinct(values: readonly unknown[]): unknown[] {
  const seen = new Set<string>()
  return values.filter((value) => {
    const text = JSON.stringify(value)
    return !seen.has(text) && seen.add(text)
  })
}
