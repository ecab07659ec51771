/** What every request of a port meets first, whoever answers it then: is it let in, and what is said about its answer to browsers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Cors } from './cors.ts'
import type { Check } from './guard.ts'

export interface Gate {
  /** @param direct nobody follows a link to it @returns whether it is answered already */
  stops(incoming: IncomingMessage, outgoing: ServerResponse, path: string, direct: boolean): boolean
  /** The same for a connection that wants to become something else. */
  stopsUpgrade(incoming: IncomingMessage, socket: Duplex): boolean
}

export interface GateOptions {
  readonly check: Check
  readonly cors?: Cors
  /** The address to send a browser to that must come by TLS; undefined where it may stay. */
  readonly elsewhere?: (request: IncomingMessage, path: string) => string | undefined
  /** Seconds for which browsers then come by TLS alone, whatever somebody types; undefined where they need not. */
  readonly tlsFor?: (request: IncomingMessage) => number | undefined
}

interface Refusal {
  readonly status: 400 | 403
  readonly code: 'invalid_request' | 'forbidden'
  readonly message: string
}

const twoHosts: Refusal = { status: 400, code: 'invalid_request', message: 'there is more than one Host header' }

/** For what is no page, and for pages that say nothing else: nothing may be loaded, and nobody may put it into a frame. */
const nothingInside = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

export function createGate({ check, cors, elsewhere, tlsFor }: GateOptions): Gate {
  function refusalOf(incoming: IncomingMessage, page: boolean): Refusal | undefined {
    if (hasTwoHosts(incoming.rawHeaders)) return twoHosts
    const message = check(incoming, page ? anyPage : undefined)
    return message === undefined ? undefined : { status: 403, code: 'forbidden', message }
  }

  return {
    stops(incoming, outgoing, path, direct) {
      outgoing.setHeader('x-content-type-options', 'nosniff')
      const refusal = refusalOf(incoming, !direct)
      if (refusal) return refuse(outgoing, refusal)
      if (cors?.(incoming, outgoing, path)) return true
      const target = elsewhere?.(incoming, path)
      if (target !== undefined) return sendOn(outgoing, target)
      // What answers directly is no page, and says itself how long it may be kept.
      if (!direct) protectPage(incoming, outgoing)
      return false
    },
    stopsUpgrade(incoming, socket) {
      const refusal = refusalOf(incoming, false)
      if (refusal) refuseUpgrade(socket, refusal)
      return refusal !== undefined
    },
  }

  /** Whoever answers may say otherwise. */
  function protectPage(incoming: IncomingMessage, outgoing: ServerResponse): void {
    outgoing.setHeader('content-security-policy', nothingInside)
    outgoing.setHeader('cross-origin-resource-policy', 'same-origin')
    outgoing.setHeader('referrer-policy', 'no-referrer')
    outgoing.setHeader('cache-control', 'no-store')
    const seconds = tlsFor?.(incoming)
    if (seconds !== undefined) outgoing.setHeader('strict-transport-security', `max-age=${seconds}`)
  }
}

const anyPage = { page: true }

/** Who looks at the first and who looks at the last would take it for two different requests (RFC 9112, section 3.2). */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

const textOf = ({ code, message }: Refusal) => JSON.stringify({ error: { code, message } })

function refuse(outgoing: ServerResponse, refusal: Refusal): true {
  const text = textOf(refusal)
  outgoing.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  outgoing.end(text)
  return true
}

function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const text = textOf(refusal)
  const lines = [
    `HTTP/1.1 ${refusal.status} ${refusal.status === 403 ? 'Forbidden' : 'Bad Request'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

/** The method and the body go along (RFC 9110, section 15.4.9). */
function sendOn(outgoing: ServerResponse, location: string): true {
  outgoing.writeHead(308, { location, 'content-length': 0, 'cache-control': 'no-store' }).end()
  return true
}
