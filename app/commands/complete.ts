/** Completes what an author left out, as far as it follows from the rest (`commands.auto_fix`). */
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import { propertiesOf } from './check-params.ts'
import { isText } from './problems.ts'
import type { ReadRun } from './run-params.ts'
import { titleOf } from './words.ts'

export interface Completed {
  /** The same value where there was nothing to do. */
  readonly value: Json
  /** What was done, in words. */
  readonly fixed: readonly string[]
}

/** @param value something that can be used, with gaps in it */
export function complete(value: Json, readRun?: ReadRun): Completed {
  const fixed: string[] = []
  const changes: Json = {}
  const title = titleOf(String(value.name))
  if (!isText(value.description)) change('description', title, `description is "${title}"`)
  const { kind = 'tool' } = value
  if (kind === 'tool') {
    completeParams(value, readRun)
    if (value.returns === undefined) change('returns', `What ${value.name} answers`, `returns is "What ${value.name} answers"`)
  }
  if (kind === 'prompt') completeArguments(value)
  // The prototype stays: `run` may stand there.
  return fixed.length
    ? { value: Object.assign(Object.create(Object.getPrototypeOf(value)), value, changes), fixed }
    : { value, fixed }

  function change(member: string, made: unknown, words: string): void {
    changes[member] = made
    fixed.push(words)
  }

  function completeParams(tool: Json, read: ReadRun | undefined): void {
    const before = fixed.length
    const own = propertiesOf(tool)
    const made: Json = {}
    for (const [name, param] of Object.entries(own)) made[name] = isObject(param) ? completeParam(name, param) : param
    const required: string[] = []
    const taken = typeof tool.run === 'function' ? read?.(tool.run as () => unknown) : undefined
    for (const { name, preset } of taken?.params ?? []) {
      if (Object.hasOwn(own, name)) continue
      made[name] = completeParam(name, preset === undefined ? {} : { default: preset })
      if (preset === undefined) required.push(name)
    }
    if (fixed.length === before) return
    if (isObject(tool.input)) changes.input = withProperties(tool.input, made, required)
    else changes.params = withRequired(made, own, required)
  }

  function completeParam(name: string, param: Json): Json {
    const added: Json = {}
    if (!typeWords.some((word) => param[word] !== undefined)) added.type = typeFrom(param)
    if (!isText(param.description)) added.description = `Parameter ${name}`
    const words = Object.entries(added).map(([member, made]) => `${member} "${made}"`)
    if (words.length) fixed.push(`parameter '${name}' has the ${words.join(' and the ')}`)
    return { ...param, ...added }
  }

  function completeArguments({ arguments: described }: Json): void {
    const before = fixed.length
    const made = Object.entries(isObject(described) ? described : {}).map(([name, each]) => {
      if (!isObject(each) || isText(each.description)) return [name, each]
      fixed.push(`argument '${name}' has the description "Argument ${name}"`)
      return [name, { ...each, description: `Argument ${name}` }]
    })
    if (fixed.length > before) changes.arguments = Object.fromEntries(made)
  }
}

const typeWords = ['type', '$ref', 'const', 'anyOf', 'oneOf', 'allOf']

/** As the default is, or the values to choose from; a text where nothing tells. */
function typeFrom({ default: preset, enum: choices, items }: Json): string {
  if (items !== undefined) return 'array'
  const samples = preset === undefined ? (Array.isArray(choices) ? choices : []) : [preset]
  const types = new Set(samples.map(typeOf))
  if (types.size === 1) return [...types][0]!
  return types.size > 1 && [...types].every((type) => type === 'integer' || type === 'number') ? 'number' : 'string'
}

function typeOf(value: unknown): string {
  if (Number.isInteger(value)) return 'integer'
  if (Array.isArray(value)) return 'array'
  return value === null ? 'string' : typeof value
}

const withProperties = (input: Json, properties: Json, required: readonly string[]): Json => ({
  ...input,
  properties,
  ...(required.length ? { required: [...(Array.isArray(input.required) ? input.required : []), ...required] } : {}),
})

/** Where nothing at all was said of a type, nothing was meant by saying nothing of `required`: what has no default is. */
function withRequired(params: Json, before: Json, required: readonly string[]): Json {
  const entries = Object.entries(params).map(([name, param]) => {
    if (!isObject(param)) return [name, param]
    const untold = isObject(before[name]) && (before[name] as Json).type === undefined && param.required === undefined
    const needed = required.includes(name) || (untold && param.default === undefined)
    return [name, needed ? { ...param, required: true } : param]
  })
  return Object.fromEntries(entries)
}
