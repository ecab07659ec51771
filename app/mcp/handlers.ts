/** The catalogue and the switch, said in MCP: one function a method, shared by every conversation of every era. */

import type { Call, Caller, Json, Kind, Result, Via } from '../call.ts'
import type { Canceller } from '../canceller.ts'
import type { Catalog, ListName } from '../catalog.ts'
import { Failure, meaningOf, toFailure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Switch } from '../switch.ts'

/** One request, with everything that its answer may depend on. */
export interface Question {
  readonly params: Json
  readonly caller: Caller
  readonly via: Via
  readonly session: string
  readonly cancel: Canceller
  /** The least severe log message that this client asked for. */
  readonly logLevel: string | undefined
  readonly notify: Call['notify']
}

/** Gives the JSON text of the result. Throws a Failure for a protocol error. */
export type Handler = (question: Question) => Promise<string> | string

export type Handlers = ReadonlyMap<string, Handler>

export function createHandlers(catalog: Catalog, toSwitch: Switch): Handlers {
  const list =
    (name: ListName): Handler =>
    ({ params, caller }) => {
      // Lists come whole, so no cursor of ours is ever out there but the empty one.
      if (params.cursor !== undefined && params.cursor !== '')
        throw new Failure('invalid_params', 'unknown cursor: lists come in one page here')
      return catalog.text(name, caller)
    }

  const call = (kind: Kind, question: Question, name: string, values: Json | undefined): Promise<Result> =>
    toSwitch.call({
      kind,
      name,
      arguments: values,
      caller: question.caller,
      via: question.via,
      session: question.session,
      meta: isObject(question.params._meta) ? question.params._meta : undefined,
      logLevel: question.logLevel,
      cancel: question.cancel,
      notify: question.notify,
    })

  return new Map<string, Handler>([
    ['ping', () => '{}'],
    ['tools/list', list('tools')],
    ['resources/list', list('resources')],
    ['resources/templates/list', list('templates')],
    ['prompts/list', list('prompts')],
    [
      'tools/call',
      async (question) => {
        const name = text(question.params, 'name')
        const values = argumentsOf(question.params)
        try {
          return JSON.stringify(await call('tool', question, name, values))
        } catch (error) {
          return JSON.stringify(asToolResult(error))
        }
      },
    ],
    [
      'resources/read',
      async (question) => JSON.stringify(await call('resource', question, text(question.params, 'uri'), undefined)),
    ],
    [
      'prompts/get',
      async (question) =>
        JSON.stringify(await call('prompt', question, text(question.params, 'name'), argumentsOf(question.params))),
    ],
  ])
}

/** What a model can mend comes back as a result that says so (SEP-1303); the rest stays a protocol error. */
function asToolResult(error: unknown): Result {
  const failure = toFailure(error)
  if (!meaningOf(failure.code).mendable) throw failure
  return {
    content: [{ type: 'text', text: failure.message }],
    isError: true,
    _meta: { 'switchyard/error': { code: failure.code, ...failure.data } },
  }
}

function text(params: Json, member: string): string {
  const value = params[member]
  if (typeof value === 'string') return value
  throw new Failure('invalid_params', `params.${member} must be a text, got ${value === undefined ? 'nothing' : typeof value}`)
}

function argumentsOf(params: Json): Json | undefined {
  const values = params.arguments
  if (values === undefined || values === null) return undefined
  if (isObject(values)) return values
  throw new Failure(
    'invalid_params',
    `params.arguments must be an object, got ${Array.isArray(values) ? 'a list' : typeof values}`,
  )
}
