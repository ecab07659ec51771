/**
 * One MCP session of the revisions that have sessions (2024-11-05 to 2025-11-25), whatever it comes over. Requests of 2026-07-28 that come
 * the same way are answered as they would be anywhere: each stands for itself.
 */
import { randomUUID } from 'node:crypto'
import { lacking } from '../abilities.ts'
import type { Answers, Caller, Client, Json, Questions, Via } from '../call.ts'
import { Canceller } from '../canceller.ts'
import type { ListName } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { Ring } from '../ring.ts'
import { shown } from '../shown.ts'
import type { Held } from '../standing/held.ts'
import type { Yard } from '../yard.ts'
import { checkBatch, gather } from './batch.ts'
import { sessionVersions } from './era.ts'
import type { Handlers } from './handlers.ts'
import { agreedVersion, handshakeProblem, handshakeResult } from './handshake.ts'
import { instructionsOf } from './instructions.ts'
import { isHeard, isLevel, levels } from './levels.ts'
import { changesOf } from './list-changes.ts'
import { answerText, errorText, type Id, idOf, noticeText, notJsonRpc, type Request, shapeOf } from './message.ts'
import { Presence } from './presence.ts'
import { OpenQuestions, type Response } from './questions.ts'
import type { Session } from './sessions.ts'
import type { Sink } from './sink.ts'
import { isModern, type Stateless } from './stateless.ts'
import { createWatches, type Watches } from './watches.ts'

export interface ConversationOptions {
  readonly yard: Yard
  readonly handlers: Handlers
  readonly stateless: Stateless
  readonly via: Via
  readonly caller: Caller
  readonly id?: string
  /** Called once, after the conversation has ended, by whichever side. */
  readonly onClose: (reason: string) => void
}

const noParams: Json = Object.freeze({})

export class Conversation implements Session {
  readonly id: string
  readonly via: Via
  /** As the newest request found it. */
  caller: Caller
  /** By whose credential it is open; stdio needs none. */
  held?: Held
  readonly openedAt = Date.now()
  lastActiveAt = this.openedAt
  calls = 0
  client?: string
  protocolVersion?: string
  /** Where goes what belongs to no request; without it such messages are dropped. */
  stream: Sink | undefined
  /** What the client said that it can be asked. */
  abilities: Json = noParams
  readonly presence = new Presence()

  private readonly yard: Yard
  private readonly handlers: Handlers
  private readonly stateless: Stateless
  private readonly whenClosed: (reason: string) => void
  /** By a number of our own: two requests of one client may well carry the same id. */
  private readonly requests = new Ring<Pending>()
  /** What the client asked to hear; undefined until it did. */
  private logLevel: string | undefined
  private questions: OpenQuestions | undefined
  private watches: Watches | undefined
  private closed = false
  private waiting: (() => void)[] | undefined

  constructor({ yard, handlers, stateless, via, caller, id = randomUUID(), onClose }: ConversationOptions) {
    this.id = id
    this.via = via
    this.caller = caller
    this.yard = yard
    this.handlers = handlers
    this.stateless = stateless
    this.whenClosed = onClose
  }

  /** True once the client has been told which version is spoken. */
  get initialized(): boolean {
    return this.protocolVersion !== undefined
  }

  busy(): boolean {
    return (this.stream !== undefined && this.stream.attached !== false) || this.requests.size > 0
  }

  /**
   * Takes one parsed message, or a batch where the revision has them (2025-03-26 alone).
   * Whatever is wrong with it is answered on the sink; nothing is thrown.
   */
  receive(message: unknown, sink: Sink): void {
    this.presence.heard()
    if (Array.isArray(message)) return this.receiveBatch(message, sink)
    const shape = shapeOf(message)
    // That a client is there does not mean that anybody uses it.
    if (shape === 'response' && this.presence.answered((message as Response).id)) return
    this.lastActiveAt = Date.now()
    switch (shape) {
      case 'request':
        return isModern(message) ? this.answerModern(message, sink) : this.answer(message as unknown as Request, sink)
      case 'notification':
        return this.note(message as { method: string; params?: Json })
      case 'response':
        return this.questions?.answered(message as unknown as Response)
      default:
        sink.write(errorText(idOf(message), new Failure('invalid_request', notJsonRpc)))
    }
  }

