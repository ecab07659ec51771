/** The components that one tool brings into the document: its parameters, its result, and what these refer to. */
import type { Command, Json } from '../call.ts'
import { toOpenApi } from './schema.ts'

/** Schema Objects by component name. */
export type Parts = Readonly<Record<string, Json>>

// Converting costs more than the rest of the document, and a definition never changes.
const made = new WeakMap<Json, Parts>()

/** `Command_<name>`: the parameters; `Result_<name>`: the structured result, where the tool says what it is. */
export function partsOf({ name, definition }: Command): Parts {
  let parts = made.get(definition)
  if (!parts) {
    const { inputSchema, outputSchema } = definition
    parts = { ...convert(inputSchema, parametersName(name)), ...(outputSchema ? convert(outputSchema, resultName(name)) : {}) }
    made.set(definition, parts)
  }
  return parts
}

export const parametersName = (tool: string) => `Command_${keyOf(tool)}`
export const resultName = (tool: string) => `Result_${keyOf(tool)}`
export const referTo = (component: string) => ({ $ref: `#/components/schemas/${component}` })

/** What a component may be called. */
const keyOf = (name: string) => name.replaceAll(/[^A-Za-z0-9_-]/g, '_')

/**
 * The schema as the component of this name, and each part that it refers to as one of its own. Parts wait in a queue, so that circles end
 * and long chains need no stack.
 */
function convert(schema: unknown, name: string): Parts {
  const parts: Record<string, Json> = {}
  const names = new Map<string, string>([['#', name]])
  const waiting: { reference: string; part: unknown }[] = [{ reference: '#', part: { ...(schema as Json), type: 'object' } }]
  const refer = (reference: string): string | undefined => {
    let component = names.get(reference)
    if (!component) {
      const part = lookUp(schema, reference)
      if (part === undefined) return undefined
      // A dot, which no tool's name has, keeps these apart from the components of other tools.
      const wanted = `${name}.${keyOf(reference.split('/').at(-1) ?? '')}`
      component = [...names.values()].includes(wanted) ? `${wanted}.${names.size}` : wanted
      names.set(reference, component)
      waiting.push({ reference, part })
    }
    return referTo(component).$ref
  }
  for (let next = waiting.shift(); next; next = waiting.shift())
    parts[names.get(next.reference)!] = toOpenApi(next.part, { refer })
  return parts
}

/** The part of a schema that a reference such as `#/$defs/Order` means; undefined for what lies elsewhere or does not exist. */
function lookUp(schema: unknown, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined
  let part = schema
  for (const step of reference.slice(2).split('/')) {
    if (typeof part !== 'object' || part === null) return undefined
    const member = unescaped(step)
    if (!Object.hasOwn(part, member)) return undefined
    part = (part as Json)[member]
  }
  return part
}

function unescaped(step: string): string {
  const plain = step.replaceAll('~1', '/').replaceAll('~0', '~')
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain
  }
}
