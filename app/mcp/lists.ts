/** The lists of the catalogue as MCP gives them: in pages, the text of each made once per change, set of scopes and era. */
import type { Command, Json, Who } from '../call.ts'
import type { Catalog, ListName } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { type Caching, completeText } from './results.ts'

/** The member that holds the list in the MCP result of that list. */
const member: Record<ListName, string> = {
  tools: 'tools',
  resources: 'resources',
  templates: 'resourceTemplates',
  prompts: 'prompts',
}

/** Entries of one page. Many clients ask for the first page only, so it is large. */
const pageSize = 1_000

/** Texts that are kept: persons who see what nobody else sees have texts of their own. */
const mostTexts = 200

/** A URI may be long; longer cursors are none of ours. */
const longestCursor = 16 * 1024

/** Lists depend on what the caller may do, and whoever listens hears of changes at once. */
const caching: Caching = { ttlMs: 30_000, cacheScope: 'private' }

export interface Wanted extends Who {
  readonly modern: boolean
  /** What an earlier page ended with. */
  readonly cursor: unknown
}

/**
 * @returns gives the JSON text of the result of one page.
 * It throws Failure `invalid_params` for a cursor that is none of ours, or none any more
 */
export function createLists(catalog: Catalog): (list: ListName, wanted: Wanted) => string {
  const texts = new Map<string, string>()
  let version = -1

  return function pageText(list, { caller, via, modern, cursor = '' }) {
    const who = { caller, via }
    if (typeof cursor !== 'string' || cursor.length > longestCursor) throw unknownCursor()
    if (version !== catalog.version) {
      version = catalog.version
      texts.clear()
    }
    const commands = cursor === '' ? undefined : catalog.list(list, who)
    const from = commands ? positionAfter(commands, list, cursor) : 0
    const key = `${list} ${modern} ${catalog.audience(who)} ${from}`
    let text = texts.get(key)
    if (text === undefined) {
      text = makePage(commands ?? catalog.list(list, who), list, modern, from)
      // A page may begin anywhere after a change; kept are those that a client gets who begins anew.
      if (texts.size >= mostTexts) texts.clear()
      if (from % pageSize === 0) texts.set(key, text)
    }
    return text
  }
}

function makePage(commands: readonly Command[], list: ListName, modern: boolean, from: number): string {
  const page = commands.slice(from, from + pageSize)
  const more = from + pageSize < commands.length
  const entries = page.map(({ definition }) => (modern ? forModern(definition) : forSessions(definition)))
  const text = JSON.stringify({ [member[list]]: entries, ...(more ? { nextCursor: cursorAt(list, page.at(-1)!) } : {}) })
  return modern ? completeText(text, caching) : text
}

/** Opaque for clients: which list, and the last name of the page; so a change elsewhere in the list neither repeats nor skips an entry. */
const cursorAt = (list: ListName, { name }: Command): string => Buffer.from(JSON.stringify([list, name])).toString('base64url')

function positionAfter(commands: readonly Command[], list: ListName, cursor: string): number {
  const [of, name] = read(cursor)
  const position = of === list ? commands.findIndex((command) => command.name === name) : -1
  if (position < 0 || cursorAt(list, commands[position]!) !== cursor) throw unknownCursor()
  return position + 1
}

const unknownCursor = () => new Failure('invalid_params', 'unknown cursor: begin the list again, without one')

function read(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** How a tool is run as a task is agreed in another way there. */
function forModern(definition: Json): Json {
  if (definition.execution === undefined) return definition
  const { execution: _, ...rest } = definition
  return rest
}

/** Clients with sessions refuse a whole list in which the result of one tool is not described as an object. */
function forSessions(definition: Json): Json {
  const { outputSchema, ...rest } = definition
  if (outputSchema === undefined || (isObject(outputSchema) && outputSchema.type === 'object')) return definition
  return rest
}
