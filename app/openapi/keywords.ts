/** The keywords of JSON Schema that OpenAPI 3.0 takes over as they are, and what their values must be: schemas come from outside. */

const isText = (value: unknown) => typeof value === 'string'
const isFlag = (value: unknown) => typeof value === 'boolean'
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0
const isAnything = (value: unknown) => value !== undefined

const keywords: Record<string, (value: unknown) => boolean> = {
  title: isText,
  description: isText,
  format: isText,
  pattern: isPattern,
  default: isAnything,
  example: isAnything,
  enum: (value) => Array.isArray(value) && value.length > 0,
  required: (value) => Array.isArray(value) && value.length > 0 && value.every(isText) && new Set(value).size === value.length,
  multipleOf: (value) => typeof value === 'number' && value > 0,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  uniqueItems: isFlag,
  readOnly: isFlag,
  writeOnly: isFlag,
  deprecated: isFlag,
  'x-use-queue': isFlag,
}

/** Whether this keyword with this value may stand in a Schema Object. */
export const keepKeyword = (word: string, value: unknown): boolean => Object.hasOwn(keywords, word) && keywords[word]!(value)

/** Other languages' patterns are not always JavaScript's, which 3.0 wants. */
function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    new RegExp(value)
    return true
  } catch {
    return false
  }
}
