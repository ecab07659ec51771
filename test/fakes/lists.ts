/** What each surface says that there is: every list of tools that it gives, and whether it tells about one of them by its name. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Json } from '../../app/call.ts'
import type { Visitor } from './admin.ts'
import { askModern, modern } from './modern.ts'
import type { Way } from './ways.ts'

export interface Lists {
  /** Names of tools, by what the list is called there. */
  readonly lists: Readonly<Record<string, () => Promise<readonly string[]>>>
  /** Names that can be looked at one by one, by how. */
  readonly looks: Readonly<Record<string, (name: string) => Promise<boolean>>>
}

const namesIn = (tools: unknown) => (tools as { name: string }[]).map(({ name }) => name)

/** The commands of our own that list, and tell about, what there is: they are called over the surface itself. */
const byCommands = (way: Way): Lists => ({
  lists: {
    help: async () => Object.keys((await answerOf(way, 'help')).commands as Json),
    commands: async () => namesIn((await answerOf(way, 'commands')).commands),
  },
  looks: {
    'help with cmdname': async (cmdname) => {
      const { value } = await way.ask({ kind: 'tool', name: 'help', values: { cmdname } })
      return (value as Json | undefined)?.name === cmdname
    },
  },
})

async function answerOf(way: Way, name: string): Promise<Json> {
  const answer = await way.ask({ kind: 'tool', name })
  if (answer.value === undefined) throw new Error(`${name} says ${answer.message}`)
  return answer.value as Json
}

/** @param more those of the surface itself */
const together = (way: Way, more: Partial<Lists>): Lists => {
  const { lists, looks } = byCommands(way)
  return { lists: { ...lists, ...more.lists }, looks: { ...looks, ...more.looks } }
}

export const mcpLists = (way: Way, client: Client): Lists =>
  together(way, { lists: { 'tools/list': async () => namesIn((await client.listTools()).tools) } })

export const modernLists = (way: Way, url: string, headers: Record<string, string>): Lists =>
  together(way, {
    lists: { 'tools/list': async () => namesIn((await askModern(url, modern('tools/list'), headers)).answer.result?.tools) },
  })

export const cmdLists = (way: Way): Lists => together(way, {})

export function restLists(way: Way, url: string, headers: Record<string, string>): Lists {
  const get = async (path: string) => (await (await fetch(url + path, { headers })).json()) as Json
  return together(way, {
    lists: {
      'GET /commands': async () => Object.keys((await get('/commands')).commands as Json),
      'GET /api/commands': async () => Object.keys((await get('/api/commands')).commands as Json),
      'GET /openapi.json, its paths': async () => {
        const paths = Object.keys((await get('/openapi.json')).paths as Json)
        return paths.flatMap((path) => (/^\/api\/commands\/(.+)$/.exec(path)?.[1] ? [decodeURIComponent(path.slice(14))] : []))
      },
      'GET /openapi.json, what /cmd takes': async () => {
        const { components } = (await get('/openapi.json')) as { components: { schemas: { CommandRequest: Json } } }
        const { discriminator } = components.schemas.CommandRequest as { discriminator?: { mapping: Json } }
        return Object.keys(discriminator?.mapping ?? {})
      },
      'GET /api/tools.json': async () => namesIn((await get('/api/tools.json?prefix=')).tools),
      'GET /api/tools.json, its routes': async () =>
        ((await get('/api/tools.json?prefix=')).routes as { tool_name: string }[]).map((route) => route.tool_name),
    },
    looks: {
      'GET /api/commands/NAME': async (name) => (await get(`/api/commands/${name}`)).name === name,
      'GET /api/commands/NAME with -': async (name) => (await get(`/api/commands/${name.replaceAll('_', '-')}`)).name === name,
    },
  })
}

/** @param get a path below /api/v1 */
export const adminLists = (way: Way, get: Visitor['get']): Lists =>
  together(way, {
    lists: { 'GET tools': async () => Object.keys((await (await get('tools')).json()) as Json) },
    looks: { 'GET tools/NAME': async (name) => ((await (await get(`tools/${name}`)).json()) as Json).name === name },
  })
