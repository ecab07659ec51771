/** What the fake proxies have in common: a table of who is registered, and a switch that makes them fail. */
import type { Json } from '../../../app/call.ts'
import { type Asked, type Reply, startRawHttp } from '../raw-http.ts'

export interface FakeProxy {
  readonly url: string
  /** Bodies of requests to this path, in their order. */
  sent(path: string): Json[]
  /** Paths with their queries, in order. */
  readonly paths: () => string[]
  readonly headers: () => Asked['headers'][]
  /** Who is registered, by key. */
  readonly servers: Map<string, Json>
  /** So many requests from now on are answered with 500. */
  fail(times: number): void
  stop(): Promise<void>
}

/** One request to a proxy, and what it answers with. */
export type Route = (body: Json, servers: Map<string, Json>, query: URLSearchParams) => Answer | Promise<Answer>
export interface Answer {
  readonly status?: number
  readonly body: unknown
}

export const keyFor = (servers: ReadonlyMap<string, Json>, id: string): string => {
  let copy = 1
  while (servers.has(`${id}_${copy}`)) copy++
  return `${id}_${copy}`
}

/** @param routes by method and path: `POST /register`; anything else is 404, as FastAPI says it */
export async function startFakeProxy(routes: Readonly<Record<string, Route>>): Promise<FakeProxy> {
  const servers = new Map<string, Json>()
  let failures = 0

  async function answer({ method, path, message }: Asked, reply: Reply): Promise<void> {
    if (failures > 0) {
      failures--
      return reply.text('Internal Server Error', 500)
    }
    const { pathname, searchParams } = new URL(path, 'http://fake')
    const route = routes[`${method} ${pathname}`]
    if (!route) return reply.json({ detail: 'Not Found' }, 404)
    const { status = 200, body } = await route(message, servers, searchParams)
    reply.json(body, status)
  }

  const http = await startRawHttp(answer)
  return {
    url: http.url,
    sent: (path) => http.asked.filter((one) => one.path.split('?')[0] === path).map(({ message }) => message),
    paths: () => http.asked.map(({ path }) => path),
    headers: () => http.asked.map(({ headers }) => headers),
    servers,
    fail(times) {
      failures = times
    },
    stop: http.stop,
  }
}
