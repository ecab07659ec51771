/** The same tool served by the official SDK alone, over its own HTTP transports: no limit, no history, nothing in front. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { listenAndSay } from './listen.ts'

const streamable = new Map<string, StreamableHTTPServerTransport>()
const sse = new Map<string, SSEServerTransport>()

function createMcpServer(): McpServer {
  const server = new McpServer({ name: 'sdk', version: '1.0.0' })
  server.registerTool(
    'echo',
    {
      description: 'Sends the message back unchanged.',
      inputSchema: { message: z.string() },
      outputSchema: { message: z.string() },
    },
    ({ message }) => ({ content: [{ type: 'text', text: JSON.stringify({ message }) }], structuredContent: { message } }),
  )
  return server
}

async function takeMcp(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const known = streamable.get(String(incoming.headers['mcp-session-id']))
  if (known) return known.handleRequest(incoming, outgoing)
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: true,
    onsessioninitialized: (id) => void streamable.set(id, transport),
  })
  await createMcpServer().connect(transport)
  await transport.handleRequest(incoming, outgoing)
}

async function openSse(outgoing: ServerResponse): Promise<void> {
  const transport = new SSEServerTransport('/messages', outgoing)
  sse.set(transport.sessionId, transport)
  await createMcpServer().connect(transport)
}

async function takePost(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const id = new URL(incoming.url ?? '', 'http://localhost').searchParams.get('sessionId')
  await sse.get(id ?? '')?.handlePostMessage(incoming, outgoing)
}

listenAndSay(
  createServer((incoming, outgoing) => {
    if (incoming.url === '/mcp') void takeMcp(incoming, outgoing)
    else if (incoming.url === '/sse') void openSse(outgoing)
    else void takePost(incoming, outgoing)
  }),
)
