/** The MCP servers of the OpenAI Agents SDK, as an agent uses them, without a model. VARIANT is not used. */
import { load } from '../../peers/load.mts'
import { childOf } from './child.ts'
import type { Client, Contents, ToolResult, Way } from './client.ts'
import { drive } from './drive.ts'
import type { Lacks } from './steps.ts'

/** As much of the package as is used here. */
interface Server {
  connect(): Promise<void>
  close(): Promise<void>
  listTools(): ReturnType<Client['listTools']>
  callToolResult(name: string, values: object | null, meta: null, options: { signal?: AbortSignal }): Promise<ToolResult>
  listResources(): Promise<{ resources: { uri: string; name?: string }[] }>
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>
  readResource(uri: string): Promise<{ contents: Contents[] }>
  /** Its own client, which alone knows the revision. */
  underlying: { session: { getNegotiatedProtocolVersion(): string | undefined } }
}

interface Module {
  MCPServerStdio: new (options: object) => Server
  MCPServerSSE: new (options: object) => Server
  MCPServerStreamableHttp: new (options: object) => Server
}

async function connect(way: Way): Promise<Client> {
  const server = serverOf(await load<Module>('@openai/agents'), way)
  await server.connect()
  return {
    version: server.underlying.session.getNegotiatedProtocolVersion() ?? 'unknown',
    listTools: () => server.listTools(),
    call: (name, values, { signal } = {}) => server.callToolResult(name, values ?? null, null, { signal }),
    listResources: async () => (await server.listResources()).resources,
    listTemplates: async () => (await server.listResourceTemplates()).resourceTemplates,
    read: async (uri) => (await server.readResource(uri)).contents,
    close: () => server.close(),
  }
}

function serverOf({ MCPServerSSE, MCPServerStdio, MCPServerStreamableHttp }: Module, way: Way): Server {
  const [url] = way.address
  if (way.transport === 'stdio') return new MCPServerStdio(childOf(way))
  return way.transport === 'sse' ? new MCPServerSSE({ url }) : new MCPServerStreamableHttp({ url })
}

function lacks(): Lacks {
  const noListener = 'it has no place for a listener'
  const noCapabilities = 'it declares no capabilities'
  const noPrompts = 'it has tools and resources alone'
  return {
    progress: noListener,
    'upstream progress': noListener,
    'changed list': noListener,
    'changed resource': noListener,
    'log messages': noListener,
    prompts: noPrompts,
    completion: noPrompts,
    'completion from other arguments': noPrompts,
    elicitation: noCapabilities,
    'upstream elicitation': noCapabilities,
    sampling: noCapabilities,
    'upstream sampling': noCapabilities,
    roots: noCapabilities,
    ping: 'it has no ping',
  }
}

await drive({ connect, lacks })
