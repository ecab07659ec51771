/**
 * One MCP session of the revisions that have sessions (2024-11-05 to 2025-11-25), whatever it comes over.
 * Requests are answered by the shared handlers; the SDK's `Server` is the engine for the handshake and for what we ask the client.
 */
import { randomUUID } from 'node:crypto'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv-provider.js'
import type { Caller, Json, Via } from '../call.ts'
import { Canceller } from '../canceller.ts'
import type { ListName } from '../catalog.ts'
import { Failure } from '../errors.ts'
import type { Yard } from '../yard.ts'
import { checkBatch, gather } from './batch.ts'
import type { Handlers } from './handlers.ts'
import { capabilities, engineRefused, handshakeProblem } from './handshake.ts'
import { isHeard, isLevel } from './levels.ts'
import { answerText, errorText, type Id, idOf, noticeText, notJsonRpc, type Request, shapeOf } from './message.ts'
import type { Session } from './sessions.ts'
import type { Sink } from './sink.ts'

/** A request that has no answer yet. */
interface Question {
  readonly id: Id
  readonly sink: Sink
  readonly cancel: Canceller
}

export interface ConversationOptions {
  readonly yard: Yard
  readonly handlers: Handlers
  readonly via: Via
  readonly caller: Caller
  readonly id?: string
  /** Called once, after the conversation has ended, by whichever side. */
  readonly onClose: (reason: string) => void
}

const noParams: Json = Object.freeze({})

/** Checks the answers to questions of ours; one for all sessions, because each would cost as much as the session itself. */
const jsonSchemaValidator = new AjvJsonSchemaValidator()

export class Conversation implements Session, Transport {
  readonly id: string
  readonly via: Via
  readonly caller: Caller
  readonly openedAt = Date.now()
  lastActiveAt = this.openedAt
  calls = 0
  client?: string
  protocolVersion?: string
  /** Where goes what belongs to no request; without it such messages are dropped. */
  stream: Sink | undefined
  /** Set by the engine. */
  onmessage?: Transport['onmessage']
  onclose?: () => void

  private readonly yard: Yard
  private readonly handlers: Handlers
  private readonly whenClosed: (reason: string) => void
  private readonly engine: Server
  /** By a number of our own: two requests of one client may well carry the same id. */
  private readonly questions = new Map<number, Question>()
  private asked = 0
  /** What the client asked to hear; undefined until it did. */
  private logLevel: string | undefined
  private closed = false
  private waiting: (() => void)[] | undefined

  constructor({ yard, handlers, via, caller, id = randomUUID(), onClose }: ConversationOptions) {
    this.id = id
    this.via = via
    this.caller = caller
    this.yard = yard
    this.handlers = handlers
    this.whenClosed = onClose
    this.engine = new Server({ name: 'switchyard', version: yard.version }, { capabilities, jsonSchemaValidator })
    this.engine.onerror = (error) => yard.log.warn('session engine', { session: this.id, error: error.message.slice(0, 500) })
    void this.engine.connect(this)
  }

  get sessionId(): string {
    return this.id
  }

  /** True once the client has been told which version is spoken. */
  get initialized(): boolean {
    return this.protocolVersion !== undefined
  }

  busy(): boolean {
    return this.stream !== undefined || this.questions.size > 0
  }

  /**
   * Takes one parsed message, or a batch where the revision has them (2025-03-26 alone).
   * Whatever is wrong with it is answered on the sink; nothing is thrown.
   */
  receive(message: unknown, sink: Sink): void {
    this.lastActiveAt = Date.now()
    if (Array.isArray(message)) return this.receiveBatch(message, sink)
    switch (shapeOf(message)) {
      case 'request':
        return this.answer(message as unknown as Request, sink)
      case 'notification':
        return this.note(message as { method: string; params?: Json })
      case 'response':
        return this.onmessage?.(message as JSONRPCMessage)
      default:
        sink.write(errorText(idOf(message), new Failure('invalid_request', notJsonRpc)))
    }
  }

  /** Tells the client that lists have changed, each with the notification that MCP has for it. */
  listsChanged(lists: ReadonlySet<ListName>): void {
    if (!this.stream || !this.initialized) return
    if (lists.has('tools')) this.stream.write(noticeText('notifications/tools/list_changed'))
    if (lists.has('resources') || lists.has('templates')) this.stream.write(noticeText('notifications/resources/list_changed'))
    if (lists.has('prompts')) this.stream.write(noticeText('notifications/prompts/list_changed'))
  }

