/** Where an operation is sent to: as the configuration says, or else as the document does. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Dialect } from './dialect.ts'
import { Broken } from './documents.ts'

export interface Servers {
  /** Wins over everything that the document says. */
  readonly baseUrl: string | null
  /** The URL of the document. */
  readonly at: string
  /** The only origin that may be shown what is configured; null where nothing is. */
  readonly trusted: string | null
}

/**
 * The URL that paths are put behind, without a slash at its end.
 * @param own servers of the operation or its path
 * @throws Broken where none is said, and where it is one that our credentials are not for
 */
export function serverOf(root: Json, own: unknown, dialect: Dialect, { baseUrl, at, trusted }: Servers): string {
  const said = baseUrl ?? (dialect === '2.0' ? swaggerServer(root, at) : openapiServer(own ?? root.servers))
  const wrong = 'set base_url to where the service is'
  if (!URL.canParse(said, at)) throw new Broken(`its server ${said} is no URL: ${wrong}`)
  const url = new URL(said, at)
  if (!/^https?:$/.test(url.protocol)) {
    throw new Broken(
      at.startsWith('file:')
        ? `its document names no server by a whole URL: ${wrong}`
        : `its server ${said} is none that speaks HTTP: ${wrong}`,
    )
  }
  if (trusted !== null && url.origin !== trusted) {
    throw new Broken(
      `its server ${url.origin} is not where the credentials are for: if that is right, set base_url to ${url.origin}${url.pathname}`,
    )
  }
  url.hash = ''
  url.search = ''
  // Who we are is shown by whoever sends requests, and only to the origin that it is meant for.
  url.username = ''
  url.password = ''
  return url.href.replace(/\/+$/, '')
}

function openapiServer(servers: unknown): string {
  const first: unknown = Array.isArray(servers) ? servers[0] : undefined
  if (!isObject(first) || typeof first.url !== 'string') return '/'
  const variables = isObject(first.variables) ? first.variables : {}
  return first.url.replace(/{([^{}]+)}/g, (whole, name: string) => {
    const variable = variables[name]
    return isObject(variable) && variable.default !== undefined ? String(variable.default) : whole
  })
}

function swaggerServer({ host, basePath, schemes }: Json, at: string): string {
  const path = typeof basePath === 'string' ? basePath : '/'
  if (typeof host !== 'string' || host === '') return path
  const named = Array.isArray(schemes) ? schemes.filter((each) => each === 'https' || each === 'http') : []
  const own = new URL(at).protocol.slice(0, -1)
  const scheme = named.includes(own) || !named.length ? own : named[0]
  return `${scheme === 'file' ? 'https' : scheme}://${host}${path}`
}
