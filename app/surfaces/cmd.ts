/** Commands over JSON-RPC 2.0 and over the simple form of command adapters: one URL, single requests and batches. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { Caller, Json } from '../call.ts'
import { Failure, meaningOf, toFailure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { retryAfter } from '../retry-after.ts'
import type { Surface } from '../yard.ts'
import { type ErrorBody, errorBody, type Outcome, outcomeOf, paramsFor } from './adapter.ts'
import { readBody } from './body.ts'
import { parseJson, refusedId } from './json.ts'
import { callQueued, type QueueAnswer } from './queue.ts'
import { refuse } from './refuse.ts'
import { goneSignal, sendJson } from './send.ts'

/** Requests in one batch. */
const largestBatch = 100
const paths = ['/cmd', '/api/jsonrpc', '/api/jsonrpc/batch']

/** What is asked for, in whichever form it came. */
interface Request {
  readonly name: string
  readonly params: Json
}

type Reply = { readonly result: Outcome | QueueAnswer } | { readonly error: ErrorBody }

export const cmd: Surface = (yard) => {
  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const path of paths) app.post(path, answer).all(path, onlyPost)
  return app

  async function answer({ env: { incoming, outgoing } }: Context<{ Bindings: HttpBindings }>): Promise<Response> {
    try {
      const caller = await yard.identify(incoming)
      const request = parseJson(await readBody(incoming, yard.settled.config.limits.body))
      const signal = goneSignal({ incoming, outgoing }, caller, yard.standing)
      if (Array.isArray(request)) {
        const replies = await Promise.all(checkBatch(request).map((entry) => answerOne(entry, caller, signal)))
        return sendJson(outgoing, 200, JSON.stringify(replies))
      }
      const reply = await answerOne(request, caller, signal)
      return sendJson(outgoing, statusOf(reply), JSON.stringify(reply), retryAfter(errorOf(reply)?.data))
    } catch (error) {
      return refuse({ incoming, outgoing }, error, yard.log, (body) => rpcEnvelope({ error: body }, refusedId(error) ?? null))
    }
  }

  /** Never throws: every request of a batch has its own answer. */
  async function answerOne(request: unknown, caller: Caller, signal: AbortSignal): Promise<Reply> {
    const envelope = envelopeOf(request)
    try {
      const { name, params } = readRequest(request)
      const command = yard.catalog.find('tool', name, { caller, via: 'cmd' })
      if (command?.queued && yard.jobs)
        return envelope({
          result: await callQueued(yard.jobs, command, paramsFor(command, params), { caller, via: 'cmd', signal }),
        })
      const result = await yard.switch.call({
        kind: 'tool',
        name,
        arguments: paramsFor(command, params),
        caller,
        via: 'cmd',
        signal,
      })
      return envelope({ result: outcomeOf(result) })
    } catch (error) {
      const failure = toFailure(error)
      const body = errorBody(failure)
      return envelope(isCommandLevel(failure) ? { result: { success: false, error: body } } : { error: body })
    }
  }
}

function onlyPost({ env: { outgoing } }: Context<{ Bindings: HttpBindings }>): Response {
  const failure = new Failure(
    'invalid_request',
    'this is for POST: {"command": "help"} or {"jsonrpc": "2.0", "method": "help", "id": 1}',
  )
  return sendJson(outgoing, 405, JSON.stringify(rpcEnvelope({ error: errorBody(failure) }, null)), { allow: 'POST' })
}

function checkBatch(batch: readonly unknown[]): readonly unknown[] {
  if (batch.length === 0) throw new Failure('invalid_request', 'the batch is empty: send at least one request')
  if (batch.length <= largestBatch) return batch
  throw new Failure('invalid_request', `a batch may have ${largestBatch} requests, this one has ${batch.length}`, {
    data: { limit: largestBatch },
  })
}

/** The command ran, or could have: the caller finds that in a result. What was wrong with the request itself is an error of the protocol. */
const isCommandLevel = ({ code }: Failure): boolean => meaningOf(code).mendable === true && code !== 'invalid_arguments'

/** Of a whole request that was refused; anything else stands in the answer alone, as with command adapters. */
function statusOf(reply: Reply): number {
  if ('error' in reply && reply.error.code === meaningOf('invalid_request').rpc) return 400
  return errorOf(reply)?.data.code === 'limited' ? meaningOf('limited').status : 200
}

function errorOf(reply: Reply): ErrorBody | undefined {
  if ('error' in reply) return reply.error
  return 'error' in reply.result ? (reply.result.error as ErrorBody) : undefined
}

/** In the simple form a parameter of its own may be called `method`, so what decides is `command`. */
const isSimple = (request: unknown): request is Json =>
  isObject(request) && request.jsonrpc === undefined && request.command !== undefined

/** JSON-RPC answers carry the id; one that was left out counts as 1, as adapters do, so that nobody waits for an answer in vain. */
function envelopeOf(request: unknown): (reply: Reply) => Reply {
  if (isSimple(request)) return (reply) => reply
  const { id = 1 } = isObject(request) ? request : { id: null }
  return (reply) => rpcEnvelope(reply, isId(id) ? id : null)
}

const rpcEnvelope = (reply: Reply, id: string | number | null) => ({ jsonrpc: '2.0', ...reply, id })

const isId = (id: unknown): id is string | number | null => typeof id === 'string' || typeof id === 'number' || id === null

function readRequest(request: unknown): Request {
  if (isSimple(request)) return readSimple(request)
  if (!isObject(request))
    throw new Failure('invalid_request', 'a request is an object with "command", or with "jsonrpc" and "method"')
  const { jsonrpc, method, params, id } = request
  if (jsonrpc !== '2.0') throw new Failure('invalid_request', 'a request has "command", or "jsonrpc": "2.0" and "method"')
  if (typeof method !== 'string' || method === '') throw new Failure('invalid_request', '"method" must be the name of a command')
  if (id !== undefined && !isId(id)) throw new Failure('invalid_request', '"id" must be a string, a number or null')
  return { name: method, params: readParams(params) }
}

/** Proxies send parameters beside `command` too; where there is `params`, it holds all of them. */
function readSimple({ command, params, ...beside }: Json): Request {
  if (typeof command !== 'string' || command === '')
    throw new Failure('invalid_request', '"command" must be the name of a command')
  return { name: command, params: params === undefined ? beside : readParams(params) }
}

function readParams(params: unknown = {}): Json {
  if (params === null) return {}
  if (!isObject(params)) throw new Failure('invalid_params', '"params" must be an object: parameters by name')
  return params
}
