/** The official SDK of the revisions with sessions, in several ages, over every transport that it has. */
import type * as ClientModule from '@modelcontextprotocol/sdk/client/index.js'
import type * as SseModule from '@modelcontextprotocol/sdk/client/sse.js'
import type * as StdioModule from '@modelcontextprotocol/sdk/client/stdio.js'
import type * as HttpModule from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type * as WebSocketModule from '@modelcontextprotocol/sdk/client/websocket.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type * as Types from '@modelcontextprotocol/sdk/types.js'
import { load } from '../../peers/load.mts'
import { elicited, roots, sampled } from './answers.ts'
import { childOf } from './child.ts'
import type { Client, ToolResult, Way } from './client.ts'
import type { Lacks } from './steps.ts'

/**
 * Connects the SDK of this version.
 * @param onStderr hears what a program that was started over stdio prints there
 */
export async function connectV1(version: string, way: Way, onStderr?: (text: string) => void): Promise<Client> {
  const { Client } = await load<typeof ClientModule>(`sdk-${version}/client/index.js`)
  const types = await load<typeof Types>(`sdk-${version}/types.js`)
  const asks = types.ElicitRequestSchema !== undefined
  const capabilities = { sampling: {}, roots: { listChanged: true }, ...(asks ? { elicitation: {} } : {}) }
  const client = new Client({ name: `sdk-${version}`, version }, { capabilities })
  client.setRequestHandler(types.CreateMessageRequestSchema, ({ params }) => sampled(params))
  client.setRequestHandler(types.ListRootsRequestSchema, () => ({ roots }))
  if (asks) client.setRequestHandler(types.ElicitRequestSchema, ({ params }) => elicited(params))

  const negotiated = overhear(client)
  const transport = await transportOf(version, way, onStderr)
  await client.connect(transport)
  return {
    version: negotiated(),
    listTools: async () => (await client.listTools()).tools,
    call: async (name, values, { onProgress, signal } = {}) =>
      (await client.callTool({ name, arguments: values }, undefined, { onprogress: onProgress, signal })) as ToolResult,
    listResources: async () => (await client.listResources()).resources,
    listTemplates: async () => (await client.listResourceTemplates()).resourceTemplates,
    read: async (uri) => (await client.readResource({ uri })).contents,
    listPrompts: async () => (await client.listPrompts()).prompts,
    getPrompt: async (name, values) => (await client.getPrompt({ name, arguments: values })).messages,
    complete: async (ref, name, value, others) => {
      const context = others && { context: { arguments: others } }
      return (await client.complete({ ref, argument: { name, value }, ...context })).completion.values
    },
    async onToolsChanged(listener) {
      client.setNotificationHandler(types.ToolListChangedNotificationSchema, listener)
    },
    async watch(uri, listener) {
      client.setNotificationHandler(types.ResourceUpdatedNotificationSchema, ({ params }) => {
        if (params.uri === uri) listener()
      })
      await client.subscribeResource({ uri })
      return async () => void (await client.unsubscribeResource({ uri }))
    },
    async hear(level, listener) {
      client.setNotificationHandler(types.LoggingMessageNotificationSchema, ({ params }) => listener(params.level, params.data))
      await client.setLoggingLevel(level as Types.LoggingLevel)
    },
    ping: async () => void (await client.ping()),
    async close() {
      if ('terminateSession' in transport) await (transport as HttpModule.StreamableHTTPClientTransport).terminateSession()
      await client.close()
    },
  }
}

/** The client keeps the revision to itself: it is read from the answer to its `initialize`. */
function overhear(client: ClientModule.Client): () => string {
  let version = 'unknown'
  const request = client.request.bind(client) as (...values: unknown[]) => Promise<{ protocolVersion?: string }>
  const listening = async (...values: unknown[]) => {
    const result = await request(...values)
    version = result.protocolVersion ?? version
    return result
  }
  client.request = listening as typeof client.request
  return () => version
}

async function transportOf(version: string, way: Way, onStderr?: (text: string) => void): Promise<Transport> {
  const url = () => new URL(way.address[0] ?? '')
  const from = <Module>(name: string) => load<Module>(`sdk-${version}/client/${name}.js`)
  switch (way.transport) {
    case 'stdio': {
      const { StdioClientTransport } = await from<typeof StdioModule>('stdio')
      const transport = new StdioClientTransport({ ...childOf(way), stderr: onStderr ? 'pipe' : 'inherit' })
      transport.stderr?.on('data', (chunk: Buffer) => onStderr?.(chunk.toString()))
      return transport
    }
    case 'sse': {
      // Before 1.1 the SDK takes the browser's EventSource, which Node 20 does not have.
      const { EventSource } = await load<{ EventSource: unknown }>('eventsource')
      Object.assign(globalThis, { EventSource })
      return new (await from<typeof SseModule>('sse')).SSEClientTransport(url())
    }
    case 'http':
      return new (await from<typeof HttpModule>('streamableHttp')).StreamableHTTPClientTransport(url())
    case 'websocket': {
      // It takes the browser's WebSocket, which Node 20 does not have.
      const { WebSocket } = await load<{ WebSocket: unknown }>('ws')
      Object.assign(globalThis, { WebSocket })
      return new (await from<typeof WebSocketModule>('websocket')).WebSocketClientTransport(url())
    }
  }
}

/** @param revision that is spoken: each came with its own SDK */
export function lacksOfV1(revision: string): Lacks {
  if (revision >= '2025-11-25') return {}
  if (revision >= '2025-06-18')
    return { 'upstream elicitation': 'it refuses a form with lists (2025-11-25), which this upstream asks with' }
  const noElicitation = 'it is older than elicitation (2025-06-18)'
  return {
    elicitation: noElicitation,
    'upstream elicitation': noElicitation,
    'completion from other arguments': 'it is older than the context of a completion (2025-06-18)',
  }
}