  /** Tells the client that lists have changed, each with the notification that MCP has for it. */
  listsChanged(lists: ReadonlySet<ListName>): void {
    if (!this.stream || !this.initialized) return
    for (const { method } of changesOf(lists)) this.stream.tell(noticeText(method))
  }

  notice(method: string, params: Json): void {
    if (method === 'notifications/message' && !this.hears(params)) return
    this.stream?.tell(noticeText(method, params))
  }

  /** Asks a silent client whether it is there, and lets go of one that is not. To be called at regular times. */
  lookAfter(): void {
    const { stream, presence } = this
    if (!stream?.probe || stream.attached === false || !this.initialized) return
    const due = presence.look()
    if (due === 'ask') stream.probe(presence.question)
    if (due !== 'gone') return
    // Its answer may have come while the process was held up, and wait to be read.
    setImmediate(() => {
      if (presence.waits) stream.abandon?.('the client went away without a word')
    })
  }

  /** Settles when no request waits for its answer. */
  quiet(): Promise<void> {
    if (this.requests.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting ??= []
      this.waiting.push(resolve)
    })
  }

  /** Ends it: whatever still runs for it is cancelled, and whoever can still hear it is told so. */
  close(reason = 'closed'): Promise<void> {
    if (this.closed) return Promise.resolve()
    this.closed = true
    const failure = new Failure('cancelled', `the session has ended: ${reason}`)
    for (const [key, pending] of this.requests.entries()) {
      pending.leave(new Failure('cancelled', reason))
      this.settle(key, (id) => errorText(id, failure))
    }
    this.questions?.close(reason)
    this.watches?.clear()
    this.whenClosed(reason)
    return Promise.resolve()
  }

  async inquire(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    if (!this.stream || lacking(this.abilities, questions))
      throw new Failure('client_lacks', 'this client cannot be asked that: it did not declare it, or has no stream open')
    return this.ask(questions, this.stream, new Canceller(), taken)
  }

  /** Asks the client, where the answer to a request of its own goes, or on the stream of the session. */
  ask(questions: Questions, sink: Sink, cancel: Canceller, taken?: AbortSignal): Promise<Answers> {
    const way = sink.streams === false ? this.stream : sink
    if (!way) {
      return Promise.reject(
        new Failure(
          'failed',
          'the client cannot be asked: it neither takes event streams nor has the stream of its session open',
        ),
      )
    }
    this.questions ??= new OpenQuestions()
    return this.questions.ask(questions, way, cancel, taken)
  }

  private answer(request: Request, sink: Sink): void {
    const pending = new PendingRequest(request.id, sink, this)
    const key = this.requests.add(pending)
    const done = (result: string) => this.settle(key, (id) => answerText(id, result))
    const failed = (error: unknown) => this.settle(key, (id) => errorText(id, this.reported(error, request.method)))
    try {
      // What is known at once is answered at once: a promise for it would cost more than the answer.
      const result = this.run(request, pending)
      if (typeof result === 'string') done(result)
      else result.then(done, failed)
    } catch (error) {
      failed(error)
    }
  }

  private answerModern(request: Request, sink: Sink): void {
    const pending: Pending = { id: request.id, sink, leave() {} }
    const key = this.requests.add(pending)
    const reply = {
      notice: (text: string) => {
        if (this.requests.get(key)) sink.tell(text)
      },
      answer: (text: string) => this.settle(key, () => text),
    }
    if (request.method === 'tools/call') this.calls++
    pending.leave = this.stateless.answer(request, this, reply)
  }

  private run({ method, params = noParams }: Request, pending: PendingRequest): string | Promise<string> {
    const handler = this.handlers.get(method)
    if (!handler) return this.runOwn(method, params)
    if (method === 'tools/call') this.calls++
    return handler({
      params,
      caller: this.caller,
      via: this.via,
      session: this.id,
      cancel: pending.cancel,
      logLevel: this.logLevel,
      notify: (name, values) => {
        if (pending.cancel.aborted || this.closed) return
        if (name === 'notifications/message' && !this.hears(values)) return
        pending.sink.tell(noticeText(name, values))
      },
      client: pending,
      revision: this.protocolVersion ?? sessionVersions[0],
    })
  }

  /** What only makes sense in a session. */
  private runOwn(method: string, params: Json): string | Promise<string> {
    switch (method) {
      case 'ping':
        return '{}'
      case 'initialize':
        return this.initialize(params)
      case 'logging/setLevel':
        return this.setLevel(params)
      case 'resources/subscribe':
        return this.watched()
          .add(uriIn(params))
          .then(() => '{}')
      case 'resources/unsubscribe':
        this.watched().remove(uriIn(params))
        return '{}'
      default:
        throw new Failure('unknown_method', `unknown method ${shown(method)}`)
    }
  }

  private initialize(params: Json): string {
    const problem = handshakeProblem(params)
    if (problem) throw new Failure('invalid_params', problem)
    const { name, version } = params.clientInfo as { name: string; version: string }
    this.client = `${name} ${version}`.slice(0, 200)
    this.abilities = params.capabilities as Json
    this.protocolVersion = agreedVersion(params.protocolVersion)
    return JSON.stringify(handshakeResult(this.protocolVersion, instructionsOf(this.yard.catalog, this)))
  }

  private setLevel({ level }: Json): string {
    if (!isLevel(level)) throw new Failure('invalid_params', `params.level must be one of ${levels.join(', ')}`)
    this.logLevel = level
    return '{}'
  }

  private hears({ level }: Json): boolean {
    return isHeard(level, this.logLevel ?? 'info')
  }

  private watched(): Watches {
    this.watches ??= createWatches(this.yard.catalog, { caller: this.caller, via: this.via, session: this.id }, (uri) =>
      this.notice('notifications/resources/updated', { uri }),
    )
    return this.watches
  }

  private note({ method, params }: { method: string; params?: Json }): void {
    if (method === 'notifications/roots/list_changed') return this.yard.sessions.rootsChanged(this)
    if (method !== 'notifications/cancelled') return
    for (const [key, pending] of this.requests.entries()) {
      if (pending.id !== params?.requestId) continue
      pending.leave(new Failure('cancelled', 'cancelled by the client'))
      this.forget(key, pending)
    }
  }

  private receiveBatch(messages: readonly unknown[], sink: Sink): void {
    try {
      checkBatch(messages, this.protocolVersion)
    } catch (error) {
      return sink.write(errorText(undefined, error))
    }
    const gathered = gather(messages, sink)
    for (const message of messages) {
      // A list in a list is no message.
      if (Array.isArray(message)) gathered.write(errorText(undefined, new Failure('invalid_request', notJsonRpc)))
      else this.receive(message, gathered)
    }
  }

  private settle(key: number, textOf: (id: Id) => string): void {
    const pending = this.requests.get(key)
    if (!pending) return
    pending.sink.write(textOf(pending.id))
    this.requests.delete(key)
    this.lastActiveAt = Date.now()
    this.tellWhoWaits()
  }

  /** A cancelled request gets no answer (MCP cancellation); its sink is told, so that a response of its own can end. */
  private forget(key: number, pending: Pending): void {
    this.requests.delete(key)
    pending.sink.cancelled?.()
    this.tellWhoWaits()
  }

  private tellWhoWaits(): void {
    if (this.requests.size > 0 || !this.waiting) return
    for (const resolve of this.waiting) resolve()
    this.waiting = undefined
  }

  private reported(error: unknown, method: string): unknown {
    if (!(error instanceof Failure)) this.yard.log.error('request failed', { method, session: this.id, error })
    return error
  }
}

/** A request that has no answer yet. */
interface Pending {
  readonly id: Id
  readonly sink: Sink
  /** Nobody waits for it any more. */
  leave(reason: Failure): void
}

/** A request of this era that has no answer yet; and, for what it calls, the client that sent it. */
class PendingRequest implements Pending, Client {
  readonly id: Id
  readonly sink: Sink
  readonly cancel = new Canceller()
  readonly resumable = false
  private readonly conversation: Conversation

  constructor(id: Id, sink: Sink, conversation: Conversation) {
    this.id = id
    this.sink = sink
    this.conversation = conversation
  }

  get abilities(): Json {
    return this.conversation.abilities
  }

  ask(questions: Questions, taken?: AbortSignal): Promise<Answers> {
    return this.conversation.ask(questions, this.sink, this.cancel, taken)
  }

  detach(): void {
    this.sink.detach?.()
  }

  leave(reason: Failure): void {
    this.cancel.abort(reason)
  }
}

function uriIn({ uri }: Json): string {
  if (typeof uri === 'string') return uri
  throw new Failure('invalid_params', 'params.uri must be a text')
}
