/** The fake MCP server behind a port: Streamable HTTP on /mcp, HTTP+SSE on /sse. It can forget its sessions, go away and come back. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { freePort } from '../services/free-port.ts'
import { createFake, type Fake, type FakeSpec } from './mcp-server.ts'

export interface HttpFake extends Fake {
  readonly url: string
  /** Sessions that were begun so far. */
  sessions(): number
  /** The headers of the last request. */
  headers(): IncomingMessage['headers']
  /** Answers 404 to every session that there is, as after a restart. */
  forget(): void
  /** Cuts all connections and closes the port. */
  stop(): Promise<void>
  /** Opens the same port again, with no memory of sessions. */
  start(): Promise<void>
}

/**
 * @param guard looks at each request first, and has answered it where it says false
 */
export async function startHttpFake(
  spec: FakeSpec = {},
  guard: (request: IncomingMessage, response: ServerResponse) => boolean = () => true,
): Promise<HttpFake> {
  const fake = createFake(spec)
  const streams = new Map<string, StreamableHTTPServerTransport>()
  const events = new Map<string, SSEServerTransport>()
  let server: Server
  const port = await freePort()
  let sessions = 0
  let headers: IncomingMessage['headers'] = {}

  async function streamable(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers['mcp-session-id']
    if (typeof id === 'string') {
      const known = streams.get(id)
      if (known) await known.handleRequest(request, response)
      else response.writeHead(404).end()
      return
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => {
        sessions++
        streams.set(session, transport)
      },
    })
    await fake.connection().connect(transport as Parameters<ReturnType<Fake['connection']>['connect']>[0])
    await transport.handleRequest(request, response)
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    headers = request.headers
    if (!guard(request, response)) return
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/mcp') await streamable(request, response)
    else if (pathname === '/sse') {
      sessions++
      const transport = new SSEServerTransport('/messages', response)
      events.set(transport.sessionId, transport)
      await fake.connection().connect(transport)
    } else
      await (events.get(searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response) ??
        response.writeHead(404).end())
  }

  async function start(): Promise<void> {
    server = createServer((request, response) => void answer(request, response))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  }

  await start()
  return {
    ...fake,
    url: `http://127.0.0.1:${port}`,
    sessions: () => sessions,
    headers: () => headers,
    forget() {
      streams.clear()
      events.clear()
    },
    async stop() {
      streams.clear()
      events.clear()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
    start,
  }
}
