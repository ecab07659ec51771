/** The words of JSON Schema 2020-12, and what may stand behind each: a document may say anything, and one wrong word makes a schema useless. */

type Read = (value: unknown) => unknown

const longestText = 1_000
const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

/** Formats that are checked, or at least known, where schemas are compiled. */
const formats = new Set(
  (
    'date time date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 regex uuid json-pointer ' +
    'relative-json-pointer int32 int64 float double password'
  ).split(' '),
)

const number: Read = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
const count: Read = (value) => (Number.isInteger(value) && (value as number) >= 0 ? value : undefined)
const flag: Read = (value) => (typeof value === 'boolean' ? value : undefined)
const text: Read = (value) => (typeof value === 'string' && value !== '' ? bounded(value, longestText) : undefined)

export const bounded = (value: string, most: number): string =>
  value.length <= most ? value : `${value.slice(0, most - 3).trimEnd()}...`

/** Words whose value is no schema; undefined for a value that is none. */
export const plainWords: Readonly<Record<string, Read>> = {
  type(value) {
    const named = (Array.isArray(value) ? value : [value]).filter((each) => types.has(each as string))
    return named.length > 1 ? [...new Set(named)] : named[0]
  },
  format: (value) => (formats.has(value as string) ? value : undefined),
  title: text,
  description: text,
  enum: (value) => (Array.isArray(value) && value.length > 0 ? distinct(value) : undefined),
  const: (value) => value,
  default: (value) => value,
  examples: (value) => (Array.isArray(value) ? value : undefined),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: (value) => (typeof value === 'number' && value > 0 ? value : undefined),
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minProperties: count,
  maxProperties: count,
  minContains: count,
  maxContains: count,
  pattern: (value) => (isPattern(value) ? value : undefined),
  uniqueItems: flag,
  deprecated: flag,
  readOnly: flag,
  writeOnly: flag,
  required(value) {
    const names = Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
    return names.length ? [...new Set(names)] : undefined
  },
  contentEncoding: text,
  contentMediaType: text,
}

/** Words whose value is a schema, a list of schemas, or schemas by name. */
export const schemaWords = new Set(
  'items additionalProperties contains propertyNames not if then else unevaluatedItems unevaluatedProperties'.split(' '),
)
export const listWords = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
export const mapWords = new Set(['properties', 'patternProperties', 'dependentSchemas'])

/**
 * Words that only ask for more. What a service answers is shown by its schema and not refused by it: services do not keep to their
 * documents, and a client throws an answer away that does not fit.
 */
export const demands = new Set(
  (
    'required pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems ' +
    'minProperties maxProperties minContains maxContains uniqueItems contains propertyNames not if then else unevaluatedItems ' +
    'unevaluatedProperties dependentSchemas'
  ).split(' '),
)

/** As it is compiled later on. */
export function isPattern(value: unknown): value is string {
  if (typeof value !== 'string') return false
  try {
    return new RegExp(value, 'u') !== undefined
  } catch {
    return false
  }
}

export function distinct(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value) ?? 'undefined', value])).values()]
}
