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
  const missing: Record<string, Json> = {}
  for (const question of Object.values(questions)) {
    const [name, part] = neededFor(question)
    if (!has(abilities[name], part)) missing[name] = { ...missing[name], ...(part === undefined ? {} : { [part]: {} }) }
  }
  return Object.keys(missing).length ? missing : undefined
}

/** `elicitation (form, url), roots`: what is missing, in words. */
export const inWords = (missing: Json): string =>
  Object.entries(missing)
    .map(([name, parts]) => [name, Object.keys(parts as Json).join(', ')])
    .map(([name, parts]) => (parts ? `${name} (${parts})` : name))
    .join(', ')

/** The member of `ClientCapabilities`, and the part of it where it has parts. */
function neededFor({ method, params = {} }: Question): [name: string, part?: string] {
  switch (method) {
    case 'elicitation/create':
      return ['elicitation', params.mode === 'url' ? 'url' : 'form']
    case 'sampling/createMessage':
      return params.tools === undefined ? ['sampling'] : ['sampling', 'tools']
    case 'roots/list':
      return ['roots']
    default:
      return [method]
  }
}

function has(declared: unknown, part: string | undefined): boolean {
  if (!isObject(declared)) return false
  if (part === undefined || isObject(declared[part])) return true
  // An empty object means forms, as it did before there was anything else; only `{ url }` alone means no forms (2025-11-25, elicitation).
  return part === 'form' && !declared.url
}
