/** The programs that may act in somebody's name, and their end: /api/v1/grants. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { Failure } from '../app/errors.ts'
import { type Asker, textOf } from './ask.ts'
import type { AdminEnv } from './web.ts'
import type { GrantView } from './wire.ts'

export function grantRoutes(asker: Asker): Hono<AdminEnv> {
  return new Hono<AdminEnv>()
    .get('/', async (c) => c.json(await asker.page<{ grants: GrantView[] }>(c, 'grants')))
    .post('/:id/revoke', async (c) => {
      const result = await asker.call(c, 'grant_revoke', { id: c.req.param('id') }, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return c.body(null, 204)
    })
}
