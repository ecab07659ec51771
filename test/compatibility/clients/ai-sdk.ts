/** The MCP client of the Vercel AI SDK. VARIANT is `auto`: it asks for the revision; or `legacy`: it was told not to. */
import { load } from '../../peers/load.mts'
import { elicited } from './answers.ts'
import { childOf } from './child.ts'
import type { Client, Contents, Reference, ToolResult, Way } from './client.ts'
import { drive } from './drive.ts'
import type { Lacks } from './steps.ts'

type Transport = { type: 'http' | 'sse'; url: string } | object

/** As much of the package as is used here. */
interface Module {
  ElicitationRequestSchema: unknown
  createMCPClient(config: { transport: Transport; capabilities: object; protocolVersionDiscovery: boolean }): Promise<{
    initializeResult: { protocolVersion: string }
    listTools(): Promise<{ tools: Awaited<ReturnType<Client['listTools']>> }>
    callTool(call: { name: string; arguments?: object; options?: { signal?: AbortSignal } }): Promise<ToolResult>
    listResources(): Promise<{ resources: { uri: string; name: string }[] }>
    listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>
    readResource(of: { uri: string }): Promise<{ contents: Contents[] }>
    listPrompts(): Promise<{ prompts: { name: string; arguments?: { name: string; required?: boolean }[] }[] }>
    getPrompt(of: { name: string; arguments: object }): Promise<{ messages: { role: string; content: unknown }[] }>
    complete(of: {
      ref: Reference
      argument: { name: string; value: string }
      context?: { arguments: Record<string, string> }
    }): Promise<{ completion: { values: string[] } }>
    onElicitationRequest(
      schema: unknown,
      handler: (request: { params: { message: string; requestedSchema: unknown } }) => object,
    ): void
    close(): Promise<void>
  }>
}

async function connect(way: Way, variant: string): Promise<Client> {
  const { createMCPClient, ElicitationRequestSchema } = await load<Module>('@ai-sdk/mcp')
  const client = await createMCPClient({
    transport: await transportOf(way),
    capabilities: { elicitation: {} },
    protocolVersionDiscovery: variant === 'auto',
  })
  client.onElicitationRequest(ElicitationRequestSchema, ({ params }) => elicited(params))
  return {
    version: client.initializeResult.protocolVersion,
    listTools: async () => (await client.listTools()).tools,
    call: (name, values, { signal } = {}) => client.callTool({ name, arguments: values, options: { signal } }),
    listResources: async () => (await client.listResources()).resources,
    listTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    read: async (uri) => (await client.readResource({ uri })).contents,
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: async (name, values) => (await client.getPrompt({ name, arguments: values })).messages,
    complete: async (ref, name, value, others) => {
      const context = others && { context: { arguments: others } }
      return (await client.complete({ ref, argument: { name, value }, ...context })).completion.values
    },
    close: () => client.close(),
  }
}

async function transportOf(way: Way): Promise<Transport> {
  if (way.transport === 'http' || way.transport === 'sse') return { type: way.transport, url: way.address[0] ?? '' }
  const stdio = await load<{ Experimental_StdioMCPTransport: new (child: object) => object }>('@ai-sdk/mcp/mcp-stdio')
  // It waits a second for the first answer and then takes an older revision; on a busy machine a server may take longer to start.
  return Object.assign(new stdio.Experimental_StdioMCPTransport(childOf(way)), { waitsForProtocolVersionDiscovery: true })
}

function lacks(way: Way, _: string, version: string): Lacks {
  const noNotifications = 'it takes no notifications'
  const noHandler = 'it answers no question but elicitation'
  return {
    progress: noNotifications,
    'upstream progress': noNotifications,
    'changed list': noNotifications,
    'changed resource': noNotifications,
    'log messages': noNotifications,
    sampling: noHandler,
    'upstream sampling': noHandler,
    roots: noHandler,
    ping: 'it has no ping',
    // Closing the request is what cancels it in 2026-07-28 over HTTP; elsewhere a notification would be needed.
    ...(way.transport === 'http' && version === '2026-07-28'
      ? {}
      : { 'cancelled call': 'it stops waiting, and does not tell the server' }),
  }
}

await drive({ connect, lacks })
