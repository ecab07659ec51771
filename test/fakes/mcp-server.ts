/**
 * A small MCP server whose behaviour a test chooses: what it lists, and what its tools do. It stands on the SDK's low-level Server, so that it
 * may also say what the SDK's own helpers would tidy up.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import {
  CallToolRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
} from '@modelcontextprotocol/sdk/types.js'

type Json = Record<string, unknown>

/** What a test wants it to be. Everything may be changed while it runs; clients hear of it by `changed`. */
export interface FakeSpec {
  name?: string
  tools?: Json[]
  resources?: Json[]
  templates?: Json[]
  prompts?: Json[]
  /** Entries of one page of tools/list; all unless given. */
  pageSize?: number
  /** Lists are not answered any more. */
  silent?: boolean
  /** The first tools/list is answered with what it was asked about, after the list has already become this one. */
  nextTools?: Json[]
}

/** What calls have left behind. */
export interface Seen {
  /** Requests and notifications in their order: `tools/call echo`, `notifications/cancelled`, ... */
  readonly asked: string[]
  /** The `_meta` of the last call. */
  meta?: Json
  /** Calls of `wait` that were taken back. */
  cancelled: number
}

export interface Fake {
  readonly spec: FakeSpec
  readonly seen: Seen
  /** A server for one more connection. */
  connection(): Server
  /** Tells all clients that the lists are others now. */
  changed(): Promise<void>
}

const objectSchema = { type: 'object', properties: {} }
const capabilities = {
  tools: { listChanged: true },
  resources: { listChanged: true },
  prompts: { listChanged: true },
  logging: {},
}

/** A definition with nothing but what MCP asks for. */
export const plainTool = (name: string): Json => ({ name, description: `The tool ${name}`, inputSchema: objectSchema })

export function createFake(spec: FakeSpec = {}): Fake {
  const servers = new Set<Server>()
  const seen: Seen = { asked: [], cancelled: 0 }
  const { name = 'fake' } = spec

  function connection(): Server {
    const server = new Server({ name, version: '1.0.0' }, { capabilities })
    servers.add(server)
    server.onclose = () => void servers.delete(server)
    server.fallbackNotificationHandler = async ({ method }) => void seen.asked.push(method)

    server.setRequestHandler(ListToolsRequestSchema, async ({ params }) => {
      seen.asked.push('tools/list')
      await unlessSilent(spec)
      const answer = page(spec.tools ?? defaultTools, params?.cursor, spec.pageSize)
      if (spec.nextTools) {
        spec.tools = spec.nextTools
        spec.nextTools = undefined
        await server.sendToolListChanged()
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
      return answer as { tools: never[] }
    })
    server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: (spec.resources ?? []) as never[] }))
    server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: (spec.templates ?? []) as never[] }))
    server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: (spec.prompts ?? []) as never[] }))
    server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
      seen.asked.push(`resources/read ${uri}`)
      if (uri.endsWith('/missing')) throw new McpError(-32002, 'no such thing')
      return { contents: [{ uri, mimeType: 'text/plain', text: `${name}: ${uri}` }], 'x-kept': true }
    })
    server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
      seen.asked.push(`prompts/get ${params.name}`)
      const text = `${name} greets ${params.arguments?.who ?? 'nobody'}`
      return { messages: [{ role: 'user', content: { type: 'text', text } }] }
    })
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification, signal }) => {
      seen.asked.push(`tools/call ${params.name}`)
      seen.meta = params._meta
      const { arguments: values = {} } = params
      return runTool(params.name, { values, token: params._meta?.progressToken, signal, seen, notify: sendNotification })
    })
    return server
  }

  return {
    spec,
    seen,
    connection,
    async changed() {
      for (const server of servers) {
        await server.sendToolListChanged()
        await server.sendResourceListChanged()
        await server.sendPromptListChanged()
      }
    },
  }
}

interface ToolCall {
  values: Json
  token: string | number | undefined
  signal: AbortSignal
  seen: Seen
  notify(notification: ServerNotification): Promise<void>
}

/** The tools that do something; every other name gives its arguments back. */
async function runTool(name: string, { values, token, signal, seen, notify }: ToolCall): Promise<Json> {
  switch (name) {
    case 'steps':
      for (let progress = 1; progress <= Number(values.count ?? 3); progress++) {
        if (token !== undefined) {
          const params = { progressToken: token, progress, total: Number(values.count ?? 3), message: `step ${progress}` }
          await notify({ method: 'notifications/progress', params })
        }
      }
      return text('done')
    case 'talk':
      for (const level of ['debug', 'info', 'error'] as const) {
        await notify({ method: 'notifications/message', params: { level, logger: 'fake', data: `said at ${level}` } })
      }
      return text('said')
    case 'wait':
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      seen.cancelled++
      return text('nobody hears this')
    case 'refuse':
      throw new McpError(Number(values.code ?? -32050), String(values.message ?? 'not today'), { hint: 'ask tomorrow' })
    case 'fail':
      return { ...text('that went wrong'), isError: true }
    case 'sum': {
      const sum = Number(values.a) + Number(values.b)
      return { ...text(JSON.stringify({ sum })), structuredContent: { sum } }
    }
    case 'environment':
      return text(JSON.stringify(process.env))
    case 'die':
      process.exit(3)
      break
    default:
      return { ...text(JSON.stringify(values)), _meta: { 'x/kept': 1 }, 'x-kept': true }
  }
}

const text = (value: string) => ({ content: [{ type: 'text', text: value }] })

async function unlessSilent({ silent }: FakeSpec): Promise<void> {
  if (silent) await new Promise(() => {})
}

function page(tools: readonly Json[], cursor = '0', pageSize = tools.length) {
  const from = Number(cursor)
  const to = from + pageSize
  return { tools: tools.slice(from, to), ...(to < tools.length ? { nextCursor: String(to) } : {}) }
}

const number = { type: 'number' }

export const defaultTools: Json[] = [
  ...['echo', 'steps', 'talk', 'wait', 'refuse', 'fail', 'environment', 'die'].map(plainTool),
  {
    ...plainTool('sum'),
    inputSchema: { type: 'object', properties: { a: number, b: number }, required: ['a', 'b'] },
    outputSchema: { type: 'object', properties: { sum: number }, required: ['sum'] },
  },
]
