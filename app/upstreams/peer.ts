/**
 * JSON-RPC with an MCP server: our requests with ids of our own, its requests and notifications, whatever the wire. Members that we do not
 * know survive both ways.
 */
import type { Json, Result } from '../call.ts'
import { isObject } from '../is-object.ts'
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
  /** @param from the request of ours on whose response it came, where that can be told */
  notice(method: string, params: Json, from: string | undefined): void
  /** The server asks us. What is thrown becomes its error answer. @param signal aborts when it takes its request back */
  question(method: string, params: Json, from: string | undefined, signal: AbortSignal): Promise<Json>
  /** The wire reported an error that it goes on after. */
  error(error: Error): void
  closed(reason: string): void
}

interface Pending {
  resolve(result: Result): void
  reject(error: Error): void
  progress: ((params: Json) => void) | undefined
}

export interface Ask {
  readonly signal?: AbortSignal
  /** Hears `notifications/progress` of this request; asking for it makes the server send them. */
  readonly progress?: (params: Json) => void
  /** Progress may also come after the answer, until this aborts: when the answer was that there is a task now. */
  readonly progressUntil?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** The server learns that nobody waits any more by the end of the connection, not by a notification (2026-07-28 over HTTP). */
  readonly cancelByClosing?: boolean
  /** Told the id of the request before it is sent. */
  readonly begun?: (id: string) => void
}

export class Peer {
  private readonly wire: Wire
  private readonly events: PeerEvents
  private readonly pending = new Map<string, Pending>()
  /** Who hears progress of what has been answered already, by its token. */
  private readonly afterwards = new Map<string, (params: Json) => void>()
  /** What the server asked and we have not answered yet, by its id as JSON text. */
  private readonly questions = new Map<string, AbortController>()
  private asked = 0
  private retired = false
  private over = false

  constructor(open: (events: WireEvents) => Wire, events: PeerEvents) {
    this.events = events
    this.wire = open({
      message: (message, from) => this.take(message, from),
      failed: (from, error) => this.pending.get(from)?.reject(error),
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
  request(method: string, params: Json, options: Ask = {}): Promise<Result> {
    const { signal, progress, progressUntil, headers, cancelByClosing = false } = options
    const id = `s${++this.asked}`
    options.begun?.(id)
    return new Promise<Result>((resolve, reject) => {
      if (this.over) return reject(new Gone('not connected'))
      const settle = () => {
        this.pending.delete(id)
        signal?.removeEventListener('abort', cancel)
        this.closeWhenAnswered()
      }
      const cancel = () => {
        settle()
        if (!cancelByClosing) this.tell('notifications/cancelled', { requestId: id, reason: 'the caller does not wait any more' })
        reject(signal?.reason instanceof Error ? signal.reason : new Gone('cancelled'))
      }
      if (signal?.aborted) return cancel()
      signal?.addEventListener('abort', cancel)
      this.pending.set(id, {
        resolve: (result) => {
          settle()
          if (progress && progressUntil) this.hearAfterwards(id, progress, progressUntil)
          resolve(result)
        },
        reject(error) {
          settle()
          reject(error)
        },
        progress,
      })
      const sent = { jsonrpc: '2.0', id, method, params: withToken(params, progress && id) }
      this.wire
        .send(sent, { headers, ...(cancelByClosing ? { signal } : {}) })
        .catch((error: unknown) => this.pending.get(id)?.reject(asError(error)))
    })
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

  private send(message: Json): void {
    if (!this.over) this.wire.send(message).catch((error: unknown) => this.events.error(asError(error)))
  }

  private take(message: Json, from: string | undefined): void {
    const params = isObject(message.params) ? message.params : {}
    if (typeof message.method === 'string') {
      if (message.id === undefined) this.note(message.method, params, from)
      else void this.answer(message.method, params, message.id, from)
      return
    }
    const pending = typeof message.id === 'string' ? this.pending.get(message.id) : undefined
    if (!pending) return
    if (isObject(message.result)) pending.resolve(message.result)
    else if (isObject(message.error)) pending.reject(new Refused(errorIn(message.error)))
    else pending.reject(new Refused({ code: -32603, message: 'the server answered with neither a result nor an error' }))
  }

  private note(method: string, params: Json, from: string | undefined): void {
    if (method === 'notifications/progress') return this.progressed(String(params.progressToken), params)
    if (method === 'notifications/cancelled') return this.questions.get(JSON.stringify(params.requestId))?.abort()
    this.events.notice(method, params, from)
  }

  private progressed(token: string, params: Json): void {
    const hear = this.pending.get(token)?.progress ?? this.afterwards.get(token)
    hear?.(params)
  }

  private hearAfterwards(token: string, progress: (params: Json) => void, until: AbortSignal): void {
    this.afterwards.set(token, progress)
    until.addEventListener('abort', () => this.afterwards.delete(token))
  }

  private async answer(method: string, params: Json, id: unknown, from: string | undefined): Promise<void> {
    const key = JSON.stringify(id)
    const taken = new AbortController()
    this.questions.set(key, taken)
    try {
      const result = method === 'ping' ? {} : await this.events.question(method, params, from, taken.signal)
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
    for (const pending of [...this.pending.values()]) pending.reject(new Gone('the connection ended before the answer came'))
    for (const question of this.questions.values()) question.abort()
    this.events.closed(reason)
  }
}

/** Tokens are remapped: ours is the id of the request, whatever the caller's was. */
function withToken(params: Json, token: string | undefined): Json {
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

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
