/** What a client must have declared before it may be asked something (MCP `ClientCapabilities`). */
import type { Json, Question, Questions } from './call.ts'
import { isObject } from './is-object.ts'

/** Everything that a client can declare which can be asked of one: what we say of ourselves where we stand in for clients that we do not know yet. */
export const allAbilities: Json = {
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
}

/**
 * What is missing for these questions, in the shape of `ClientCapabilities`; undefined when nothing is.
 * @param abilities as the client declared them
 */
export function lacking(abilities: Json, questions: Questions): Json | undefined {
  let missing: Json | undefined
  for (const question of Object.values(questions)) {
    const needed = neededFor(question)
    if (!has(abilities, needed)) missing = { ...missing, ...needed }
  }
  return missing
}

function neededFor({ method, params = {} }: Question): Json {
  switch (method) {
    case 'elicitation/create':
      return { elicitation: params.mode === 'url' ? { url: {} } : {} }
    case 'sampling/createMessage':
      return { sampling: params.tools === undefined ? {} : { tools: {} } }
    case 'roots/list':
      return { roots: {} }
    default:
      return { [method]: {} }
  }
}

function has(abilities: Json, needed: Json): boolean {
  for (const [name, parts] of Object.entries(needed)) {
    const declared = abilities[name]
    if (!isObject(declared)) return false
    for (const part of Object.keys(parts as Json)) if (!isObject(declared[part])) return false
    // An empty object means forms, as it did before there was anything else; only `{ url }` alone means no forms (2025-11-25, elicitation).
    if (name === 'elicitation' && Object.keys(parts as Json).length === 0 && declared.url && !declared.form) return false
  }
  return true
}
