/** One request of 2026-07-28 that waits for its answer: what it says of itself, and how it is answered. */
import type { Caller, Json, Questions, Result, Via } from '../call.ts'
import { type Failure, meaningOf } from '../errors.ts'
import { metaNames } from './era.ts'
import { answerText, errorText, type Id, noticeText, type Request } from './message.ts'
import type { RequestStates } from './request-state.ts'
import { modernText } from './results.ts'

/** Takes what belongs to one request. */
export interface Reply {
  /** A notification, before the answer. */
  notice(text: string): void
  /** The answer; the last that is said. @param status for HTTP */
  answer(text: string, status: number): void
}

/** Who asks, and over what. */
export interface Visitor {
  readonly caller: Caller
  readonly via: Via
}

export class Enquiry {
  readonly id: Id
  readonly method: string
  readonly params: Json
  readonly caller: Caller
  readonly via: Via
  private readonly reply: Reply
  private readonly states: RequestStates

  constructor({ id, method, params = {} }: Request, { caller, via }: Visitor, reply: Reply, states: RequestStates) {
    this.id = id
    this.method = method
    this.params = params
    this.caller = caller
    this.via = via
    this.reply = reply
    this.states = states
  }

  get meta(): Json {
    return this.params._meta as Json
  }

  get logLevel(): string | undefined {
    return this.meta[metaNames.logLevel] as string | undefined
  }

  notice(method: string, params: Json): void {
    this.reply.notice(noticeText(method, params))
  }

  /** @param result JSON text */
  answer(result: string): void {
    this.reply.answer(answerText(this.id, result), 200)
  }

  /**
   * @param gate the request did not get as far as a handler: then HTTP says so as well; what a handler answers is content to HTTP, but for
   *   a method that there is not and what the client would have had to declare (2026-07-28, Streamable HTTP)
   */
  fail(failure: Failure, gate = false): void {
    const status =
      gate || failure.code === 'client_lacks' || failure.code === 'unknown_method' ? meaningOf(failure.code).status : 200
    this.reply.answer(errorText(this.id, failure, true), status)
  }

  /** Answers with questions. @param state comes back with the answers, sealed */
  require(questions: Questions, state: Json): void {
    this.answer(modernText(this.sealed({ resultType: 'input_required', inputRequests: questions }, state)))
  }

  /** A result with the state that it goes with. */
  sealed(result: Result, state: Json): Result {
    return { ...result, requestState: this.states.seal(state, this) }
  }
}
