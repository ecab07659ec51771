/** Everything that a base offers, read page by page. */
import type { Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { reasonOf } from '../../reason.ts'
import type { Lists } from '../offer.ts'
import { isRefusal, isUnknownMethod } from './answers.ts'
import type { Asking, Base } from './base.ts'

type Listed = 'tools' | 'resources' | 'prompts'

export interface Read {
  readonly lists: Lists
  /** What could not be read, a sentence each. */
  readonly notes: readonly string[]
}

const mostPages = 200
const mostEntries = 10_000

/**
 * A list that cannot be read never comes out empty: without its tools a base counts as away, another list stays what it was, and a note says why.
 * @param before what was known
 */
export async function readLists(base: Base, name: string, before: Lists, asking: Asking): Promise<Read> {
  const notes: string[] = []
  const note = (sentence: string) => notes.push(sentence)
  const tools = await readList(base, name, 'tools', asking, note)
  const other = async (list: Listed): Promise<readonly Json[]> => {
    try {
      return await readList(base, name, list, asking, note)
    } catch (error) {
      if (isUnknownMethod(error)) return []
      if (!isRefusal(error) && !(error instanceof NoList)) throw error
      note(`all ${list}: ${reasonOf(error)}`)
      return before[list]
    }
  }
  // One after the other: a base may have few sessions to give.
  const resources = await other('resources')
  const prompts = await other('prompts')
  return { lists: { tools, resources, templates: [], prompts }, notes }
}

/** An answer that is no list. */
class NoList extends Failure {}

async function readList(
  base: Base,
  name: string,
  list: Listed,
  asking: Asking,
  note: (sentence: string) => void,
): Promise<Json[]> {
  const method = `${list}/list`
  const entries: Json[] = []
  const seen = new Set<unknown>()
  let cursor: unknown
  for (let page = 0; page < mostPages; page++) {
    const result = await base.ask(method, cursor === undefined ? {} : { cursor }, asking)
    const listed = isObject(result) ? result[list] : undefined
    if (!Array.isArray(listed)) throw new NoList('upstream_failed', `${name}: ${method} came back without a list of ${list}`)
    for (const [index, entry] of listed.entries()) {
      if (isObject(entry)) entries.push(entry)
      else note(`${list}[${index}]: is no object`)
    }
    const { nextCursor } = result as Json
    if (typeof nextCursor !== 'string' || nextCursor === '') return entries
    if (seen.has(nextCursor)) {
      note(`more ${list}: the base gave the same cursor twice`)
      return entries
    }
    if (entries.length >= mostEntries) {
      note(`more ${list}: the base offers more than ${mostEntries}`)
      return entries
    }
    seen.add(nextCursor)
    cursor = nextCursor
  }
  note(`more ${list}: the base has more than ${mostPages} pages`)
  return entries
}
