/** Signing in to the panel with an OpenID provider, over HTTP: /api/v1/auth/oidc. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { Failure } from '../app/errors.ts'
import type { Log } from '../app/log.ts'
import { longestSignIn, type ProviderSignIn } from '../app/oidc/index.ts'
import type { People } from '../app/people.ts'
import { cookieNameFor, sessionCookie } from './guard.ts'
import { refusalPage } from './refusal-page.ts'
import { type AdminEnv, originOf } from './web.ts'
import type { WaysView } from './wire.ts'

const callbackPath = '/oidc/callback'

export interface ProviderRoutesOptions {
  /** Undefined where nobody can sign in like that. */
  readonly signIn: ProviderSignIn | undefined
  /** Whether browsers come by TLS. */
  readonly secure: boolean
  readonly log: Log
}

export function providerRoutes(people: People, { signIn, secure, log }: ProviderRoutesOptions): Hono<AdminEnv> {
  const cookieName = secure ? '__Host-switchyard_oidc' : 'switchyard_oidc'
  // Lax, because the browser comes back from another site and has to bring it along.
  const cookie = { httpOnly: true, sameSite: 'Lax', path: '/', secure } as const
  const routes = new Hono<AdminEnv>().get('/ways', (c) => {
    const ways: WaysView = { password: true, oidc: signIn ? { host: signIn.host } : null }
    return c.json(ways)
  })
  if (!signIn) return routes

  return routes
    .get('/oidc', async (c) => {
      try {
        const { url, sealed } = await signIn.begin(signIn.redirectUrl ?? callbackOf(c, secure))
        setCookie(c, cookieName, sealed, { ...cookie, maxAge: longestSignIn / 1000 })
        return c.redirect(url, 302)
      } catch (error) {
        return refusalPage(c, error, { href: '../../../', text: 'Back to the sign-in' }, log)
      }
    })
    .get(callbackPath, async (c) => {
      try {
        const sealed = getCookie(c, cookieName)
        // It is good for one try, whatever comes of that.
        deleteCookie(c, cookieName, cookie)
        await people.countProviderTry(originOf(c).address)
        const identity = await signIn.finish(new URL(c.req.url).searchParams, sealed)
        const opened = await people.comeIn(identity, originOf(c))
        setCookie(c, cookieNameFor(secure), opened.token, sessionCookie(secure))
        // Relative, because the panel may stand below a path of a proxy; and nowhere else, whatever the query says.
        return c.redirect('../../../../', 303)
      } catch (error) {
        return refusalPage(c, error, { href: '../../../../', text: 'Back to the sign-in' }, log)
      }
    })
}

/** As the browser reaches us; the provider refuses what it does not know. */
function callbackOf(c: Context<AdminEnv>, secure: boolean): string {
  const host = c.req.header('Host')
  if (host === undefined) throw new Failure('invalid_request', 'the Host header is missing')
  return `${secure ? 'https' : 'http'}://${host}/api/v1/auth${callbackPath}`
}
