/** A whole list of a server, all pages of it, within bounds. */
import type { Json } from '../../call.ts'
import type { ListName } from '../../catalog.ts'
import { isObject } from '../../is-object.ts'
import type { Link } from './link.ts'

/** How long one page may take, in milliseconds. */
const pageTime = 30_000
const mostPages = 100
const mostEntries = 10_000

const methods: Record<ListName, { method: string; member: string; capability: string }> = {
  tools: { method: 'tools/list', member: 'tools', capability: 'tools' },
  resources: { method: 'resources/list', member: 'resources', capability: 'resources' },
  templates: { method: 'resources/templates/list', member: 'resourceTemplates', capability: 'resources' },
  prompts: { method: 'prompts/list', member: 'prompts', capability: 'prompts' },
}

export async function readList(link: Link, list: ListName): Promise<Json[]> {
  const { method, member, capability } = methods[list]
  if (!link.about.capabilities[capability]) return []
  const entries: Json[] = []
  let cursor: unknown
  for (let page = 0; page < mostPages && entries.length < mostEntries; page++) {
    const result = await link
      .request(method, cursor === undefined ? {} : { cursor }, { signal: AbortSignal.timeout(pageTime) })
      .catch((error: unknown) => {
        // Servers that declare resources but know no templates answer -32601.
        if (list === 'templates') return {} as Json
        throw error
      })
    const found = result[member]
    if (Array.isArray(found)) entries.push(...found.filter(isObject))
    cursor = result.nextCursor
    if (typeof cursor !== 'string') break
  }
  return entries.slice(0, mostEntries)
}
