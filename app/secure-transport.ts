/** Who can come by TLS is told to: by a redirect where they came without, and by a promise that browsers remember (HSTS, RFC 6797). */
import type { Arrival as Connected } from './client-address.ts'
import { type Arrival, nameOf } from './guard.ts'
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
  (isSecure: (request: Connected) => boolean) =>
  (request: Connected): number | undefined => {
    return isSecure(request) && !isLoopback(nameOf(request.headers.host ?? '')) ? promised : undefined
  }

/**
 * Where a request is sent on to that came without TLS: under the public URL, where that is https, and otherwise to the same host, which has
 * been found to be one of ours.
 * @param port of ours that speaks TLS
 */
export function towardsTls(publicUrl: string | null, port: number): (request: Arrival, path: string) => string | undefined {
  const base = publicUrl?.startsWith('https:') ? publicUrl.replace(/\/+$/, '') : undefined
  return function elsewhere({ headers, url = '/' }, path) {
    if (insiders.test(path)) return undefined
    // Neither `//host` nor a whole address in the request line may choose where this leads.
    const rest = (url.startsWith('/') ? url : path).replace(/^[/\\]+/, '/')
    return `${base ?? `https://${nameOf(headers.host ?? '')}${port === 443 ? '' : `:${port}`}`}${rest}`
  }
}
