/** A small HTTP service with routes and a document, that keeps what it was asked. What each of the others here is made on. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly path: string
  /** As it came, without the question mark. */
  readonly query: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** What stood in the path for each variable, decoded. */
  readonly values: Readonly<Record<string, string>>
  json(): Record<string, unknown>
}

export interface Reply {
  readonly status?: number
  readonly type?: string
  readonly headers?: Record<string, string>
  /** What is neither text nor bytes is sent as JSON. */
  readonly body?: unknown
}

/** @throws Refusal */
export type Route = (asked: Asked) => Reply | Promise<Reply>

/** Answered with problem+json (RFC 9457). */
export class Refusal extends Error {
  readonly status: number
  readonly more: object
  constructor(status: number, title: string, more: object = {}) {
    super(title)
    this.status = status
    this.more = more
  }
}

export interface FakeService {
  readonly url: string
  readonly asked: Asked[]
  /** `GET /orders/{id}` */
  readonly routes: Record<string, Route>
  /** The last request to a route of the service, whatever was asked about its documents. */
  last(): Asked
  stop(): Promise<void>
}

/**
 * @param routes with the documents among them
 * @param admit refuses strangers; not asked about what `open` says
 */
export async function startService(
  routes: Record<string, Route>,
  { admit = () => {}, open = () => false }: { admit?(asked: Asked): void; open?(asked: Asked): boolean } = {},
): Promise<FakeService> {
  const asked: Asked[] = []

  async function answer(request: IncomingMessage): Promise<Reply> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const body = Buffer.concat(pieces)
    const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(request.url ?? '') ?? []
    const { method = '', headers } = request
    const found = match(method === 'HEAD' ? 'GET' : method, path, routes)
    const entry = { method, path, query, headers, body, values: found?.values ?? {}, json: () => parsed(body) }
    asked.push(entry)
    if (!open(entry)) admit(entry)
    if (!found) throw new Refusal(404, 'no such thing here')
    return found.route(entry)
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch(refusal)
      .then((reply) => send(response, reply))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    routes,
    last: () => asked.findLast(({ path, method }) => method !== 'HEAD' && !/\.(json|yaml)$/.test(path))!,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** @throws Refusal 415 for another content type, 422 for what is no JSON object or lacks a member */
export function demand(asked: Asked, members: readonly string[] = []): Record<string, unknown> {
  demandType(asked, /^application\/(merge-patch\+)?json\b/)
  const given = asked.json()
  const missing = members.filter((member) => given[member] === undefined)
  if (missing.length) throw new Refusal(422, 'Unprocessable', { detail: `missing ${missing.join(', ')}`, errors: missing })
  return given
}

function demandType({ headers }: Asked, type: RegExp): void {
  if (!type.test(headers['content-type'] ?? ''))
    throw new Refusal(415, 'Unsupported Media Type', { detail: `got ${headers['content-type']}` })
}

/** A route that takes one type of body. */
export const typed =
  (type: RegExp, route: Route): Route =>
  (asked) => {
    demandType(asked, type)
    return route(asked)
  }

function match(method: string, path: string, routes: Record<string, Route>) {
  for (const [name, route] of Object.entries(routes)) {
    const [wanted, template = ''] = name.split(' ')
    const names = [...template.matchAll(/{(\w+)}/g)].map(([, each]) => each!)
    const fits = new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/{\w+}/g, '([^/]+)')}$`).exec(path)
    if (wanted === method && fits)
      return { route, values: Object.fromEntries(names.map((each, at) => [each, decodeURIComponent(fits[at + 1]!)])) }
  }
  return undefined
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new Refusal(422, 'Unprocessable', { detail: 'the body is no JSON' })
  }
}

function refusal(problem: unknown): Reply {
  if (!(problem instanceof Refusal)) return { status: 500, type: 'text/plain', body: String(problem) }
  const { status, message, more } = problem
  return {
    status,
    type: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: message, status, ...more }),
  }
}

function send(response: ServerResponse, { status = 200, type, headers = {}, body }: Reply): void {
  const raw = typeof body === 'string' || Buffer.isBuffer(body)
  const said = type ?? (raw || body === undefined ? undefined : 'application/json')
  response.writeHead(status, { ...(said ? { 'content-type': said } : {}), ...headers })
  response.end(body === undefined ? undefined : raw ? body : JSON.stringify(body))
}
