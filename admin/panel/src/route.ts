/** Which page is shown, kept behind the # of the address: `#/tools/echo?again=...`. */
import { useSyncExternalStore } from 'react'

export interface Route {
  /** Path segments, decoded: `['tools', 'echo']`. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

let seen: { hash: string; route: Route } | undefined

function current(): Route {
  const { hash } = window.location
  if (seen?.hash !== hash) seen = { hash, route: parse(hash) }
  return seen.route
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s)
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export const useRoute = (): Route => useSyncExternalStore(subscribe, current)

/** An address within the panel; empty parameters are left out. */
export function href(path: readonly string[], query: Record<string, string | undefined> = {}): string {
  const filled = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1])
  const search = new URLSearchParams(filled).toString()
  return `#/${path.map(encodeURIComponent).join('/')}${search ? `?${search}` : ''}`
}

/** Changes the address without a step in the browser's history: for filters that change at every key. */
export function replaceRoute(to: string): void {
  window.history.replaceState(null, '', to)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
