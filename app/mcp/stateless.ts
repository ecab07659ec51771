/**
 * 2026-07-28: every request stands for itself, whatever it came over. Who asks, what the client can be asked and which revision it speaks
 * stand in the request; nothing is remembered between two requests but the calls whose clients have been asked something.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Json, Who } from '../call.ts'
import type { Catalog } from '../catalog.ts'
import { Failure, toFailure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import { shown } from '../shown.ts'
import type { Yard } from '../yard.ts'
import { answersIn } from './answers.ts'
import { capabilitiesFor } from './capabilities.ts'
import { Enquiry, type Reply, type Visitor } from './enquiry.ts'
import { checkEnvelope, checkHeaders, checkVersion } from './envelope.ts'
import { metaNames, modernVersion } from './era.ts'
import type { Handlers } from './handlers.ts'
import { instructionsOf } from './instructions.ts'
import { isHeard } from './levels.ts'
import { createListeners } from './listen.ts'
import type { Request } from './message.ts'
import { createRequestStates } from './request-state.ts'
import { completeText } from './results.ts'
import { Visit } from './visit.ts'
import { createWaitingRoom } from './waiting-room.ts'

export interface Stateless {
  /**
   * Answers one request. Whatever is wrong with it is said in the reply; nothing is thrown.
   * @param headers of the HTTP request, where it came over HTTP: they must say the same as the body
   * @returns to be called when the client has gone, or has taken its request back
   */
  answer(request: Request, visitor: Visitor, reply: Reply, headers?: IncomingHttpHeaders): () => void
}

/** Whether a message says of itself that it is of a revision without sessions. */
export function isModern(message: unknown): message is Request {
  if (!isObject(message) || !isObject(message.params)) return false
  const meta = message.params._meta
  return isObject(meta) && metaNames.version in meta
}

/** What the server is stays the same while it runs; what upstreams say to models changes with them. */
function discovery(catalog: Catalog, who: Who): string {
  const instructions = instructionsOf(catalog, who)
  const result = { supportedVersions: [modernVersion], capabilities: capabilitiesFor(modernVersion), instructions }
  return completeText(JSON.stringify(result), {
    ttlMs: 300_000,
    cacheScope: instructions === instructionsOf(catalog) ? 'public' : 'private',
  })
}

/** @param closing aborts when the server stops */
export function createStateless(yard: Yard, handlers: Handlers, closing: AbortSignal): Stateless {
  const states = createRequestStates(yard.settled.config.secretKey)
  const room = createWaitingRoom(closing)
  const listeners = createListeners(yard.catalog, closing)
  const nothing = () => {}

  return {
    answer(request, visitor, reply, headers) {
      const enquiry = new Enquiry(request, visitor, reply, states)
      try {
        checkEnvelope(enquiry.params)
        if (headers) checkHeaders(request, headers, { catalog: yard.catalog, who: visitor })
        else checkVersion(enquiry.params)
        if (request.method === 'server/discover') {
          enquiry.answer(discovery(yard.catalog, visitor))
          return nothing
        }
        if (request.method === 'subscriptions/listen') return listen(enquiry)
        return call(enquiry)
      } catch (error) {
        refuse(enquiry, error, true)
        return nothing
      }
    },
  }

  function call(enquiry: Enquiry): () => void {
    const { method, params } = enquiry
    const handler = handlers.get(method)
    if (!handler) throw new Failure('unknown_method', `unknown method ${shown(method)}`)
    const answers = answersIn(params.inputResponses)
    const state = params.requestState === undefined ? undefined : states.open(params.requestState, enquiry)
    const known = state?.visit === undefined ? undefined : goOn(enquiry, state, answers)
    if (known) return () => known.left(enquiry)

    const resumed =
      params.inputResponses === undefined && !state ? undefined : { answers, state: state?.upstream as string | undefined }
    const visit = new Visit(enquiry, enquiry.meta[metaNames.abilities] as Json, room, resumed)
    const done = (text: string) => visit.finish((current) => current.answer(text))
    const failed = (error: unknown) => visit.finish((current) => refuse(current, error))
    try {
      const text = handler({
        params,
        caller: enquiry.caller,
        via: enquiry.via,
        session: undefined,
        cancel: visit.cancel,
        logLevel: enquiry.logLevel,
        notify: (name, values) => notify(visit, name, values),
        client: visit,
        revision: undefined,
        handOn: (result) => handedOn(visit, result),
      })
      if (typeof text === 'string') done(text)
      else text.then(done, failed)
    } catch (error) {
      failed(error)
    }
    return () => visit.left(enquiry)
  }

  /** The client is back with answers, and the call that they are for goes on. */
  function goOn(enquiry: Enquiry, { visit: id, round }: Json, answers: ReturnType<typeof answersIn>): Visit {
    const visit = room.find(id, enquiry.caller)
    if (!visit)
      throw new Failure(
        'invalid_params',
        'the call that params.requestState belongs to is over: send the request again without it',
      )
    visit.resume(enquiry, answers, round)
    return visit
  }

  function listen(enquiry: Enquiry): () => void {
    let gone = false
    const opened = listeners.open(enquiry)
    opened.then(
      (leave) => {
        if (gone) leave()
      },
      (error: unknown) => refuse(enquiry, error),
    )
    return () => {
      gone = true
      opened.then(
        (leave) => leave(),
        () => {},
      )
    }
  }

  function refuse(enquiry: Enquiry, error: unknown, gate = false): void {
    const failure = toFailure(error)
    // What a call threw is in the log already, under the id of the call.
    if (!(error instanceof Failure))
      yard.log.error('request failed', { method: enquiry.method.slice(0, 100), error: failure.cause })
    enquiry.fail(failure, gate)
  }
}

/** Only what the request asked to hear, and under the token that it gave; a call that has been continued may have another. */
function notify(visit: Visit, method: string, params: Json): void {
  const { hearer, cancel } = visit
  if (cancel.aborted) return
  if (!hearer) return visit.sayLater(() => notify(visit, method, params))
  if (method === 'notifications/message') {
    if (hearer.logLevel !== undefined && isHeard(params.level, hearer.logLevel)) hearer.notice(method, params)
  } else if (method === 'notifications/progress') {
    const { progressToken } = hearer.meta
    if (progressToken !== undefined) hearer.notice(method, { ...params, progressToken })
  } else hearer.notice(method, params)
}

/** Questions of an upstream that speaks 2026-07-28 as well go to the client as they are, with the upstream's state sealed into ours. */
function handedOn(visit: Visit, result: Json): Json {
  const { hearer } = visit
  const { requestState, ...rest } = result
  return hearer ? hearer.sealed(rest, { upstream: requestState }) : rest
}
