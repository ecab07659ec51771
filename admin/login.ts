/** Signing in and out over HTTP: /api/v1/auth. */
import { Hono } from 'hono'
import { deleteCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'
import type { Opened, People } from '../app/people.ts'
import type { Users } from '../app/users.ts'
import { cookieNameFor, requireSession, sessionCookie } from './guard.ts'
import { ownRoutes } from './own.ts'
import { bodyOf, originOf, type SessionEnv } from './web.ts'
import type { Me } from './wire.ts'

/** Bytes; anybody may send these. */
const bodyLimit = 16 * 1024
const text = z.string().max(1_000)
const signInBody = z.object({ name: text, password: text })
const welcomeBody = z.object({ token: text, name: text, password: text })

/** @param secure whether browsers come by TLS: the cookie is then never sent without it */
export function authRoutes(people: People, users: Users, { secure }: { secure: boolean }): Hono<SessionEnv> {
  const cookieName = cookieNameFor(secure)
  const cookie = sessionCookie(secure)

  return new Hono<SessionEnv>()
    .post('/login', async (c) => {
      const credentials = await bodyOf(c, signInBody, bodyLimit)
      const opened = await people.signIn(credentials, originOf(c))
      setCookie(c, cookieName, opened.token, cookie)
      return c.json(welcomed(opened))
    })
    .post('/welcome', async (c) => {
      const { token, ...credentials } = await bodyOf(c, welcomeBody, bodyLimit)
      const opened = await people.welcome(token, credentials, originOf(c))
      setCookie(c, cookieName, opened.token, cookie)
      return c.json(welcomed(opened))
    })
    .use(requireSession(people, cookieName))
    .post('/logout', async (c) => {
      await people.signOut(c.var.visit, originOf(c))
      deleteCookie(c, cookieName, cookie)
      return c.body(null, 204)
    })
    .route('/', ownRoutes(people, users))
    .get('/me', (c) => {
      const { user, caller, csrfToken, expiresAt } = c.var.visit
      const me: Me = { user, scopes: caller.scopes, csrf_token: csrfToken, expires_at: expiresAt.toISOString() }
      return c.json(me)
    })
}

const welcomed = ({ user }: Opened) => ({ user })
