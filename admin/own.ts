/** What everybody may do with their own account: /api/v1/auth, another password, and the browsers that are signed in. */
import { Hono } from 'hono'
import { z } from 'zod'
import { Failure } from '../app/errors.ts'
import type { People } from '../app/people.ts'
import type { Users } from '../app/users.ts'
import { bodyOf, originOf, type SessionEnv } from './web.ts'
import type { OwnSessionView } from './wire.ts'

const bodyLimit = 16 * 1024
const text = z.string().max(1_000)
const passwordBody = z.strictObject({ current: text, password: text })

/** Stands behind the check of the session. */
export function ownRoutes(people: People, users: Users): Hono<SessionEnv> {
  return new Hono<SessionEnv>()
    .post('/password', async (c) => {
      const { user, tokenHash } = c.var.visit
      const passwords = await bodyOf(c, passwordBody, bodyLimit)
      const { address } = originOf(c)
      // Whoever finds a browser open must not guess here what they could not guess at the door.
      await people.countTry(user.name, address)
      await users.changeOwn(user.id, passwords, tokenHash, { name: user.name, address })
      return c.body(null, 204)
    })
    .post('/sign-out-everywhere', async (c) => {
      const { user } = c.var.visit
      await users.signOut(user.id, { name: user.name, address: originOf(c).address })
      return c.body(null, 204)
    })
    .get('/sessions', async (c) => {
      const { user, tokenHash } = c.var.visit
      const sessions: OwnSessionView[] = (await users.sessionsOf(user.id)).map((session) => ({
        id: idOf(session.tokenHash),
        address: session.address,
        browser: session.userAgent,
        opened_at: session.createdAt.toISOString(),
        last_seen_at: session.lastSeenAt.toISOString(),
        this: session.tokenHash === tokenHash,
      }))
      return c.json({ sessions })
    })
    .delete('/sessions/:id', async (c) => {
      const { user } = c.var.visit
      const all = await users.sessionsOf(user.id)
      const session = all.find(({ tokenHash }) => idOf(tokenHash) === c.req.param('id'))
      const actor = { name: user.name, address: originOf(c).address }
      if (!session || !(await users.endSession(user.id, session.tokenHash, actor)))
        throw new Failure('unknown_resource', 'you have no such session: it may have ended already')
      return c.body(null, 204)
    })
}

/** Enough to tell one's own sessions apart. */
const idOf = (tokenHash: string): string => tokenHash.slice(0, 16)
