/** What a tool calls the things that an operation wants: the service's own names, as far as every model API takes them. */
import { sha256 } from '../../sha256.ts'
import type { Place } from './plan.ts'

const allowed = /^[A-Za-z0-9_.-]{1,64}$/

/** The same for one name: `filter[name]` is `filter_name`, `$top` is `top`; what has no such letters is named by a hash of it. */
export function argumentName(name: string): string {
  if (allowed.test(name)) return name
  const plain = name.replace(/[^A-Za-z0-9_.-]+/g, '_').replace(/^_+|_+$/g, '')
  const readable = /^[ -~]*$/.test(name) && plain !== '' && plain.length <= 64
  if (readable) return plain
  const hash = sha256(name).slice(0, 8)
  return `${plain.slice(0, 50) || 'field'}_${hash}`
}

const places: readonly Place[] = ['path', 'query', 'header', 'cookie']

/**
 * Names for parameters. Where two of different places have one name, that of the path keeps it, then that of the query, and the others
 * say where they go: `id`, `id_query`.
 */
export function parameterNames(parameters: readonly { readonly name: string; readonly in: Place }[]): string[] {
  const taken = new Set<string>()
  const names = new Map<number, string>()
  const ranked = parameters
    .map((each, index) => ({ each, index }))
    .sort((a, b) => places.indexOf(a.each.in) - places.indexOf(b.each.in))
  for (const { each, index } of ranked) {
    const plain = argumentName(each.name)
    names.set(index, free(plain, taken, `${plain.slice(0, 56)}_${each.in}`))
  }
  return parameters.map((_, index) => names.get(index)!)
}

/** The name, or the other one where it is taken, or that one with a number. */
export function free(name: string, taken: Set<string>, otherwise: string): string {
  let found = taken.has(name) ? otherwise : name
  for (let count = 2; taken.has(found); count++) found = `${otherwise.slice(0, 60)}_${count}`
  taken.add(found)
  return found
}
