/** API keys over HTTP: /api/v1/keys, for the panel and for scripts. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Json } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { mostDays } from '../app/keys/wish.ts'
import { allScopes } from '../app/scopes.ts'
import { type Asker, textOf } from './ask.ts'
import { type AdminEnv, bodyOf } from './web.ts'
import type { KeyView, NewKey } from './wire.ts'

const bodyLimit = 64 * 1024
/** Whether the values are any good, the command says. */
const keyBody = z.strictObject({
  name: z.string(),
  scopes: z.array(z.enum(allScopes as [string, ...string[]])).optional(),
  tools: z.array(z.string()).nullish(),
  rate: z.number().nullish(),
  /** 0 is never. */
  expires_days: z.number().int().min(0).max(mostDays).optional(),
})

export function keyRoutes(asker: Asker): Hono<AdminEnv> {
  return new Hono<AdminEnv>()
    .get('/', async (c) => c.json(await asker.page<{ keys: KeyView[] }>(c, 'key_list')))
    .post('/', async (c) => {
      const given = Object.entries(await bodyOf(c, keyBody, bodyLimit)).filter(
        ([, value]) => value !== null && value !== undefined,
      )
      const result = await asker.call(c, 'key_create', Object.fromEntries(given) as Json, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return c.json(result.structuredContent as NewKey, 201)
    })
    .delete('/:id', async (c) => {
      const result = await asker.call(c, 'key_revoke', { key: c.req.param('id') }, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return c.json(result.structuredContent as KeyView)
    })
}
