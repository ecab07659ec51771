/** Where a proxy shall reach us. What we listen on is often not what others can connect to. */
import { isLoopback } from '../loopback.ts'

export interface Reached {
  /** Where the port was opened: `https://127.0.0.1:9090`. */
  readonly listening: string
  readonly host: string
  readonly advertisedHost: string | null
  readonly publicUrl: string | null
}

/** The URL that is told to a proxy, without a slash at its end. The port is the one that is open, also where 0 was asked for. */
export function advertisedUrl({ listening, host, advertisedHost, publicUrl }: Reached): string {
  if (advertisedHost === null && publicUrl !== null) return publicUrl.replace(/\/+$/, '')
  const name = advertisedHost ?? (isAny(host) ? 'localhost' : host)
  const url = new URL(listening)
  url.hostname = name.includes(':') ? `[${name}]` : name
  return url.href.replace(/\/+$/, '')
}

const isAny = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** What a person should know about it; undefined where nothing speaks against it. */
export function warningAbout(serverUrl: string, proxyUrl: string): string | undefined {
  if (!isLoopback(new URL(serverUrl).hostname) || isLoopback(new URL(proxyUrl).hostname)) return undefined
  return (
    `${serverUrl} means this machine alone, and the proxy is on another or in a container of its own: ` +
    'set server.advertised_host to a name under which it reaches this server'
  )
}
