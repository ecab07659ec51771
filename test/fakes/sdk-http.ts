/** Servers made of nothing but the official SDKs, for what our end of HTTP is held against: one of the era with sessions, one of 2026-07-28. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { type EventStore, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ElicitResultSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { createMcpHandler, fromJsonSchema, type McpHttpHandler, McpServer } from '@modelcontextprotocol/server'

export interface Running {
  readonly url: string
  stop(): Promise<void>
}

async function listen(listener: RequestListener): Promise<Running> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })

export interface SessionServer extends Running {
  /** Lets the calls of `poll` go on. */
  release(): void
  readonly ended: string[]
  readonly server: Server
  readonly transport: StreamableHTTPServerTransport
}

/** Tools `ask` (progress, then a question), `poll` (lets go of its stream, answers when released), and `echo`. */
export async function startSessionServer({ json = false } = {}): Promise<SessionServer> {
  const ended: string[] = []
  let release!: () => void
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => 'sdk-session',
    onsessionclosed: (id) => void ended.push(id),
    enableJsonResponse: json,
    eventStore: storeInMemory(),
    retryInterval: 150,
  })
  const server = toolServer(async (name, { sendNotification, sendRequest, closeSSEStream, token }) => {
    if (name === 'ask') {
      await sendNotification({ method: 'notifications/progress', params: { progressToken: token, progress: 1 } })
      const question = { message: 'Who?', requestedSchema: { type: 'object' as const, properties: {} } }
      const { content } = await sendRequest({ method: 'elicitation/create', params: question }, ElicitResultSchema)
      return text(JSON.stringify(content))
    }
    if (name === 'poll') {
      closeSSEStream?.()
      await released
    }
    return text(name)
  })
  // The SDK's own types disagree about optional members here.
  await server.connect(transport as Parameters<Server['connect']>[0])
  const running = await listen((request, response) => void transport.handleRequest(request, response))
  return { ...running, release, ended, server, transport }
}

/** HTTP+SSE on `/sse`, the messages on `/messages`. */
export async function startSseServer(): Promise<Running & { readonly servers: Server[] }> {
  const transports = new Map<string, SSEServerTransport>()
  const servers: Server[] = []
  const running = await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/messages') {
      const transport = transports.get(searchParams.get('sessionId') ?? '')
      if (transport) return void transport.handlePostMessage(request, response)
      response.writeHead(404).end()
      return
    }
    const transport = new SSEServerTransport('/messages', response)
    transports.set(transport.sessionId, transport)
    const server = toolServer(async (name) => text(name))
    servers.push(server)
    await server.connect(transport)
  })
  return { ...running, servers }
}

type Extra = Parameters<Parameters<typeof Server.prototype.setRequestHandler<typeof CallToolRequestSchema>>[1]>[1]
type Run = (name: string, extra: Extra & { token: string | number }) => Promise<ReturnType<typeof text>>

function toolServer(run: Run): Server {
  const server = new Server({ name: 'sdk', version: '1' }, { capabilities: { tools: { listChanged: true } } })
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) =>
    run(params.name, { ...extra, token: params._meta?.progressToken ?? 0 }),
  )
  return server
}

/** Keeps everything in its order, as an event store must. */
function storeInMemory(): EventStore {
  const events: { stream: string; message: JSONRPCMessage }[] = []
  return {
    async storeEvent(stream, message) {
      return String(events.push({ stream, message }))
    },
    async getStreamIdForEventId(id) {
      return events[Number(id) - 1]?.stream
    },
    async replayEventsAfter(id, { send }) {
      const { stream } = events[Number(id) - 1]!
      for (const [index, event] of events.entries()) {
        const isMessage = 'jsonrpc' in event.message
        if (index >= Number(id) && event.stream === stream && isMessage) await send(String(index + 1), event.message)
      }
      return stream
    },
  }
}

export interface StatelessServer extends Running {
  readonly handler: McpHttpHandler
  /** How many calls of `wait` have begun, and how many of them were cancelled. */
  waits(): { begun: number; cancelled: number }
}

/** The input schema of `routed`. */
export const routedSchema = {
  type: 'object' as const,
  properties: {
    region: { type: 'string' as const, 'x-mcp-header': 'Region' },
    options: { type: 'object' as const, properties: { size: { type: 'integer' as const, 'x-mcp-header': 'Size' } } },
    dry: { type: 'boolean' as const, 'x-mcp-header': 'Dry-Run' },
  },
}

/** Tools `routed` (arguments that stand in headers), `steps` (progress before the answer) and `wait` (until it is cancelled). */
export async function startStatelessServer(): Promise<StatelessServer> {
  const waits = { begun: 0, cancelled: 0 }
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'sdk', version: '2' }, { capabilities: { tools: { listChanged: true } } })
      server.registerTool('routed', { inputSchema: fromJsonSchema(routedSchema) }, async (args) => text(JSON.stringify(args)))
      server.registerTool('steps', {}, async ({ mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken ?? 0
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
        return text('done')
      })
      server.registerTool('wait', {}, async ({ mcpReq: { signal } }) => {
        waits.begun++
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        waits.cancelled++
        return text('nobody hears this')
      })
      return server
    },
    { legacy: 'reject' },
  )
  const running = await listen(getRequestListener((request) => handler.fetch(request), { overrideGlobalObjects: false }))
  return {
    ...running,
    handler,
    waits: () => waits,
    async stop() {
      await handler.close()
      await running.stop()
    },
  }
}
