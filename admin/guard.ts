/** Stands before the admin API: no session no answer, and no other site may send a browser here. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { credentialIn } from '../app/auth.ts'
import type { Caller } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import type { People } from '../app/people.ts'
import { sameText } from '../app/random-text.ts'
import type { Tokens } from '../app/tokens.ts'
import type { Yard } from '../app/yard.ts'
import type { AdminEnv, SessionEnv } from './web.ts'

/** @param secure browsers take the longer name only over TLS, for this host alone: no other site beside us can plant one (RFC 6265bis, 4.1.3.2) */
export const cookieNameFor = (secure: boolean) => (secure ? '__Host-switchyard_session' : 'switchyard_session')

/** How the cookie of a session is kept: no script reads it, and no other site has it sent. */
export const sessionCookie = (secure: boolean) => ({ httpOnly: true, sameSite: 'Strict', path: '/', secure }) as const

/**
 * Lets signed-in people pass, and whoever sends a token (JWT) in a header: no page of another site can do that, so it needs no X-CSRF-Token. Keys
 * are for the other port.
 */
export function requireCaller(
  { look }: Pick<Yard, 'look'>,
  people: People,
  tokens: Tokens,
  cookieName: string,
): MiddlewareHandler<AdminEnv> {
  async function holderOf(token: string): Promise<Caller> {
    const caller = await tokens.verify(token)
    if (caller) return caller
    throw new Failure('unauthorized', 'this token is not valid here, or not any more')
  }

  const session = requireSession(people, cookieName)
  return async function requiresCaller(c, next) {
    const credential = credentialIn(c.env.incoming.headers)
    // The routes behind this know the caller alone; what else there is of a session is for those of /auth.
    if (credential === undefined) return session(c as unknown as Context<SessionEnv>, next)
    c.set('caller', await look(c.env.incoming, credential, () => holderOf(credential)))
    return next()
  }
}

/** Lets only signed-in people pass, and what changes something only with the session's X-CSRF-Token. */
export const requireSession = (people: People, cookieName: string): MiddlewareHandler<SessionEnv> =>
  async function requiresSession(c, next) {
    const token = getCookie(c, cookieName)
    const visit = token && (await people.visit(token))
    if (!visit) throw new Failure('unauthorized', 'sign in first')
    if (!isReading(c.req.method) && !sameText(c.req.header('X-CSRF-Token') ?? '', visit.csrfToken)) {
      throw new Failure('forbidden', 'the header X-CSRF-Token must be the csrf_token that GET auth/me gives')
    }
    c.set('visit', visit)
    c.set('caller', visit.caller)
    await next()
  }

/** Refuses what a browser sends on behalf of another site. Programs send none of these headers and pass. */
export const requireSameOrigin = (publicUrl: string | null): MiddlewareHandler<{ Bindings: HttpBindings }> =>
  async function requiresSameOrigin(c, next) {
    if (!isReading(c.req.method) && isForeign(c, publicUrl))
      throw new Failure('forbidden', 'this request comes from another site')
    await next()
  }

function isForeign(c: Context, publicUrl: string | null): boolean {
  const site = c.req.header('Sec-Fetch-Site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const origin = c.req.header('Origin')
  if (origin === undefined) return false
  // The scheme is not compared: behind a balancer that ends TLS we cannot see which one the browser used.
  const host = URL.canParse(origin) ? new URL(origin).host : undefined
  return host === undefined || (host !== c.req.header('Host') && host !== (publicUrl && new URL(publicUrl).host))
}

export const isReading = (method: string) => method === 'GET' || method === 'HEAD'
