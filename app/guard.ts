/**
 * Looks at where a request says it is going and where it comes from, before anything else, on both ports: a page on the web must not reach a
 * server on somebody's machine through their browser (DNS rebinding; MCP Streamable HTTP, security warning).
 */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from './loopback.ts'

export interface GuardOptions {
  /** The address that the port is bound to. */
  host: string
  /** Names under which the server is reached; pages from there may call it too. */
  allowedHosts: readonly string[]
  publicUrl: string | null
  advertisedHost: string | null
}

/** What is looked at. */
export type Arrival = Pick<IncomingMessage, 'headers' | 'method' | 'url'>

/** What is wrong with it, in a sentence; undefined when nothing is. Nothing of what was sent stands in it. */
export type Check = (request: Arrival, path?: { readonly page: boolean }) => string | undefined

const strange = 'this server is not known under this Host: add the name to server.allowed_hosts'
const foreign =
  'pages of this Origin may not call this server: if it is reached under that name, add it to server.allowed_hosts; if they are others, list them in server.cors_origins'

/** @param origins whose pages may call this port besides its own */
export function createCheck(
  { host, allowedHosts, publicUrl, advertisedHost }: GuardOptions,
  origins: ReadonlySet<string> = new Set(),
): Check {
  const names = new Set(allowedHosts.map(nameOf))
  if (publicUrl) names.add(nameOf(new URL(publicUrl).host))
  if (advertisedHost) names.add(nameOf(advertisedHost))
  const local = isLoopback(host)
  // Bound to the network and no names configured: every call needs a credential there, and a page of another origin has none.
  const anyName = !local && names.size === 0
  const isKnown = (name: string) => isLoopback(name) || names.has(name) || (anyName && hostName.test(name))

  function hostProblem(named: string | undefined): string | undefined {
    const name = nameOf(named ?? '')
    if (!name) return 'the Host header is missing'
    return isKnown(name) ? undefined : strange
  }

  function originProblem(origin: string, named: string): string | undefined {
    // `null` is what sandboxed pages and files send.
    if (!URL.canParse(origin)) return foreign
    const from = new URL(origin)
    if (origins.has(from.origin) || names.has(from.hostname)) return undefined
    // Another port is another origin: on this machine, whoever may open one has pages of their own.
    const own = `${from.protocol}//${named}`
    return URL.canParse(own) && new URL(own).host === from.host && /^https?:$/.test(from.protocol) ? undefined : foreign
  }

  // Clients that are no browsers send the same Host over and over, and nothing about a page.
  let good: string | undefined
  return function problemWith({ headers, method, url = '/' }, { page } = { page: false }) {
    const { host: named, origin } = headers
    const site = headers['sec-fetch-site']
    if (origin === undefined && site === undefined && named !== undefined && named === good && url.startsWith('/'))
      return undefined
    // A proxy may write the whole address into the request line: that is where it goes then (RFC 9112, section 3.2.2).
    const target = /^https?:\/\//i.test(url) ? hostProblem(URL.canParse(url) ? new URL(url).host : undefined) : undefined
    const problem = target ?? hostProblem(named)
    if (problem) return problem
    good = named
    if (origin !== undefined) return originProblem(origin, named!)
    if (site !== 'cross-site' && site !== 'same-site') return undefined
    // Without an Origin another site's page can load pictures, scripts and frames. Somebody who follows a link from there is welcome.
    const follows = page && (method === 'GET' || method === 'HEAD') && headers['sec-fetch-dest'] === 'document'
    return follows ? undefined : foreign
  }
}

/** As names and addresses are written (RFC 3986, section 3.2.2): no user, no path. */
const hostName = /^([\w.-]+|\[[\da-f:.]+\])$/

/** The name in a Host header, without its port, in small letters. */
export const nameOf = (host: string): string => host.toLowerCase().replace(/:\d+$/, '')
