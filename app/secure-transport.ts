/** Who can come by TLS is told to: by a redirect where they came without, and by a promise that browsers remember (HSTS, RFC 6797). */
import type { IncomingMessage } from 'node:http'
import { nameOf } from './guard.ts'
import { isLoopback } from './loopback.ts'

/** Thirty days, in seconds: long enough to help, short enough to take back. */
const promised = 30 * 86_400

/** Probes and scrapers ask from inside, by an address that no certificate names. */
const insiders = /^\/(health(\/(live|ready))?|metrics)$/

/**
 * How long browsers are to come by TLS alone. Not on this machine: they would extend it to every other program that listens here.
 * @param isSecure whether the client speaks TLS, to us or to a proxy that we trust
 */
export const promiseOfTls =
  (isSecure: (request: IncomingMessage) => boolean) =>
  (request: IncomingMessage): number | undefined => {
    return isSecure(request) && !isLoopback(nameOf(request.headers.host ?? '')) ? promised : undefined
  }

/**
 * Where a request is sent on to that came without TLS: under the public URL, where that is https, and otherwise to the same host, which has
 * been found to be one of ours.
 * @param port of ours that speaks TLS
 */
export function towardsTls(
  publicUrl: string | null,
  port: number,
): (request: IncomingMessage, path: string) => string | undefined {
  const base = publicUrl?.startsWith('https:') ? publicUrl.replace(/\/+$/, '') : undefined
  return function elsewhere({ headers, url = '/' }, path) {
    if (insiders.test(path)) return undefined
    // Neither `//host` nor a whole address in the request line may choose where this leads.
    const rest = (url.startsWith('/') ? url : path).replace(/^[/\\]+/, '/')
    return `${base ?? `https://${nameOf(headers.host ?? '')}${port === 443 ? '' : `:${port}`}`}${rest}`
  }
}

/**
 * The same behind a proxy of ours that ends TLS, and that says that a client came without; undefined where there is no such proxy.
 * Whoever comes past the proxies is inside, and stays.
 */
export function pastTls(
  { publicUrl, trustedProxies }: { readonly publicUrl: string | null; readonly trustedProxies: readonly string[] },
  { isSecure }: { isSecure(request: IncomingMessage): boolean },
  port: string,
): ((request: IncomingMessage, path: string) => string | undefined) | undefined {
  if (!publicUrl?.startsWith('https:') || trustedProxies.length === 0) return undefined
  // The public URL is that of port 9090; the panel has one of its own, or a path below it that only the proxy knows.
  const send = towardsTls(port === 'mcp' ? publicUrl : null, 443)
  return (request, path) =>
    request.headers['x-forwarded-proto']?.toString().toLowerCase() === 'http' && !isSecure(request)
      ? send(request, path)
      : undefined
}
