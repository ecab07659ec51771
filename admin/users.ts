/** People over HTTP: /api/v1/users and /api/v1/audit, for admins. */
import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Json } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import type { AuditView, UserView } from '../app/users.ts'
import { type Asker, textOf } from './ask.ts'
import { type AdminEnv, bodyOf, queryOf } from './web.ts'

const bodyLimit = 16 * 1024
const text = z.string().max(1_000)
const userBody = z.strictObject({ name: text, role: text, password: text.optional() })
const changeBody = z.strictObject({ role: text.optional(), is_active: z.boolean().optional() })
const passwordBody = z.strictObject({ password: text })
const auditQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.coerce.number().int().optional(),
  actor: z.string().max(200).optional(),
  action: z.string().max(200).optional(),
})

export function userRoutes(asker: Asker): Hono<AdminEnv> {
  async function told(c: Context<AdminEnv>, name: string, parameters: Json): Promise<UserView> {
    const result = await asker.call(c, name, parameters, randomUUID())
    if (result.isError === true) throw new Failure('failed', textOf(result))
    return result.structuredContent as unknown as UserView
  }

  return new Hono<AdminEnv>()
    .get('/users', async (c) => c.json(await asker.page<{ users: UserView[] }>(c, 'user_list')))
    .post('/users', async (c) => c.json(await told(c, 'user_create', await bodyOf(c, userBody, bodyLimit)), 201))
    .patch('/users/:id', async (c) => {
      const { role, is_active } = await bodyOf(c, changeBody, bodyLimit)
      const user = c.req.param('id')
      if (role === undefined && is_active === undefined)
        throw new Failure('invalid_params', 'say what is to change: role, is_active, or both')
      // Each is an action of its own, with a row of its own.
      const changed = role === undefined ? undefined : await told(c, 'user_set_role', { user, role })
      if (is_active === undefined) return c.json(changed)
      return c.json(await told(c, is_active ? 'user_enable' : 'user_disable', { user }))
    })
    .post('/users/:id/password', async (c) =>
      c.json(await told(c, 'user_set_password', { user: c.req.param('id'), ...(await bodyOf(c, passwordBody, bodyLimit)) })),
    )
    .post('/users/:id/sign-out', async (c) => c.json(await told(c, 'user_sign_out', { user: c.req.param('id') })))
    .get('/audit', async (c) =>
      c.json(await asker.page<{ entries: AuditView[]; next?: number }>(c, 'audit_log', queryOf(c, auditQuery))),
    )
}
