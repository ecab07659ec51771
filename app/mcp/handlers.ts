/** The catalogue and the switch, said in MCP: one function a method, shared by every conversation of every era. */

import type { Call, Caller, Client, Json, Kind, Result, Via } from '../call.ts'
import type { Canceller } from '../canceller.ts'
import type { Catalog, ListName } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Switch } from '../switch.ts'
import { downgraded } from './downgrade.ts'
import { createLists } from './lists.ts'
import { type Caching, modernText, notKept, sessionText } from './results.ts'
import { asToolResult } from './tool-error.ts'

/** One request, with everything that its answer may depend on. */
export interface Inquiry {
  readonly params: Json
  readonly caller: Caller
  readonly via: Via
  readonly session: string | undefined
  readonly cancel: Canceller
  /** The least severe log message that this client asked for. */
  readonly logLevel: string | undefined
  readonly notify: Call['notify']
  /** Whom what is called may ask. */
  readonly client: Client
  /** The revision with sessions that is spoken; undefined for 2026-07-28. */
  readonly revision: string | undefined
  /** A UUID, where the call has one before it is made. */
  readonly id?: string
  readonly admitted?: Call['admitted']
  /** Makes an upstream's questions ready for a client that takes them as a result. */
  handOn?(result: Result): Result
}

/** Gives the JSON text of the result. Throws a Failure for a protocol error. */
export type Handler = (inquiry: Inquiry) => Promise<string> | string

export type Handlers = ReadonlyMap<string, Handler>

/** Tool calls that clients come back for. */
export interface TaskCalls {
  readonly methods: readonly (readonly [string, Handler])[]
  /** Undefined for the call of a tool that cannot become a task. */
  begin(inquiry: Inquiry, name: string): { run(call: (inquiry: Inquiry) => Promise<Result>): Promise<Result> } | undefined
}

/** @param tasks without them every call is answered with its result */
export function createHandlers(catalog: Catalog, toSwitch: Switch, tasks?: TaskCalls): Handlers {
  const pageText = createLists(catalog)
  const list =
    (name: ListName): Handler =>
    ({ params, caller, via, revision }) =>
      pageText(name, { caller, via, modern: revision === undefined, cursor: params.cursor })

  const call = (kind: Kind, inquiry: Inquiry, name: string, values: Json | undefined): Promise<Result> =>
    toSwitch.call({
      id: inquiry.id,
      kind,
      name,
      arguments: values,
      caller: inquiry.caller,
      via: inquiry.via,
      session: inquiry.session,
      meta: isObject(inquiry.params._meta) ? inquiry.params._meta : undefined,
      logLevel: inquiry.logLevel,
      cancel: inquiry.cancel,
      notify: inquiry.notify,
      client: inquiry.client,
      admitted: inquiry.admitted,
      // A proposal for every key that is pressed is no news.
      quiet: kind === 'completion',
    })

  return new Map<string, Handler>([
    ...(tasks?.methods ?? []),
    ['tools/list', list('tools')],
    ['resources/list', list('resources')],
    ['resources/templates/list', list('templates')],
    ['prompts/list', list('prompts')],
    [
      'tools/call',
      async (inquiry) => {
        const name = text(inquiry.params, 'name')
        const values = argumentsOf(inquiry.params)
        const task = tasks?.begin(inquiry, name)
        if (task) return textOf(await task.run((asked) => call('tool', asked, name, values)), inquiry)
        try {
          return textOf(await call('tool', inquiry, name, values), inquiry)
        } catch (error) {
          return textOf(asToolResult(error), inquiry)
        }
      },
    ],
    [
      'resources/read',
      async (inquiry) => {
        const result = await call('resource', inquiry, text(inquiry.params, 'uri'), undefined)
        return inquiry.revision === undefined ? modernOf(result, inquiry, notKept) : sessionText(result)
      },
    ],
    [
      'prompts/get',
      async (inquiry) =>
        textOf(await call('prompt', inquiry, text(inquiry.params, 'name'), argumentsOf(inquiry.params)), inquiry),
    ],
    [
      'completion/complete',
      async (inquiry) => {
        const { argument, context } = inquiry.params
        const wanted = { argument: argumentIn(argument), ...(isObject(context) ? { context } : {}) }
        return textOf(await call('completion', inquiry, completed(inquiry.params.ref), wanted), inquiry)
      },
    ],
  ])
}

function textOf(result: Result, inquiry: Inquiry): string {
  return inquiry.revision === undefined ? modernOf(result, inquiry) : sessionText(downgraded(result, inquiry.revision))
}

function modernOf(result: Result, inquiry: Inquiry, caching?: Caching): string {
  if (result.resultType !== 'input_required') return modernText(result, caching)
  return modernText(inquiry.handOn?.(result) ?? result)
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

/** How the catalogue names the completion of what is referred to. */
function completed(ref: unknown): string {
  if (isObject(ref)) {
    if (ref.type === 'ref/prompt' && typeof ref.name === 'string') return `prompt ${ref.name}`
    if (ref.type === 'ref/resource' && typeof ref.uri === 'string') return `resource ${ref.uri}`
  }
  throw new Failure('invalid_params', 'params.ref must be { "type": "ref/prompt", "name" } or { "type": "ref/resource", "uri" }')
}

function argumentIn(argument: unknown): Json {
  if (isObject(argument) && typeof argument.name === 'string' && typeof argument.value === 'string') return argument
  throw new Failure('invalid_params', 'params.argument must be an object with name and value, both texts')
}
