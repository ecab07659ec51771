/** JSON Schemas as functions: compiled once for each distinct schema, bounded, and answering in a sentence that a model can act on. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from './call.ts'
import { isObject } from './is-object.ts'
import type { Log } from './log.ts'
import { sha256 } from './sha256.ts'

export interface Schemas {
  /** What is wrong with the value, in a sentence; undefined when nothing is, or when the schema cannot be used (said once in the log). */
  problem(schema: Json, value: unknown): string | undefined
}

const options = { strict: false, allErrors: false, verbose: true, validateFormats: true, addUsedSchema: false } as const
/** Compiling costs in proportion to the text; a schema above this is left to its owner. */
const longestSchema = 256 * 1024
const mostSchemas = 10_000

/** @param log hears of schemas that cannot be compiled; what they would have checked is then left to whoever runs the command */
export function createSchemas(log: Log): Schemas {
  const engineFor = createEngines()
  const byText = new Map<string, ValidateFunction | null>()
  // The schema object of a command stays the same between changes of the catalogue, so its text is made once.
  const byObject = new WeakMap<Json, ValidateFunction | null>()

  function compiled(schema: Json): ValidateFunction | null {
    let validate = byObject.get(schema)
    if (validate === undefined) {
      const text = JSON.stringify(schema)
      const hash = sha256(text)
      validate = byText.get(hash)
      if (validate === undefined) {
        validate = compile(schema, text)
        if (byText.size >= mostSchemas) byText.delete(byText.keys().next().value!)
        byText.set(hash, validate)
      }
      byObject.set(schema, validate)
    }
    return validate
  }

  function compile(schema: Json, text: string): ValidateFunction | null {
    if (text.length > longestSchema) {
      log.warn('schema not used', { reason: `longer than ${longestSchema} characters`, title: schema.title })
      return null
    }
    try {
      return engineFor(schema).compile(schema)
    } catch (error) {
      log.warn('schema not used', { reason: error instanceof Error ? error.message : String(error), title: schema.title })
      return null
    }
  }

  return {
    problem(schema, value) {
      const validate = compiled(schema)
      if (!validate || validate(value)) return undefined
      return sentence(validate.errors?.[0])
    },
  }
}

/** Draft 7 where the schema says so, otherwise 2020-12, which is MCP's default. Each engine is made when first needed: that alone costs 10 ms. */
function createEngines(): (schema: Json) => Ajv {
  let draft7: Ajv | undefined
  let draft2020: Ajv2020 | undefined
  const withFormats = <Engine extends Ajv>(engine: Engine): Engine => {
    addFormats.default(engine)
    return engine
  }
  return (schema) => {
    const dialect = typeof schema.$schema === 'string' ? schema.$schema : ''
    if (/draft-0[4-7]/.test(dialect)) {
      draft7 ??= withFormats(new Ajv(options))
      return draft7
    }
    draft2020 ??= withFormats(new Ajv2020(options))
    return draft2020
  }
}

function sentence(error: ErrorObject | undefined): string {
  if (!error) return 'the arguments do not fit the schema'
  const where = error.instancePath.slice(1).replaceAll('/', '.') || 'arguments'
  switch (error.keyword) {
    case 'required':
      return missing(error, where === 'arguments' ? '' : `${where}.`)
    case 'additionalProperties':
      return `${where} has no member "${short(error.params.additionalProperty)}"${members(error)}`
    case 'enum':
      return `${where} must be one of ${list(error.params.allowedValues)}, got ${shown(error.data)}`
    case 'type':
      return `${where} must be ${[error.params.type].flat().join(' or ')}, got ${shown(error.data)}`
    default:
      return `${where} ${error.message ?? 'is not allowed'}, got ${shown(error.data)}`
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
const short = (text: unknown) => String(text).slice(0, 80)
const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}
