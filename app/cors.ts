/** Lets pages of other origins that are listed read what port 9090 answers (Fetch, section 3.2). Nobody else, and never with cookies. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** @returns whether the request is answered with that: it was a question of the browser whether the page may ask */
export type Cors = (incoming: IncomingMessage, outgoing: ServerResponse, path: string) => boolean

/** What a page may send besides what every page may: a credential, and what belongs to MCP, which has headers named after arguments. */
const sendable = /^(authorization|x-api-key|content-type|accept|last-event-id|x-correlation-id|mcp-[\w-]+)$/
/** What a page may read besides what every page may. */
const readable = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After, Last-Event-ID, X-Correlation-Id'
const methods = 'GET, HEAD, POST, DELETE, OPTIONS'
/** Seconds for which a browser remembers the answer. */
const remembered = 600
/** Pages for people, which no other page has any business with. */
const pages = /^\/(authorize|docs)(\/|$)/

/** @param origins as browsers write them: `https://app.example` */
export function createCors(origins: ReadonlySet<string>): Cors | undefined {
  if (origins.size === 0) return undefined
  return function allow(incoming, outgoing, path) {
    const { method, headers } = incoming
    // Also for who has none: a cache in between must not give one's answer to another.
    outgoing.setHeader('vary', 'Origin')
    const { origin } = headers
    if (origin === undefined || !origins.has(origin) || pages.test(path)) return false
    outgoing.setHeader('access-control-allow-origin', origin)
    outgoing.setHeader('access-control-expose-headers', readable)
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false
    const wanted = (headers['access-control-request-headers'] ?? '').toLowerCase().split(',')
    const allowed = wanted.map((name) => name.trim()).filter((name) => sendable.test(name))
    outgoing.setHeader('access-control-allow-methods', methods)
    if (allowed.length > 0) outgoing.setHeader('access-control-allow-headers', allowed.join(', '))
    outgoing.setHeader('access-control-max-age', String(remembered))
    outgoing.setHeader('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers')
    outgoing.writeHead(204).end()
    return true
  }
}
