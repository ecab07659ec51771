/** What does not fit a JSON Schema, in a sentence that a model can act on and that holds no secret. */
import type { ErrorObject } from 'ajv'
import type { Json } from './call.ts'
import { isObject } from './is-object.ts'
import { isSecretName, keepable, shortened } from './redact.ts'

/** @param error the first that was found; the parent schema is looked at where it is known */
export function sentence(error: ErrorObject | undefined): string {
  if (!error) return 'the arguments do not fit the schema'
  const where = error.instancePath.slice(1).replaceAll('/', '.') || 'arguments'
  switch (error.keyword) {
    case 'required':
      return missing(error, where === 'arguments' ? '' : `${where}.`)
    case 'additionalProperties':
      return `${where} has no member "${short(error.params.additionalProperty)}"${members(error)}`
    case 'enum':
      return `${where} must be one of ${list(error.params.allowedValues)}, got ${given(error)}`
    case 'type':
      return `${where} must be ${[error.params.type].flat().join(' or ')}, got ${given(error)}`
    default:
      return `${where} ${error.message ?? 'is not allowed'}, got ${given(error)}`
  }
}

/** Names all of them: who mends one at a time calls as often as there are. */
function missing({ parentSchema, params, data }: ErrorObject, where: string): string {
  const required = Array.isArray(parentSchema?.required) ? (parentSchema.required as string[]) : []
  const absent = isObject(data) ? required.filter((name) => data[name] === undefined) : []
  const names = absent.length ? absent : [params.missingProperty as string]
  if (names.length === 1) return `${where}${names[0]} is missing${expected(parentSchema, names[0]!)}`
  const told = names.slice(0, 20).map((name) => `${where}${name}${expected(parentSchema, name)}`)
  return `${told.join(', ')}${names.length > 20 ? ', ...' : ''} are missing`
}

function expected(schema: Json | undefined, name: string): string {
  const member = (schema?.properties as Json | undefined)?.[name] as { type?: unknown } | undefined
  return typeof member?.type === 'string' ? ` (${member.type})` : ''
}

function members(error: ErrorObject): string {
  const names = Object.keys((error.parentSchema?.properties as Json | undefined) ?? {})
  return names.length ? `; it has ${list(names)}` : '; it takes none'
}

const list = (values: readonly unknown[]) => `${values.slice(0, 20).map(shown).join(', ')}${values.length > 20 ? ', ...' : ''}`
const short = (text: unknown) => shortened(String(text), 80)
/** The sentence is kept in the history, which keeps nothing of what is named like a secret. */
const given = ({ instancePath, data }: ErrorObject) =>
  instancePath.split('/').some(isSecretName) ? 'what is not shown' : shown(data)
/** The beginning of a value, without a secret. */
export const shown = (value: unknown): string => {
  const text = keepable(value, 80)
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}
