/**
 * Looks at Host and Origin before anything else, on both ports: a page on the web must not reach a server on somebody's
 * machine through their browser (DNS rebinding; MCP Streamable HTTP, security warning).
 */

import type { HttpBindings } from '@hono/node-server'
import { createMiddleware } from 'hono/factory'
import { isLoopback } from './loopback.ts'

export interface GuardOptions {
  /** The address that the port is bound to. */
  host: string
  /** Names under which the server is reached; pages from there may call it too. */
  allowedHosts: readonly string[]
  publicUrl: string | null
  advertisedHost: string | null
}

/** Refuses with 403 what comes for another name or from a page of another origin. What was sent is not sent back. */
export function guard(options: GuardOptions) {
  const check = createCheck(options)
  return createMiddleware<{ Bindings: HttpBindings }>(async (c, next) => {
    const { host, origin } = c.env.incoming.headers
    const problem = check(host, origin)
    if (problem) return c.json({ error: { code: 'forbidden', message: problem } }, 403)
    return next()
  })
}

/** What is wrong with this Host and Origin, in a sentence; undefined when nothing is. */
export function createCheck({ host, allowedHosts, publicUrl, advertisedHost }: GuardOptions) {
  const names = new Set(allowedHosts.map(nameOf))
  if (publicUrl) names.add(nameOf(new URL(publicUrl).host))
  if (advertisedHost) names.add(nameOf(advertisedHost))
  const local = isLoopback(host)
  // Bound to the network and no names configured: every call needs a credential there, and a page of another origin has none.
  const anyName = !local && names.size === 0

  function problemWith(hostHeader: string | undefined, origin: string | undefined): string | undefined {
    const name = nameOf(hostHeader ?? '')
    if (!name) return 'the Host header is missing'
    const known = isLoopback(name) || names.has(name) || anyName
    if (!known) return 'this server is not known under this Host: add the name to server.allowed_hosts'
    if (origin === undefined) return undefined
    const from = originName(origin)
    if (from !== undefined && (from === name || names.has(from) || (isLoopback(from) && isLoopback(name)))) return undefined
    return 'pages of this Origin may not call this server: add it to server.allowed_hosts'
  }

  // Clients that are no browsers send the same Host over and over, and no Origin.
  let good: string | undefined
  return (hostHeader: string | undefined, origin: string | undefined): string | undefined => {
    if (origin === undefined && hostHeader !== undefined && hostHeader === good) return undefined
    const problem = problemWith(hostHeader, origin)
    if (problem === undefined) good = hostHeader
    return problem
  }
}

/** The name in a Host header, without its port, in small letters. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')

function originName(origin: string): string | undefined {
  try {
    return new URL(origin).hostname
  } catch {
    return undefined // `null`, as sandboxed pages and files send it
  }
}
