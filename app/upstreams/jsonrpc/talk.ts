/** Asks a service for one command, in the form that it takes: JSON-RPC, or the simple form of services that know no other. */
import type { Cancel, Json } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import type { Service, ServiceAnswer } from '../http/service.ts'

/** What a command came to. `code` is a number or a text, as the service has it. */
export type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: unknown; readonly message: string; readonly data?: unknown } }

export interface Asking {
  readonly signal?: AbortSignal
  readonly cancel?: Cancel
  readonly timeout?: number
  /** It changes nothing. */
  readonly safe?: boolean
  readonly probe?: boolean
}

/** @throws Failure for what is no answer to the command */
export type Talk = (command: string, params: Json, asking: Asking) => Promise<Reply>

const invalidRequest = -32600
const notLetIn = new Set<unknown>([-32001, -32002, '-32001', '-32002'])

export function createTalk(name: string, service: Service, url: URL): Talk {
  let simple = false
  let lastId = 0

  async function send(command: string, body: Json, asking: Asking): Promise<Reply | undefined> {
    const what = `command ${command}`
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const answer = await service.ask({ method: 'POST', url, headers, body: JSON.stringify(body), what, safe: false, ...asking })
    return read(answer, `${name}: ${what}`)
  }

  return async function talk(command, params, asking) {
    const inJsonrpc = { jsonrpc: '2.0', method: command, params, id: ++lastId }
    const inSimple = { command, params }
    const reply = await send(command, simple ? inSimple : inJsonrpc, asking)
    if (reply && !isRefusedForm(reply)) return reply
    // It has not looked at the command, so asking in the other form does nothing twice.
    const other = await send(command, simple ? inJsonrpc : inSimple, asking)
    if (other && !isRefusedForm(other)) {
      simple = !simple
      return other
    }
    return reply ?? other ?? { error: { code: invalidRequest, message: 'the service takes neither form of a request' } }
  }
}

const isRefusedForm = (reply: Reply): boolean => 'error' in reply && Number(reply.error.code) === invalidRequest

/** @returns undefined where the form of the request was refused in a way of its own */
function read(answer: ServiceAnswer, who: string): Reply | undefined {
  const { status } = answer
  const body = status < 400 ? answer.json() : parsed(answer)
  const error = errorIn(body)
  if (error) {
    if (notLetIn.has(error.code)) throw new Failure('upstream_failed', `${who}: the service does not let us in: ${error.message}`)
    return { error }
  }
  if (status < 400) return { result: isObject(body) && 'result' in body ? body.result : body }
  if (status === 401 || status === 403) {
    throw new Failure(
      'upstream_failed',
      `${who}: HTTP ${status}: the service wants another credential: configure it in its headers`,
    )
  }
  if (status === 400 || status === 422) return undefined
  if (status >= 502) throw new Failure('upstream_away', `${who}: HTTP ${status}`)
  throw new Failure(
    'upstream_failed',
    `${who}: HTTP ${status}${status === 404 || status === 405 ? '; look at the path of its url' : ''}`,
  )
}

function parsed(answer: ServiceAnswer): unknown {
  try {
    return answer.json()
  } catch {
    return undefined
  }
}

/** An error in the place of a result; one inside of a result is the command's own. */
function errorIn(body: unknown): { code: unknown; message: string; data?: unknown } | undefined {
  if (!isObject(body) || body.error === undefined || body.error === null || body.success !== undefined) return undefined
  if (!isObject(body.error)) return { code: body.code, message: String(body.error) }
  const { code, message, data } = body.error
  const said = typeof message === 'string' && message !== '' ? message : `error ${String(code)} without a text`
  return { code, message: said, ...(data === undefined || data === null ? {} : { data }) }
}
