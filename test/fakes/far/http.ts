/** The servers behind us over HTTP, of either era. They see everything that comes, can forget their sessions, go away and come back. */
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler } from '@modelcontextprotocol/server'
import type { Json } from '../../../app/call.ts'
import { freePort } from '../../services/free-port.ts'
import { farServer } from './modern.ts'
import { nothingShared, type Shared } from './offer.ts'
import { createFar } from './session.ts'

/** One request as it came. */
export interface Came {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The body as JSON, where it has one. */
  readonly message: Json
}

export interface FarHttp {
  readonly url: string
  readonly shared: Shared
  readonly came: readonly Came[]
  /** Messages with this method that came so far. */
  of(method: string): Came[]
  /** Responses that are not complete. */
  open(): number
  /** Sessions that were begun, in their order; and those that are not over. */
  readonly sessions: { begun: number; readonly open: Set<string> }
  forget(): void
  /** Answers nothing until what it gives is called. */
  hold(): () => void
  /** Forgets every session at once. */
  forgetful: boolean
  stop(): Promise<void>
  start(): Promise<void>
}

export type FarEra = 'session' | 'modern'

interface FarOptions {
  /** Of its URIs. */
  scheme?: string
  /** The session era answers with JSON where it can: what is asked then comes on the stream of the session. */
  json?: boolean
  /** A certain one, to come back at. */
  port?: number
}

export async function startFarHttp(era: FarEra, { scheme = 'far', json = false, port }: FarOptions = {}): Promise<FarHttp> {
  const { shared, connection } = createFar(nothingShared(scheme))
  const came: Came[] = []
  const sessions = { begun: 0, open: new Set<string>() }
  const transports = new Map<string, StreamableHTTPServerTransport>()
  const memory = {}
  const modern = createMcpHandler(
    () =>
      farServer(shared, memory, () => ({
        listChanged: () => modern.notify.toolsChanged(),
        resourceChanged: (uri) => modern.notify.resourceUpdated(uri),
      })),
    { legacy: 'reject' },
  )
  const toModern = getRequestListener(
    async (request) => {
      note(request.method, Object.fromEntries(request.headers), await request.clone().text())
      return modern.fetch(request)
    },
    { overrideGlobalObjects: false },
  )
  let server: Server
  const at = port ?? (await freePort())
  let open = 0
  let gate: Promise<void> | undefined

  async function toSession(incoming: IncomingMessage, outgoing: ServerResponse, body: unknown): Promise<void> {
    const id = incoming.headers['mcp-session-id']
    if (typeof id === 'string') {
      const known = far.forgetful ? undefined : transports.get(id)
      if (known) await known.handleRequest(incoming, outgoing, body)
      else outgoing.writeHead(404).end()
      return
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: json,
      onsessioninitialized(session) {
        sessions.begun++
        sessions.open.add(session)
        transports.set(session, transport)
      },
      onsessionclosed(session) {
        sessions.open.delete(session)
        transports.delete(session)
      },
    })
    const { server: own } = connection()
    // The SDK's own types disagree about optional members here.
    await own.connect(transport as Parameters<typeof own.connect>[0])
    await transport.handleRequest(incoming, outgoing, body)
  }

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    open++
    outgoing.once('close', () => open--)
    await gate
    if (era === 'modern') return void (await toModern(incoming, outgoing))
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    await toSession(incoming, outgoing, note(incoming.method ?? '', incoming.headers, Buffer.concat(chunks).toString()))
  }

  function note(method: string, headers: IncomingHttpHeaders, text: string): unknown {
    const message = text === '' ? {} : (JSON.parse(text) as Json)
    came.push({ method, headers, message })
    return text === '' ? undefined : message
  }

  async function start(): Promise<void> {
    server = createServer((incoming, outgoing) => void answer(incoming, outgoing).catch(() => outgoing.destroy()))
    await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  }

  await start()
  const far: FarHttp = {
    url: `http://127.0.0.1:${at}/mcp`,
    shared,
    came,
    of: (method) => came.filter(({ message }) => message.method === method),
    open: () => open,
    sessions,
    forget: () => transports.clear(),
    forgetful: false,
    hold() {
      let release = () => {}
      gate = new Promise((resolve) => {
        release = resolve
      })
      return release
    },
    start,
    async stop() {
      transports.clear()
      sessions.open.clear()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  return far
}