  /** Settles when no request waits for its answer. */
  quiet(): Promise<void> {
    if (this.questions.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting ??= []
      this.waiting.push(resolve)
    })
  }

  /** Ends it: whatever still runs for it is cancelled, and whoever can still hear it is told so. */
  close(reason = 'closed'): Promise<void> {
    if (this.closed) return Promise.resolve()
    this.closed = true
    for (const [key, { cancel }] of this.questions) {
      cancel.abort(new Failure('cancelled', reason))
      this.settleQuestion(key, (id) => errorText(id, new Failure('cancelled', `the session has ended: ${reason}`)))
    }
    this.onclose?.()
    this.whenClosed(reason)
    return Promise.resolve()
  }

  /** For the engine: it connects to us as to a transport, and there is nothing to start. */
  start(): Promise<void> {
    return Promise.resolve()
  }

  /** For the engine: its answers go where the question came from, its questions to the stream of the session. */
  send(message: JSONRPCMessage): Promise<void> {
    if ('method' in message) this.stream?.write(JSON.stringify(message))
    else if ('result' in message)
      this.settleQuestion(Number(message.id), (id) => answerText(id, JSON.stringify(this.noted(message.result))))
    else this.settleQuestion(Number(message.id), (id) => errorText(id, new Failure('invalid_params', engineRefused)))
    return Promise.resolve()
  }

  private answer(request: Request, sink: Sink): void {
    const key = ++this.asked
    const question: Question = { id: request.id, sink, cancel: new Canceller() }
    this.questions.set(key, question)
    if (request.method === 'initialize') return this.initialize(request, key)
    this.run(request, question).then(
      (result) => this.settleQuestion(key, (id) => answerText(id, result)),
      (error: unknown) => this.settleQuestion(key, (id) => errorText(id, this.reported(error, request.method))),
    )
  }

  private async run({ method, params = noParams }: Request, { sink, cancel }: Question): Promise<string> {
    if (method === 'logging/setLevel') return this.setLevel(params)
    const handler = this.handlers.get(method)
    if (!handler) throw new Failure('unknown_method', `unknown method ${method.slice(0, 100)}`)
    if (method === 'tools/call') this.calls++
    return handler({
      params,
      caller: this.caller,
      via: this.via,
      session: this.id,
      cancel,
      logLevel: this.logLevel,
      notify: (name, values) => {
        if (cancel.aborted || this.closed) return
        if (name === 'notifications/message' && !isHeard(values.level, this.logLevel ?? 'info')) return
        sink.write(noticeText(name, values))
      },
    })
  }

  private initialize(request: Request, key: number): void {
    const { params = noParams } = request
    const problem = handshakeProblem(params)
    if (problem) return this.settleQuestion(key, (id) => errorText(id, new Failure('invalid_params', problem)))
    const { name, version } = params.clientInfo as { name: string; version: string }
    this.client = `${name} ${version}`.slice(0, 200)
    this.onmessage?.({ ...request, id: key } as JSONRPCMessage)
  }

  private setLevel({ level }: Json): string {
    if (!isLevel(level))
      throw new Failure(
        'invalid_params',
        'params.level must be one of debug, info, notice, warning, error, critical, alert, emergency',
      )
    this.logLevel = level
    return '{}'
  }

  private note({ method, params }: { method: string; params?: Json }): void {
    if (method !== 'notifications/cancelled') return this.onmessage?.({ jsonrpc: '2.0', method, params } as JSONRPCMessage)
    for (const [key, question] of this.questions) {
      if (question.id !== params?.requestId) continue
      question.cancel.abort(new Failure('cancelled', 'cancelled by the client'))
      this.forget(key, question)
    }
  }

  private receiveBatch(messages: readonly unknown[], sink: Sink): void {
    try {
      checkBatch(messages, this.protocolVersion)
    } catch (error) {
      return sink.write(errorText(undefined, error))
    }
    const gathered = gather(messages, sink)
    for (const message of messages) this.receive(message, gathered)
  }

  private settleQuestion(key: number, textOf: (id: Id) => string): void {
    const question = this.questions.get(key)
    if (!question) return
    question.sink.write(textOf(question.id))
    this.questions.delete(key)
    this.lastActiveAt = Date.now()
    this.settle()
  }

  /** A cancelled question gets no answer (MCP cancellation); its sink is told, so that a response of its own can end. */
  private forget(key: number, question: Question): void {
    this.questions.delete(key)
    question.sink.cancelled?.()
    this.settle()
  }

  private settle(): void {
    if (this.questions.size > 0 || !this.waiting) return
    for (const resolve of this.waiting) resolve()
    this.waiting = undefined
  }

  /** Keeps what the handshake settled. */
  private noted(result: Json): Json {
    if (typeof result.protocolVersion === 'string') this.protocolVersion = result.protocolVersion
    return result
  }

  private reported(error: unknown, method: string): unknown {
    if (!(error instanceof Failure)) this.yard.log.error('request failed', { method, session: this.id, error })
    return error
  }
}
