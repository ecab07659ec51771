/** The port at which a base asks for work: GET /poll, POST /result/<ticket>, GET /health. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PortTaken } from '../../http.ts'
import { withoutMark } from './json.ts'
import type { Desk } from './poll-desk.ts'

export interface Listener {
  readonly port: number
  close(): Promise<void>
}

export interface ListenerOptions {
  /** Of the upstream. */
  readonly name: string
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** What whoever asks has to show; null: whoever reaches the port may. */
  readonly token: string | null
  /** Somebody has asked for work, or brought an answer. */
  seen(): void
}

/** Largest answer, in bytes. */
const mostBytes = 16 * 2 ** 20

/** Throws PortTaken when the port cannot be had. */
export async function openPollListener(desk: Desk, { name, host, port, token, seen }: ListenerOptions): Promise<Listener> {
  const server = createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 15_000, requestTimeout: 60_000 },
    (request, response) => {
      void answer(request, response).catch(() => response.destroy())
    },
  )

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0]!.replace(/(.)\/+$/, '$1')
    // 1C is no browser: a page that somebody has open must not take away what is meant for the base.
    if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined)
      return say(response, 403, 'not for browsers')
    if (token !== null && !shows(request, token)) return say(response, 401, 'the token is missing or wrong')
    if (path === '/health')
      return send(response, 200, JSON.stringify({ status: 'ok', pending: desk.waiting, inflight: desk.taken }))
    if (path === '/poll') return request.method === 'GET' ? poll(response) : say(response, 405, 'GET /poll', { allow: 'GET' })
    const ticket = /^\/result\/([^/]+)$/.exec(path)?.[1]
    if (ticket === undefined) return say(response, 404, 'here are GET /poll, POST /result/<ticket> and GET /health')
    if (request.method !== 'POST') return say(response, 405, 'POST /result/<ticket>', { allow: 'POST' })
    return take(ticket, request, response)
  }

  function poll(response: ServerResponse): void {
    seen()
    const next = desk.take()
    if (!next) return void response.writeHead(204).end()
    send(response, 200, next.text, { 'x-mcp-ticket': next.ticket })
  }

  async function take(ticket: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    seen()
    const body = await bodyOf(request)
    if (body === undefined) return say(response, 413, `an answer may have ${mostBytes} bytes`, { connection: 'close' })
    let value: unknown
    try {
      value = JSON.parse(withoutMark(body))
    } catch {
      return say(response, 400, 'the answer is no JSON')
    }
    const outcome = desk.bring(ticket, value)
    if (outcome === 'taken') return void response.writeHead(204).end()
    if (outcome === 'late') return say(response, 410, 'nobody waits for this answer any more')
    say(response, 404, 'there is no such ticket')
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new PortTaken(unavailable(error, { name, host, port }), { cause: error })),
    )
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function unavailable(
  error: NodeJS.ErrnoException,
  { name, host, port }: Pick<ListenerOptions, 'name' | 'host' | 'port'>,
): string {
  if (error.code === 'EADDRINUSE')
    return `port ${port} on ${host}, where the base ${name} asks for work, is taken by another process: stop that one, or give ${name} another port`
  return `port ${port} on ${host}, where the base ${name} asks for work, could not be opened: ${error.message}`
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

function shows({ headers }: IncomingMessage, token: string): boolean {
  const shown = headers.authorization?.replace(/^Bearer +/i, '') ?? String(headers['x-api-key'] ?? '')
  return timingSafeEqual(digest(shown), digest(token))
}

/** Undefined for one that is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const send = (response: ServerResponse, status: number, json: string, headers: Record<string, string> = {}): void =>
  void response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(json)

const say = (response: ServerResponse, status: number, error: string, headers?: Record<string, string>): void =>
  send(response, status, JSON.stringify({ error }), headers)
