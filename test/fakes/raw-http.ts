/** An HTTP server that does what a test tells it, also what no proper server would do: cut bytes anywhere, stop halfway, answer wrongly. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Json } from '../../app/call.ts'
import { freePort } from '../services/free-port.ts'

/** A request that came in, body and all. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The body as JSON; empty where it is none. */
  readonly message: Json
  /** Whether the other side has gone before the answer was complete. */
  gone: boolean
}

/** What a script answers with; one that has said nothing yet leaves the request open. */
export class Reply {
  readonly raw: ServerResponse

  constructor(raw: ServerResponse) {
    this.raw = raw
  }

  json(body: unknown, status = 200, headers: Record<string, string> = {}): void {
    this.raw.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

  empty(status: number, headers: Record<string, string> = {}): void {
    this.raw.writeHead(status, headers).end()
  }

  text(body: string, status: number, type = 'text/plain'): void {
    this.raw.writeHead(status, { 'content-type': type }).end(body)
  }

  /** Begins an event stream. */
  stream(headers: Record<string, string> = {}): this {
    this.raw.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).flushHeaders()
    return this
  }

  /** One event; data that is no text is sent as JSON. */
  event(data: unknown, { id, retry, name }: { id?: string; retry?: number; name?: string } = {}): this {
    const fields = [
      name === undefined ? '' : `event: ${name}\n`,
      id === undefined ? '' : `id: ${id}\n`,
      retry === undefined ? '' : `retry: ${retry}\n`,
      `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`,
    ]
    this.raw.write(fields.join(''))
    return this
  }

  /** The bytes one by one, each in a packet of its own as far as the system lets us. */
  async drip(text: string): Promise<this> {
    for (const byte of Buffer.from(text)) {
      this.raw.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this
  }

  end(): void {
    this.raw.end()
  }

  /** The connection breaks. */
  cut(): void {
    this.raw.destroy()
  }
}

export type Script = (asked: Asked, reply: Reply) => void | Promise<void>

export interface RawHttp {
  readonly url: string
  /** Everything that came in, in its order. */
  readonly asked: Asked[]
  /** Those of one method. */
  of(method: string): Asked[]
  stop(): Promise<void>
}

export async function startRawHttp(script: Script): Promise<RawHttp> {
  const asked: Asked[] = []
  const sockets = new Set<Socket>()

  async function take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const one: Asked = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body,
      message: body.startsWith('{') ? (JSON.parse(body) as Json) : {},
      gone: false,
    }
    outgoing.on('close', () => {
      one.gone = !outgoing.writableFinished
    })
    asked.push(one)
    await script(one, new Reply(outgoing))
  }

  const server = createServer((incoming, outgoing) => void take(incoming, outgoing).catch(() => outgoing.destroy()))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  // Also after its end nobody else is to be found there.
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    of: (method) => asked.filter((one) => one.method === method),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
