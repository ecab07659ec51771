/** The history over HTTP: /api/v1/tools/executions. */
import type { Context } from 'hono'
import { Hono } from 'hono'
import { z } from 'zod'
import { Failure } from '../app/errors.ts'
import type { Execution as Stored } from '../app/store/executions.ts'
import type { Asker } from './ask.ts'
import { type AdminEnv, queryOf } from './web.ts'
import type { ExecutionView } from './wire.ts'

/** A row as the command `executions` gives it. */
type Execution = Omit<Stored, 'at'> & { at: string }

interface Page {
  executions: Execution[]
  next?: string
}

const historyQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  offset: z.coerce.number().int().min(0).max(1_000).default(0),
  before: z.string().max(200).optional(),
  name: z.string().max(200).optional(),
  owner: z.string().max(200).optional(),
  status: z.enum(['started', 'ok', 'failed', 'refused']).optional(),
  text: z.string().max(200).optional(),
})

export function historyRoutes(asker: Asker): Hono<AdminEnv> {
  /** Where the page behind `offset` rows begins. Walking there is for clients that know no cursor, so it has a bound. */
  async function cursorBehind(
    c: Context<AdminEnv>,
    offset: number,
    filter: Record<string, unknown>,
  ): Promise<string | undefined> {
    let before: string | undefined
    for (let left = offset; left > 0; ) {
      const limit = Math.min(left, 100)
      const page: Page = await asker.page(c, 'executions', { ...filter, limit, ...(before ? { before } : {}) })
      if (!page.next) return undefined
      before = page.next
      left -= limit
    }
    return before
  }

  return new Hono<AdminEnv>()
    .get('/history', async (c) => {
      const { limit, offset, before, ...filter } = queryOf(c, historyQuery)
      const from = offset > 0 ? await cursorBehind(c, offset, filter) : before
      if (offset > 0 && !from) return c.json([])
      const { executions, next } = await asker.page<Page>(c, 'executions', {
        ...filter,
        limit,
        ...(from ? { before: from } : {}),
      })
      if (next) {
        const query = new URLSearchParams({ ...filter, limit: String(limit), before: next })
        c.header('Link', `<?${query}>; rel="next"`)
      }
      return c.json(executions.map(toView))
    })
    .get('/:id', async (c) => {
      const id = c.req.param('id')
      if (!z.uuid().safeParse(id).success)
        throw new Failure('unknown_resource', `no call has the id "${id.slice(0, 100)}": an id is a UUID`)
      const { executions } = await asker.page<Page>(c, 'executions', { id }).catch(unknownIsNotFound)
      return c.json(toView(executions[0]!))
    })
}

/** For the command an id that nobody has is a wrong argument; for HTTP it is a wrong address. */
function unknownIsNotFound(error: unknown): never {
  if (error instanceof Failure && error.code === 'invalid_arguments') throw new Failure('unknown_resource', error.message)
  throw error
}

function toView(row: Execution): ExecutionView {
  return {
    id: row.id,
    kind: row.kind,
    tool_name: row.name,
    owner: row.owner,
    agent_id: null,
    task_id: null,
    parameters: row.parameters,
    result: row.result,
    error: row.error,
    error_code: row.errorCode,
    status: row.status,
    execution_time: row.ms === null ? null : row.ms / 1000,
    ms: row.ms,
    created_at: row.at,
    caller: { id: row.callerId, name: row.callerName },
    via: row.via,
    session: row.session?.slice(0, 8) ?? null,
    audit: row.audit,
  }
}
