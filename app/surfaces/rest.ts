/** Commands over REST: what there is, and one URL for each. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Caller, Command, Json } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { Failure, meaningOf } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Surface } from '../yard.ts'
import { outcomeOf, paramsFor } from './adapter.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { sendKept } from './kept-text.ts'
import { textPerScopes } from './per-scopes.ts'
import { callQueued, type QueueAnswer } from './queue.ts'
import { refuse } from './refuse.ts'
import { goneSignal, sendJson } from './send.ts'

type Request = Context<{ Bindings: HttpBindings }>

export const rest: Surface = (yard, closing) => {
  const listText = textPerScopes(yard.catalog, closing, (tools) => {
    return JSON.stringify({ commands: Object.fromEntries(tools.map((tool) => [tool.name, describe(tool)])) })
  })
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.get('/commands', answering(list))
  app.get('/api/commands', answering(list))
  app.get('/api/commands/:name', answering(show))
  app.post('/api/commands/:name', answering(call))
  return app

  function list({ env: { incoming, outgoing } }: Request, caller: Caller): Promise<Response> {
    return sendKept(incoming, outgoing, listText({ caller, via: 'rest' }))
  }

  function show({ req, env: { outgoing } }: Request, caller: Caller): Response {
    const name = req.param('name') ?? ''
    const tool = findTool(yard.catalog, name, caller)
    // What is not listed is not shown.
    if (!tool || !caller.scopes.includes(tool.scope))
      throw new Failure('unknown_command', `unknown command "${name.slice(0, 100)}": GET /api/commands tells which there are`)
    return sendJson(outgoing, 200, JSON.stringify(describe(tool)))
  }

  async function call({ req, env: { incoming, outgoing } }: Request, caller: Caller): Promise<Response> {
    const body = await readBody(incoming, yard.settled.config.limits.body)
    const params = body.length === 0 ? {} : parseJson(body)
    if (!isObject(params)) throw new Failure('invalid_request', 'the body must be a JSON object: parameters by name')
    const tool = findTool(yard.catalog, req.param('name') ?? '', caller)
    if (tool?.queued && yard.jobs) {
      const answer = await callQueued(yard.jobs, tool, paramsFor(tool, params), {
        caller,
        via: 'rest',
        signal: goneSignal({ incoming, outgoing }, caller, yard.standing),
      })
      return sendJson(outgoing, statusOf(answer), JSON.stringify(answer))
    }
    const outcome = outcomeOf(
      await yard.switch.call({
        kind: 'tool',
        name: tool?.name ?? req.param('name') ?? '',
        arguments: paramsFor(tool, params),
        caller,
        via: 'rest',
        signal: goneSignal({ incoming, outgoing }, caller, yard.standing),
      }),
    )
    return sendJson(outgoing, outcome.success ? 200 : meaningOf('failed').status, JSON.stringify(outcome))
  }

  /** Knows who asks, and turns what was thrown into `{success: false, error}` with the status of its code. */
  function answering(handle: (request: Request, caller: Caller) => Response | Promise<Response>) {
    return async function answered(request: Request): Promise<Response> {
      try {
        return await handle(request, await yard.identify(request.env.incoming))
      } catch (error) {
        return refuse(request.env, error, yard.log)
      }
    }
  }
}

/** 202: it is not done yet. */
function statusOf({ success, status }: QueueAnswer): number {
  if (!success) return meaningOf('failed').status
  return status === 'completed' ? 200 : 202
}

const describe = ({ name, definition, notes }: Command): Json => ({
  name,
  description: definition.description ?? '',
  schema: definition.inputSchema ?? {},
  ...notes,
})

/** By its name, or with `-` for `_` as REST adapters write it, where only one tool that the caller may see is meant. */
function findTool(catalog: Catalog, name: string, caller: Caller): Command | undefined {
  const who = { caller, via: 'rest' } as const
  const exact = catalog.find('tool', name, who)
  if (exact) return exact
  const meant = catalog.list('tools', who).filter((tool) => tool.name.replaceAll('_', '-') === name)
  return meant.length === 1 ? meant[0] : undefined
}
