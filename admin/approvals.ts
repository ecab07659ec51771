/** Approvals over HTTP: /api/v1/approvals, which calls wait for a word, and the word. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Json } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { type Asker, textOf } from './ask.ts'
import { type AdminEnv, bodyOf } from './web.ts'
import type { ApprovalsView, ApprovalView } from './wire.ts'

const bodyLimit = 16 * 1024
const decideBody = z.strictObject({ approve: z.boolean(), reason: z.string().max(500).nullish() })

export function approvalRoutes(asker: Asker): Hono<AdminEnv> {
  return new Hono<AdminEnv>()
    .get('/', async (c) => {
      const before = c.req.query('before')
      return c.json(await asker.page<ApprovalsView>(c, 'approvals', { show: 'all', ...(before === undefined ? {} : { before }) }))
    })
    .post('/:id', async (c) => {
      const { approve, reason } = await bodyOf(c, decideBody, bodyLimit)
      const values: Json = { id: c.req.param('id'), approve, ...(reason ? { reason } : {}) }
      const result = await asker.call(c, 'approval_decide', values, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return c.json(result.structuredContent as ApprovalView)
    })
}
