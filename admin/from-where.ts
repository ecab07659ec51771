/** Stands before every route that people sign in by: where a request comes from, and whether it may be made at all. */
import type { MiddlewareHandler } from 'hono'
import type { Yard } from '../app/yard.ts'
import { isReading } from './guard.ts'
import type { AdminEnv } from './web.ts'

/**
 * Browsers that come by TLS to a proxy of ours send our cookies by TLS alone. Looking at the panel goes on while the process cannot keep up:
 * that is when somebody looks.
 * @param secure whether all browsers come by TLS: their cookies are such already
 */
export const fromWhere = (yard: Pick<Yard, 'admit' | 'addressOf' | 'isSecure'>, secure: boolean): MiddlewareHandler<AdminEnv> =>
  async function knowsFromWhere(c, next) {
    const { incoming } = c.env
    await yard.admit(incoming, !isReading(c.req.method))
    c.set('address', yard.addressOf(incoming))
    await next()
    if (secure || !yard.isSecure(incoming)) return
    const cookies = c.res.headers.getSetCookie()
    c.res.headers.delete('Set-Cookie')
    for (const cookie of cookies) c.res.headers.append('Set-Cookie', `${cookie}; Secure`)
  }
