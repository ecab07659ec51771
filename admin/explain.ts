/** Why the holder of a key may call a tool, or may not: GET /api/v1/explain?key=&tool=&surface= */
import { Hono } from 'hono'
import { z } from 'zod'
import type { Asker } from './ask.ts'
import { type AdminEnv, queryOf } from './web.ts'
import type { ExplanationView } from './wire.ts'

/** What is missing or unknown, the command says, after it has looked who asks. */
const text = z.string().max(200).optional()
const explainQuery = z.object({ key: text, tool: text, surface: text })

export const explainRoutes = (asker: Asker): Hono<AdminEnv> =>
  new Hono<AdminEnv>().get('/', async (c) => c.json(await asker.page<ExplanationView>(c, 'explain', queryOf(c, explainQuery))))
