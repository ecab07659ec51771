/** Passes calls on to an MCP server and back, whichever eras the client and the server speak. */
import { lacking } from '../../abilities.ts'
import type { Call, Json, Result } from '../../call.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { metaNames } from '../../mcp/era.ts'
import { isHeard } from '../../mcp/levels.ts'
import { takesTasks } from '../../mcp/task-words.ts'
import { isLostSession, isUnreachable } from '../http/errors.ts'
import { withReadableBytes } from './bytes.ts'
import type { Asking, Link } from './link.ts'
import type { Links } from './links.ts'
import { questionsIn } from './modern-questions.ts'
import { followed, wantsTasks, withTasks } from './modern-tasks.ts'
import { Refused } from './peer.ts'
import { throughTask } from './session-tasks.ts'
import { translated } from './translated.ts'
import { urlsAsked } from './url-questions.ts'

export interface BridgeOptions {
  /** Of the upstream. */
  readonly name: string
  readonly links: Links
  /** The server cannot be reached any more. */
  unreachable(): void
}

/** Asks the upstream on behalf of a call. */
export type Forward = (method: string, params: Json, call: Call, headers?: Readonly<Record<string, string>>) => Promise<Result>

/** Rounds of questions that one call may take. */
const mostRounds = 20
/** The least severe log messages that a connection with a session brings so far. */
const levels = new WeakMap<Link, string>()

export function createBridge({ name, links, unreachable }: BridgeOptions): Forward {
  return async function forward(method, params, call, headers) {
    try {
      return await askOnce(method, params, call, headers)
    } catch (error) {
      // Nobody is there any more: found out now rather than by the next ping, and looked for from now on.
      if (isUnreachable(error)) unreachable()
      if (!isLostSession(error)) throw translated(name, error, method)
    }
    // The server has forgotten the session, so it has not looked at the request either: it is safe to ask again.
    await new Promise((resolve) => setImmediate(resolve))
    try {
      return await askOnce(method, params, call, headers)
    } catch (error) {
      throw translated(name, error, method)
    }
  }

  async function askOnce(...[method, params, call, headers]: Parameters<Forward>): Promise<Result> {
    const lent = links.lend(call)
    const { link, release } = lent instanceof Promise ? await lent : lent
    try {
      const result = await (link.about.era === 'modern'
        ? askModern(link, method, params, call, headers)
        : askInSession(link, method, withMeta(params, call), call))
      return withReadableBytes(result)
    } catch (error) {
      if (isUnreachable(error) || isLostSession(error)) {
        links.lost(link)
        link.retire('the server does not know this connection any more')
      }
      throw error
    } finally {
      release()
    }
  }

  function askInSession(link: Link, method: string, params: Json, call: Call): Promise<Result> {
    const asking = { call, progress: progressOf(call) }
    const request = params.task === undefined ? link.request : throughTask(link)
    if (hearsEnough(link, call.logLevel) && !call.client?.resumable) return request(method, params, asking)
    return askWithMore(link, request, method, params, call, asking)
  }

  /** With what has to be said first, and what the server may want first. */
  async function askWithMore(
    link: Link,
    request: Link['request'],
    method: string,
    params: Json,
    call: Call,
    asking: Asking,
  ): Promise<Result> {
    if (!hearsEnough(link, call.logLevel)) await setLevel(link, call)
    try {
      return await request(method, params, asking)
    } catch (error) {
      const questions = call.client?.resumable ? urlsAsked(error) : undefined
      if (!questions) throw error
      // Clients of 2026-07-28 are not told to open pages by an error.
      const answers = await call.ask(questions)
      if (Object.values(answers).some(({ action }) => action !== 'accept')) throw error
      return request(method, params, asking)
    }
  }

  /** The server answers with questions until it has what it needs. A client of the same revision gets them as they are. */
  async function askModern(
    link: Link,
    method: string,
    params: Json,
    call: Call,
    headers: Readonly<Record<string, string>> | undefined,
  ): Promise<Result> {
    const { client } = call
    const resumed = client?.resumed
    const asking = {
      call,
      progress: progressOf(call),
      headers,
      abilities: client?.abilities ?? {},
      // Who has a session hears messages without asking for them.
      logLevel: call.logLevel ?? (client?.resumable === false ? 'info' : undefined),
    }
    let more: Json = resumed ? { inputResponses: resumed.answers, ...given('requestState', resumed.state) } : {}
    for (let round = 0; round < mostRounds; round++) {
      const result = await askWithTasks(link, method, { ...withMeta(params, call), ...more }, asking)
      if (result.resultType === 'task') return completed(await followed(link, result, call, asking))
      if (result.resultType !== 'input_required') return completed(result)
      const questions = questionsIn(result)
      if (client?.resumable && !lacking(client.abilities, questions)) return result
      const answers = Object.keys(questions).length ? await call.ask(questions) : {}
      more = { inputResponses: answers, ...given('requestState', result.requestState) }
    }
    throw new Failure('upstream_failed', `${name} asked more than ${mostRounds} times in one call`)
  }

  /** What runs as a task only is for every client: where it knows no tasks, we do. */
  async function askWithTasks(link: Link, method: string, params: Json, asking: Asking & { abilities: Json }): Promise<Result> {
    try {
      return await link.request(method, params, asking)
    } catch (error) {
      if (takesTasks(asking.abilities) || !wantsTasks(error)) throw error
      asking.abilities = withTasks(asking.abilities)
      return link.request(method, params, asking)
    }
  }
}

const given = (member: string, value: unknown): Json => (value === undefined ? {} : { [member]: value })

/** What only says how the result came. */
function completed({ resultType, ...result }: Result): Result {
  if (resultType !== undefined && resultType !== 'complete')
    throw new Refused({ code: -32603, message: `a result of the type ${JSON.stringify(resultType)?.slice(0, 40)}` })
  if (!isObject(result._meta)) return result
  const { [metaNames.server]: _, ...meta } = result._meta
  return Object.keys(meta).length ? { ...result, _meta: meta } : withoutMeta(result)
}

const withoutMeta = ({ _meta, ...rest }: Result): Result => rest

/** The request's `_meta`, without what is between the client and us alone. */
function withMeta(params: Json, { meta }: Call): Json {
  if (!meta) return params
  const {
    [metaNames.version]: _version,
    [metaNames.client]: _client,
    [metaNames.abilities]: _abilities,
    [metaNames.logLevel]: _level,
    ...rest
  } = meta
  return Object.keys(rest).length ? { ...params, _meta: rest } : params
}

function progressOf(call: Call): ((params: Json) => void) | undefined {
  const token = call.meta?.progressToken
  if (token === undefined) return undefined
  return (values) => call.notify('notifications/progress', { ...values, progressToken: token })
}

/** Whether the server says already, on this connection, whatever the caller wants to hear; or says nothing in any case. */
function hearsEnough(link: Link, level: string | undefined): boolean {
  if (level === undefined || !link.about.capabilities.logging) return true
  const known = levels.get(link)
  return known !== undefined && isHeard(level, known)
}

/** A server that does not let its level be set is called all the same. */
async function setLevel(link: Link, call: Call): Promise<void> {
  const level = call.logLevel!
  levels.set(link, level)
  await link.request('logging/setLevel', { level }, { call }).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error
  })
}
