/** A 1C base on a web server: Basic authentication, names that are case-sensitive, sessions that may be locked, a byte order mark. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { freePort } from '../services/free-port.ts'
import { type Asked, dispatch, type OnecSpec, plainSpec } from './onec-dispatcher.ts'

export interface Published {
  /** As it is published. */
  base: string
  root: string
  /** Passwords by user; without any user everybody is let in. */
  users: Record<string, string>
  /** Users without a right to the service. */
  forbidden: readonly string[]
  /** Sessions are locked: only who sends it gets in. */
  unlock?: string
  /** A byte order mark in front of every answer. */
  mark: boolean
  /** Answers nothing to these methods. */
  hangs: readonly string[]
  /** What it says instead of an answer. */
  instead?: { status: number; type: string; body: string }
}

export interface OnecBase {
  readonly url: string
  readonly spec: OnecSpec
  readonly web: Published
  readonly asked: Asked[]
  /** Every request: method and path with its query. */
  readonly requests: string[]
  of(method: string): Asked[]
  /** Away, and there again at the same address. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startOnecBase(spec: Partial<OnecSpec> = {}, web: Partial<Published> = {}): Promise<OnecBase> {
  const whole: OnecSpec = { ...plainSpec(), ...spec }
  const place: Published = { base: 'Trade', root: 'mcp', users: {}, forbidden: [], mark: false, hangs: [], ...web }
  const asked: Asked[] = []
  const requests: string[] = []
  const sockets = new Set<Socket>()
  let server: ReturnType<typeof createServer> | undefined
  const port = await freePort()

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const url = new URL(request.url ?? '/', 'http://1c')
    requests.push(`${request.method} ${url.pathname}${url.search}`)
    const path = decodeURIComponent(url.pathname)
    const root = `/${place.base}`
    if (!path.startsWith(root)) {
      if (path.toLowerCase().startsWith(root.toLowerCase()))
        return void response.writeHead(301, { location: root + path.slice(root.length) }).end()
      return void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>')
    }
    if (place.instead)
      return void response.writeHead(place.instead.status, { 'content-type': place.instead.type }).end(place.instead.body)
    const user = userOf(request)
    if (Object.keys(place.users).length && (user === undefined || place.users[user.name] !== user.password))
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="1C"' }).end()
    if (user && place.forbidden.includes(user.name)) return void response.writeHead(403).end('Недостаточно прав')
    if (place.unlock !== undefined && url.searchParams.get('uc') !== place.unlock)
      return void response
        .writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
        .end('Начало сеанса с информационной базой запрещено.')
    const endpoint = path.slice(`${root}/hs/${place.root}`.length)
    if (endpoint === '/health' && request.method === 'GET') return json(response, { status: 'ok' })
    if (endpoint !== '/rpc') return void response.writeHead(404).end()
    if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end()
    let message: unknown
    try {
      message = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    } catch {
      return json(response, {
        jsonrpc: '2.0',
        id: null,
        error: { code: whole.generation === 'old' ? -32603 : -32700, message: 'Parse error' },
      })
    }
    if (place.hangs.includes(String((message as { method?: unknown }).method))) return
    const answer = dispatch(whole, message, user?.name ?? '', asked)
    if (answer === undefined) return void response.writeHead(204).end()
    json(response, answer)
  }

  function json(response: ServerResponse, body: unknown): void {
    response.writeHead(200, { 'content-type': 'application/json' }).end((place.mark ? '\uFEFF' : '') + JSON.stringify(body))
  }

  async function start(): Promise<void> {
    server = createServer((request, response) => void take(request, response).catch(() => response.destroy()))
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve, reject) => {
      server?.once('error', reject)
      server?.listen(port, '127.0.0.1', resolve)
    })
  }

  await start()
  return {
    get url() {
      return `http://127.0.0.1:${port}/${place.base}`
    },
    spec: whole,
    web: place,
    asked,
    requests,
    of: (method) => asked.filter((one) => one.method === method),
    start,
    async stop() {
      const closed = new Promise((resolve) => server?.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** As 1C reads it: UTF-8, the name ends at the first colon. */
function userOf({ headers }: IncomingMessage): { name: string; password: string } | undefined {
  const [scheme, data] = (headers.authorization ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'basic' || !data) return undefined
  const text = Buffer.from(data, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
