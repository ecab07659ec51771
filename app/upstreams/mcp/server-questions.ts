/** What a server with a session asks while it works (sampling, elicitation, roots) goes to the client whose call caused it, and to nobody else. */
import type { Answers, Call, Json, Question, Questions } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import type { Sessions } from '../../mcp/sessions.ts'
import { relatedTask } from '../../mcp/task-words.ts'
import { Refused } from './peer.ts'

export interface Asked {
  readonly method: string
  readonly params: Json
  /** The call that it belongs to, where that can be told. */
  readonly call: Call | undefined
  /** The session whose connection it came over, where there is one. */
  readonly session: string | undefined
  /** Aborts when the server takes its question back. */
  readonly taken: AbortSignal
}

/** Answers what a server with a session asks while it works. Throws Refused with what the server is told. */
export async function answerQuestion(sessions: Sessions, { method, params, call, session, taken }: Asked): Promise<Json> {
  const key = typeof params._meta === 'object' ? (params._meta as Json)['switchyard/key'] : undefined
  const question = { method, params: withoutOurs(params) }
  const owner = session === undefined ? undefined : sessions.get(session)
  try {
    if (call) {
      const named = typeof key === 'string' ? key : keyFor(call, method)
      return await askOne((questions) => call.ask(questions, taken), named, question)
    }
    if (owner) return await askOne((questions) => owner.inquire(questions, taken), 'question', question)
  } catch (error) {
    throw refusalOf(error)
  }
  // Many servers want to know the folders as soon as they are connected.
  if (method === 'roots/list') return { roots: [] }
  throw new Refused({
    code: -32600,
    message: 'it cannot be told whose client is to be asked: no call is running, or more than one client may be meant',
  })
}

async function askOne(ask: (questions: Questions) => Promise<Answers>, key: string, question: Question): Promise<Json> {
  return (await ask({ [key]: question }))[key]!
}

const asked = new WeakMap<Call, number>()

/** `elicitation_1`: clients of 2026-07-28 see it. */
function keyFor(call: Call, method: string): string {
  const number = (asked.get(call) ?? 0) + 1
  asked.set(call, number)
  return `${method.slice(0, method.indexOf('/'))}_${number}`
}

/** Without what is between the server and us: the key, and the task that it has with us. */
function withoutOurs(params: Json): Json {
  if (!isObject(params._meta)) return params
  const { 'switchyard/key': _key, [relatedTask]: _task, ...meta } = params._meta
  const { _meta, ...rest } = params
  return Object.keys(meta).length ? { ...rest, _meta: meta } : rest
}

/** The client's own words where it said some; otherwise ours. */
function refusalOf(error: unknown): Refused {
  if (!(error instanceof Failure)) return new Refused({ code: -32603, message: 'the client could not be asked' })
  const said = error.data?.client_error
  if (isObject(said) && typeof said.code === 'number')
    return new Refused({ code: said.code, message: String(said.message ?? ''), data: said.data })
  return new Refused({ code: error.code === 'client_lacks' ? -32601 : -32603, message: error.message })
}
