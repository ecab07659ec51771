/** Pins over HTTP: /api/v1/pins, what changed and what looks suspicious, and the word that it may. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { Failure } from '../app/errors.ts'
import { type Asker, textOf } from './ask.ts'
import { type AdminEnv, bodyOf } from './web.ts'
import type { PinsView, PinView } from './wire.ts'

const bodyLimit = 4 * 1024
const approveBody = z.strictObject({ hash: z.string().min(1).max(100) })

export function pinRoutes(asker: Asker): Hono<AdminEnv> {
  return new Hono<AdminEnv>()
    .get('/', async (c) => {
      const given = ['show', 'upstream', 'name'].map((name) => [name, c.req.query(name)])
      return c.json(await asker.page<PinsView>(c, 'pins', Object.fromEntries(given.filter(([, value]) => value !== undefined))))
    })
    .post('/:id/approve', async (c) => {
      const { hash } = await bodyOf(c, approveBody, bodyLimit)
      const result = await asker.call(c, 'pin_approve', { id: c.req.param('id'), hash }, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return c.json(result.structuredContent as PinView)
    })
}
