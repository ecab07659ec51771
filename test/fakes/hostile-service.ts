/** A small HTTP server that does what a test says, and keeps what it was shown. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { freePort } from '../services/free-port.ts'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly socket: Socket
}

export interface HostileService {
  readonly url: string
  readonly port: number
  readonly seen: Seen[]
  /** What the next requests get. */
  answer(handler: (request: Seen, response: ServerResponse) => void): void
  stop(): Promise<void>
}

export const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

/** @param tls for HTTPS @param port a certain one, to come back at */
export async function startHostile({ tls, port }: { tls?: ServerOptions; port?: number } = {}): Promise<HostileService> {
  const seen: Seen[] = []
  let handler: Parameters<HostileService['answer']>[0] = (_request, response) => json(response, { ok: true })
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    for await (const piece of request) body += piece
    const { method = '', url: path = '', headers, socket } = request
    const entry = { method, path, headers, body, socket }
    seen.push(entry)
    handler(entry, response)
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => void listener(request, response).catch(() => {})
  const server = tls ? createTlsServer(tls, handle) : createServer(handle)
  const taken = port ?? (await freePort())
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${taken}/`,
    port: taken,
    seen,
    answer(next) {
      handler = next
    },
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
