/**
 * JSON-RPC with an MCP server: our requests with ids of our own, its requests and notifications, whatever the wire. Members that we do not
 * know survive both ways.
 */
import type { Call, Json, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { Ring } from '../../ring.ts'
import { Doubts } from './doubts.ts'
import type { Wire, WireEvents } from './wire.ts'

/** An error that the server answered with, or that it gets from us. */
export class Refused extends Error {
  readonly code: number
  readonly data: unknown

  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** The connection went away with the question unanswered. */
export class Gone extends Error {}

export interface PeerEvents {
  /** @param call that it belongs to, where that can be told */
  notice(method: string, params: Json, call: Call | undefined): void
  /** The server asks us. What is thrown becomes its error answer. @param signal aborts when it takes its request back */
  question(method: string, params: Json, call: Call | undefined, signal: AbortSignal): Promise<Json>
  /** The wire reported an error that it goes on after. */
  error(error: Error): void
  closed(reason: string): void
}

interface Pending {
  resolve(result: Result): void
  reject(error: Error): void
  readonly ask: Ask
}

export interface Ask {
  readonly signal?: AbortSignal
  /** On whose behalf; nobody waits for the answer any more when it is cancelled. */
  readonly call?: Call
  /** Hears `notifications/progress` of this request; asking for it makes the server send them. */
  readonly progress?: (params: Json) => void
  /** Progress may also come after the answer, until this aborts: when the answer was that there is a task now. */
  readonly progressUntil?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** The server learns that nobody waits any more by the end of the connection, not by a notification (2026-07-28 over HTTP). */
  readonly cancelByClosing?: boolean
}

const plainly: Ask = Object.freeze({})

export class Peer {
  private readonly wire: Wire
  private readonly events: PeerEvents
  /** By the number in the id that we gave it: `s7` has 7. */
  private readonly pending = new Ring<Pending>()
  /** Who hears progress of what has been answered already, by its token. */
  private readonly afterwards = new Map<unknown, (params: Json) => void>()
  /** What the server asked and we have not answered yet, by its id as JSON text. */
  private readonly questions = new Map<string, AbortController>()
  private readonly doubts = new Doubts()
  private retired = false
  private over = false

  constructor(open: (events: WireEvents) => Wire, events: PeerEvents) {
    this.events = events
    this.wire = open({
      message: (message, from) => this.take(message, from),
      failed: (from, error) => this.pendingOf(from)?.reject(error),
      error: (error) => events.error(error),
      closed: (reason) => this.finish(reason),
    })
  }

  start(signal?: AbortSignal): Promise<void> {
    return this.wire.start(signal)
  }

  /** The revision that the handshake settled. */
  version(protocolVersion: string): void {
    this.wire.version(protocolVersion)
  }

  /** Whether the server keeps something for this connection that it would not keep for another one. */
  get stateful(): boolean {
    return this.wire.stateful
  }

  async close(): Promise<void> {
    await this.wire.close()
    this.finish('closed')
  }

  /** It counts as closed from now on, but what was asked already may still be answered. */
  retire(reason: string): void {
    if (this.retired) return
    this.retired = true
    this.events.closed(reason)
    this.closeWhenAnswered()
  }

  /**
   * Asks, and gives the result as the server wrote it.
   * @throws Refused with the server's error, Gone when the connection ends first, the signal's reason when it aborts (the server is told),
   *   or what the wire throws when the message cannot be sent
   */
  request(method: string, params: Json, ask: Ask = plainly): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      if (this.over) return reject(new Gone('not connected'))
      const { call, cancelByClosing = false, headers } = ask
      const signal = ask.signal ?? (cancelByClosing ? call?.signal : undefined)
      const settle = () => {
        this.pending.delete(key)
        signal?.removeEventListener('abort', cancel)
        call?.cancel.tellNoMore(cancel)
        if (this.retired) this.closeWhenAnswered()
      }
      const cancel = () => {
        if (!this.pending.get(key)) return
        settle()
        if (!cancelByClosing) this.takeBack(`s${key}`)
        if (call) this.doubts.add(call)
        reject(reasonIn(signal ?? call?.signal))
      }
      const key = this.pending.add({
        ask,
        resolve: (result) => {
          settle()
          if (ask.progressUntil) this.hearAfterwards(`s${key}`, ask.progressUntil, ask.progress)
          resolve(result)
        },
        reject(error) {
          settle()
          reject(error)
        },
      })
      const id = `s${key}`
      if (signal?.aborted || call?.cancel.aborted) return cancel()
      signal?.addEventListener('abort', cancel)
      call?.cancel.tellToo(cancel)
      const sent = { jsonrpc: '2.0', id, method, params: withToken(params, ask.progress && id) }
      this.wire
        .send(sent, headers || cancelByClosing ? { headers, signal: cancelByClosing ? signal : undefined } : undefined)
        .catch((error: unknown) => this.pending.get(key)?.reject(asError(error)))
    })
  }

  /** Calls that wait for this server now. */
  running(): number {
    let running = 0
    for (const { ask } of this.pending.values()) if (ask.call) running++
    return running
  }

  /** Says that the handshake is done, and settles when what the server says by itself is heard. */
  async initialized(): Promise<void> {
    await this.wire
      .send({ jsonrpc: '2.0', method: 'notifications/initialized' })
      .catch((error: unknown) => this.events.error(asError(error)))
    await this.wire.ready()
  }

  /** Sends a notification; one that cannot be sent is lost, as notifications may be. */
  tell(method: string, params: Json): void {
    this.send({ jsonrpc: '2.0', method, params })
  }

  /** Its response is not read any more: a server that heeds this does not end it by itself. */
  private takeBack(id: string): void {
    if (this.over) return
    const params = { requestId: id, reason: 'the caller does not wait any more' }
    this.wire
      .send({ jsonrpc: '2.0', method: 'notifications/cancelled', params })
      .catch((error: unknown) => this.events.error(asError(error)))
      .finally(() => this.wire.forget(id))
  }

  private send(message: Json): void {
    if (!this.over) this.wire.send(message).catch((error: unknown) => this.events.error(asError(error)))
  }

  private take(message: Json, from: string | undefined): void {
    const params = isObject(message.params) ? message.params : {}
    if (typeof message.method === 'string') {
      const call = this.callFor(from)
      if (message.id === undefined) this.note(message.method, params, call)
      else void this.answer(message.method, params, message.id, call)
      return
    }
    const pending = this.pendingOf(message.id)
    if (!pending) return
    if (isObject(message.result)) pending.resolve(message.result)
    else if (isObject(message.error)) pending.reject(new Refused(errorIn(message.error)))
    else pending.reject(new Refused({ code: -32603, message: 'the server answered with neither a result nor an error' }))
  }

  /** @param id as the server wrote it */
  private pendingOf(id: unknown): Pending | undefined {
    return typeof id === 'string' && /^s\d{1,15}$/.test(id) ? this.pending.get(Number(id.slice(1))) : undefined
  }

  /** Whose call a message is about that names none: that on whose response it came, or the only one there is, or that of the one client. */
  private callFor(from: string | undefined): Call | undefined {
    if (from !== undefined) return this.pendingOf(from)?.ask.call
    let last: Call | undefined
    for (const { ask } of this.pending.values()) {
      if (!ask.call) continue
      if (last && (last.session === undefined || ask.call.session !== last.session)) return undefined
      last = ask.call
    }
    return last && this.doubts.besides(last) ? undefined : last
  }

  private note(method: string, params: Json, call: Call | undefined): void {
    if (method === 'notifications/progress') return this.progressed(params)
    if (method === 'notifications/cancelled') return this.questions.get(JSON.stringify(params.requestId))?.abort()
    this.events.notice(method, params, call)
  }

  private progressed(params: Json): void {
    const token = params.progressToken
    const hear = this.pendingOf(token)?.ask.progress ?? this.afterwards.get(token)
    hear?.(params)
  }

  private hearAfterwards(token: string, until: AbortSignal, progress: Ask['progress']): void {
    if (!progress) return
    this.afterwards.set(token, progress)
    until.addEventListener('abort', () => this.afterwards.delete(token))
  }

  private async answer(method: string, params: Json, id: unknown, call: Call | undefined): Promise<void> {
    const key = JSON.stringify(id)
    const taken = new AbortController()
    this.questions.set(key, taken)
    try {
      const result = method === 'ping' ? {} : await this.events.question(method, params, call, taken.signal)
      if (!taken.signal.aborted) this.send({ jsonrpc: '2.0', id, result })
    } catch (error) {
      if (!taken.signal.aborted) this.send({ jsonrpc: '2.0', id, error: errorOf(error) })
    } finally {
      this.questions.delete(key)
    }
  }

  private closeWhenAnswered(): void {
    if (this.retired && this.pending.size === 0) this.close().catch((error: unknown) => this.events.error(asError(error)))
  }

  private finish(reason: string): void {
    if (this.over) return
    this.over = true
    for (const pending of this.pending.values()) pending.reject(new Gone('the connection ended before the answer came'))
    for (const question of this.questions.values()) question.abort()
    this.events.closed(reason)
  }
}

/** Tokens are remapped: ours is the id of the request, whatever the caller's was. */
function withToken(params: Json, token: string | undefined): Json {
  if (token === undefined && params._meta === undefined) return params
  const { _meta, ...rest } = params
  const { progressToken: _, ...kept } = isObject(_meta) ? _meta : {}
  if (token !== undefined) kept.progressToken = token
  return Object.keys(kept).length ? { ...rest, _meta: kept } : rest
}

const errorIn = ({ code, message, data }: Json) => ({
  code: typeof code === 'number' ? code : -32603,
  message: typeof message === 'string' ? message : '',
  data,
})

function errorOf(error: unknown): Json {
  if (error instanceof Refused)
    return { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) }
  return { code: -32603, message: 'the question could not be answered' }
}

const reasonIn = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new Gone('cancelled')

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
