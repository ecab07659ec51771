/** Where a redirect leads, and whether we go there: only reads follow, and only to the same origin with what the service is shown. */
import type { IncomingHttpHeaders } from 'node:http'
import { Failure } from '../../errors.ts'

const statuses = new Set([301, 302, 303, 307, 308])
const mostRedirects = 3
/** What others than the service may be shown; everything else may be, or tell, a secret. */
const harmless = new Set(['accept', 'accept-language', 'accept-encoding', 'user-agent'])

export const isRedirect = (status: number): boolean => statuses.has(status)

export interface Redirected {
  readonly method: string
  readonly from: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** How many were followed before. */
  readonly followed: number
  /** Who answered what, for messages. */
  readonly who: string
}

/** The next address. Throws Failure `upstream_failed` where we do not go there. */
export function redirectTarget({ method, from, status, headers, followed, who }: Redirected): URL {
  const refuse = (why: string) => new Failure('upstream_failed', `${who}: HTTP ${status}: the server ${why}`)
  const { location } = headers
  if (location === undefined || !URL.canParse(location, from.href)) throw refuse('redirects without saying where to')
  const to = new URL(location, from)
  to.username = ''
  to.password = ''
  const where = to.origin + to.pathname
  if (method !== 'GET' && method !== 'HEAD') {
    throw refuse(
      `redirects to ${where}, where a ${method} is not followed, because it would become a GET; write the url exactly as the server has it, upper and lower case too`,
    )
  }
  if (followed === mostRedirects) throw refuse(`redirects more than ${mostRedirects} times`)
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw refuse(`redirects to ${to.protocol}, which is not followed`)
  if (from.protocol === 'https:' && to.protocol === 'http:')
    throw refuse(`redirects from https to ${where}, which is not followed`)
  return to
}

/** What of a request's headers another origin is shown. */
export const harmlessOf = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name)))
