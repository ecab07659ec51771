/** A base's definitions made into what MCP clients accept. What is whole is kept whatever stands beside it; what is not is named. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Lists } from '../offer.ts'
import { withoutConfirmation } from './confirm.ts'
import { objectSchema } from './schema.ts'

/** @param note takes a sentence for each entry, or part of one, that is left out */
export function normalised(lists: Lists, note: (sentence: string) => void): Lists {
  return {
    tools: whole('tools', 'name', lists.tools, tool),
    resources: whole('resources', 'uri', lists.resources, resource),
    templates: [],
    prompts: whole('prompts', 'name', lists.prompts, (entry) => prompt(entry, note)),
  }

  function whole(list: string, key: string, entries: readonly Json[], mend: (entry: Json) => Json): Json[] {
    const seen = new Set<string>()
    return entries.flatMap((entry, index) => {
      const name = entry[key]
      if (typeof name !== 'string' || name.trim() === '') {
        note(`${list}[${index}]: has no ${key}`)
        return []
      }
      if (seen.has(name)) {
        note(`${list}[${index}]: a second one with the ${key} ${name.slice(0, 200)}`)
        return []
      }
      seen.add(name)
      return [mend(withoutNulls(entry))]
    })
  }
}

const withoutNulls = (entry: Json): Json => Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null))

function described(entry: Json): Json {
  if (entry.description === undefined || typeof entry.description === 'string') return entry
  return {
    ...entry,
    description: typeof entry.description === 'object' ? JSON.stringify(entry.description) : String(entry.description),
  }
}

function tool(entry: Json): Json {
  const { inputSchema, outputSchema, ...rest } = entry
  return {
    ...described(rest),
    inputSchema: withoutConfirmation(objectSchema(inputSchema)),
    ...(isObject(outputSchema) && Object.keys(outputSchema).length ? { outputSchema: objectSchema(outputSchema) } : {}),
  }
}

const resource = (entry: Json): Json =>
  described(typeof entry.name === 'string' && entry.name !== '' ? entry : { ...entry, name: String(entry.uri) })

function prompt(entry: Json, note: (sentence: string) => void): Json {
  const { arguments: given, ...rest } = entry
  if (!Array.isArray(given)) return described(rest)
  const known = given.filter((each): each is Json => isObject(each) && typeof each.name === 'string' && each.name !== '')
  if (known.length < given.length)
    note(`prompts ${String(entry.name).slice(0, 200)}: ${given.length - known.length} of its arguments, without a name`)
  return {
    ...described(rest),
    arguments: known.map((each) => {
      const { required, ...argument } = described(withoutNulls(each))
      return required === undefined ? argument : { ...argument, required: required === true || required === 'true' }
    }),
  }
}
