/** A tool as a caller sees it whose rules fix, hide or narrow some of its arguments. */
import type { Command, Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Plain, Rule } from './words.ts'

/**
 * @param rules each of those that may let this caller call it, as the arguments are; the default, which takes nothing away, is an undefined one.
 *   Of several, the schema shows what any of them leaves, and asks for what all of them leave.
 */
export function viewOf(command: Command, rules: readonly (Rule | undefined)[]): Command {
  if (command.kind !== 'tool') return command
  const takings = rules.map(takenBy)
  const [first = new Set<string>()] = takings
  const gone = new Set([...first].filter((name) => takings.every((taken) => taken.has(name))))
  const optional = new Set(takings.flatMap((taken) => [...taken]))
  // Where several let it pass, only the arguments tell which one, and none of their values may be named.
  const allowed = rules.length === 1 ? (rules[0]?.arguments ?? {}) : {}
  if (optional.size === 0 && Object.keys(allowed).length === 0) return command
  const inputSchema = narrowed((command.definition.inputSchema ?? { type: 'object' }) as Json, gone, optional, allowed)
  // Over the command itself, whatever its class: what is not written here stays its own.
  return Object.create(command, {
    definition: { value: { ...command.definition, inputSchema }, enumerable: true },
  })
}

/** What callers neither see nor give under this rule. */
export const takenBy = (rule: Rule | undefined): ReadonlySet<string> =>
  new Set([...Object.keys(rule?.fixed ?? {}), ...(rule?.hidden ?? [])])

function narrowed(
  schema: Json,
  gone: ReadonlySet<string>,
  optional: ReadonlySet<string>,
  allowed: Readonly<Record<string, readonly Plain[]>>,
): Json {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => !gone.has(name)))
  const required = (Array.isArray(schema.required) ? (schema.required as string[]) : []).filter((name) => !optional.has(name))
  for (const [name, values] of Object.entries(allowed)) {
    if (gone.has(name) || !Object.hasOwn(kept, name)) continue
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
