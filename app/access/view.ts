/** A tool as a caller sees it whose rules fix, hide or narrow some of its arguments. */
import type { Command, Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Plain, Rule } from './words.ts'

/** @param rule the only one that lets this caller call it */
export function viewOf(command: Command, rule: Rule | undefined): Command {
  if (!rule || command.kind !== 'tool') return command
  const { fixed, hidden = [], arguments: allowed = {} } = rule
  const taken = new Set([...Object.keys(fixed ?? {}), ...hidden])
  if (taken.size === 0 && Object.keys(allowed).length === 0) return command
  const inputSchema = narrowed((command.definition.inputSchema ?? { type: 'object' }) as Json, taken, allowed)
  // Over the command itself, whatever its class: what is not written here stays its own.
  return Object.create(command, {
    definition: { value: { ...command.definition, inputSchema }, enumerable: true },
  })
}

function narrowed(schema: Json, taken: ReadonlySet<string>, allowed: Readonly<Record<string, readonly Plain[]>>): Json {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => !taken.has(name)))
  const required = (Array.isArray(schema.required) ? (schema.required as string[]) : []).filter((name) => !taken.has(name))
  for (const [name, values] of Object.entries(allowed)) {
    if (taken.has(name) || !Object.hasOwn(kept, name)) continue
    kept[name] = { ...(kept[name] as Json), ...valuesOnly(kept[name], values) }
    if (!required.includes(name)) required.push(name)
  }
  const { required: _, ...rest } = schema
  return { ...rest, properties: kept, ...(required.length ? { required } : {}) }
}

/** What the schema of the argument has to say so that models choose one of the values. */
function valuesOnly(schema: unknown, values: readonly Plain[]): Json {
  const exact = values.every((value) => typeof value !== 'string' || !value.includes('*'))
  const limits = exact ? { enum: values } : { description: described(schema, values) }
  if (!isObject(schema) || schema.type !== 'array') return limits
  return exact ? { items: { ...(isObject(schema.items) ? schema.items : {}), enum: values } } : limits
}

function described(schema: unknown, values: readonly Plain[]): string {
  const said = isObject(schema) && typeof schema.description === 'string' ? `${schema.description} ` : ''
  return `${said}(only: ${values.join(', ')})`
}
