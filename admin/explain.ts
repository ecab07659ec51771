/** Why the holder of a key may call a tool, or may not: GET /api/v1/explain?key=&tool=&surface=&arguments= */
import { Hono } from 'hono'
import { z } from 'zod'
import type { Json } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { isObject } from '../app/is-object.ts'
import { parseJson } from '../app/surfaces/json.ts'
import type { Asker } from './ask.ts'
import { type AdminEnv, queryOf } from './web.ts'
import type { ExplanationView } from './wire.ts'

/** What is missing or unknown, the command says, after it has looked who asks. */
const text = z.string().max(200).optional()
/** A request line has a bound of its own, and a character may become nine in it. */
const longest = 1_500
const explainQuery = z.object({ key: text, tool: text, surface: text, arguments: z.string().max(longest).optional() })

export const explainRoutes = (asker: Asker): Hono<AdminEnv> =>
  new Hono<AdminEnv>().get('/', async (c) => {
    const { arguments: values, ...wish } = queryOf(c, explainQuery)
    const whole = values === undefined ? wish : { ...wish, arguments: argumentsIn(values) }
    return c.json(await asker.page<ExplanationView>(c, 'explain', whole))
  })

function argumentsIn(given: string): Json {
  const value = read(given)
  if (isObject(value)) return value
  throw new Failure('invalid_params', 'arguments must be a JSON object such as {"region": "eu"}', {
    data: { field: 'arguments' },
  })
}

function read(given: string): unknown {
  try {
    return parseJson(given)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw Failure.again(error.code, `arguments: ${error.message}`, { data: { field: 'arguments' } })
  }
}
