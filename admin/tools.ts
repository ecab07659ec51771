/** Tools over HTTP: /api/v1/tools, what there is and a way to try it. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Command, Json } from '../app/call.ts'
import { type Code, Failure, toFailure } from '../app/errors.ts'
import type { Yard } from '../app/yard.ts'
import { type Asker, textOf } from './ask.ts'
import { type AdminEnv, bodyOf } from './web.ts'
import type { Executed, ToolView } from './wire.ts'

const executeBody = z.object({
  tool_name: z.string().min(1).max(1_000),
  parameters: z.record(z.string(), z.unknown()).nullish(),
})

/** Refusals, by which the request itself is wrong; anything else that goes wrong is the tool's answer. */
const refusals: ReadonlySet<Code> = new Set([
  'unknown_command',
  'invalid_arguments',
  'invalid_params',
  'too_large',
  'forbidden',
  'limited',
  'unavailable',
])

export function toolRoutes(yard: Yard, asker: Asker): Hono<AdminEnv> {
  return new Hono<AdminEnv>()
    .get('/', (c) => {
      const tools = yard.catalog.list('tools', { caller: c.var.caller, via: 'admin' })
      return c.json(Object.fromEntries(tools.map((tool) => [tool.name, toView(tool)])))
    })
    .post('/execute', async (c) => {
      const { tool_name, parameters } = await bodyOf(c, executeBody, yard.settled.config.limits.body)
      const id = randomUUID()
      const began = performance.now()
      const took = () => Math.round(performance.now() - began) / 1000
      try {
        const result = await asker.call(c, tool_name, parameters ?? {}, id)
        const error = result.isError === true ? textOf(result) : null
        const executed: Executed = {
          success: !error,
          result,
          error,
          error_code: error && 'tool_error',
          execution_time: took(),
          execution_id: id,
        }
        return c.json(executed)
      } catch (thrown) {
        const { code, message } = toFailure(thrown)
        if (refusals.has(code)) throw thrown
        const executed: Executed = {
          success: false,
          result: null,
          error: message,
          error_code: code,
          execution_time: took(),
          execution_id: id,
        }
        return c.json(executed)
      }
    })
    .get('/:name', (c) => {
      const name = c.req.param('name')
      const tool = yard.catalog.list('tools', { caller: c.var.caller, via: 'admin' }).find((command) => command.name === name)
      if (!tool) throw new Failure('unknown_command', `unknown tool "${name.slice(0, 100)}": GET tools tells which there are`)
      return c.json(toView(tool))
    })
}

function toView({ name, owner, scope, definition }: Command): ToolView {
  const { title, description, inputSchema, outputSchema, annotations } = definition
  const about = (annotations ?? {}) as Json
  return {
    name,
    title: textOr(title ?? about.title, null),
    description: textOr(description, ''),
    input_schema: (inputSchema ?? { type: 'object' }) as Json,
    output_schema: (outputSchema ?? null) as Json | null,
    annotations: about,
    owner,
    scope,
    // What the catalogue lists can be called; an upstream that is away says so in its state.
    status: 'active',
  }
}

const textOr = <T>(value: unknown, other: T) => (typeof value === 'string' ? value : other)
