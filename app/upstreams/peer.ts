/**
 * Our end of a connection to an MCP server. The SDK's Client makes the handshake over it; requests of ours then go straight
 * to the transport, with ids of our own, so that every notification reaches its call before the answer does, and unknown members survive.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js'
import type { Json, Result } from '../call.ts'

/** An error that the server answered with. */
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
  /** A notification that belongs to no request. */
  notice(method: string, params: Json): void
  /** The transport reported an error that it goes on after, or that it ends with. */
  error(error: Error): void
  closed(): void
}

interface Pending {
  resolve(result: Result): void
  reject(error: Error): void
  notify: ((params: Json) => void) | undefined
}

export interface Ask {
  readonly signal?: AbortSignal
  /** Hears `notifications/progress` of this request; asking for it makes the server send them. */
  readonly progress?: (params: Json) => void
}

export class Peer implements Transport {
  onmessage?: Transport['onmessage']
  onclose?: () => void
  onerror?: (error: Error) => void

  private readonly inner: Transport
  private readonly events: PeerEvents
  private readonly pending = new Map<string, Pending>()
  private asked = 0
  private retired = false
  private over = false

  constructor(inner: Transport, events: PeerEvents) {
    this.inner = inner
    this.events = events
    inner.onmessage = (message: JSONRPCMessage, extra?: MessageExtraInfo) => this.take(message, extra)
    inner.onerror = (error) => events.error(error)
    inner.onclose = () => this.finish()
  }

  /** For the SDK's Client: the handshake goes through here. */
  start(): Promise<void> {
    return this.inner.start()
  }

  send(message: JSONRPCMessage): Promise<void> {
    return this.inner.send(message)
  }

  setProtocolVersion(version: string): void {
    this.inner.setProtocolVersion?.(version)
  }

  get sessionId(): string | undefined {
    return this.inner.sessionId
  }

  async close(): Promise<void> {
    await this.inner.close()
    this.finish()
  }

  /** It counts as closed from now on, but what was asked already may still be answered. */
  retire(): void {
    if (this.retired) return
    this.retired = true
    this.events.closed()
    this.closeWhenAnswered()
  }

  /**
   * Asks, and gives the result as the server wrote it.
   * @throws Refused with the server's error, Gone when the connection ends first, the signal's reason when it aborts (the server is told),
   *   or what the transport throws when the message cannot be sent
   */
  request(method: string, params: Json, { signal, progress }: Ask = {}): Promise<Result> {
    const id = `s${++this.asked}`
    const meta = { ...(params._meta as Json | undefined) }
    delete meta.progressToken
    if (progress) meta.progressToken = id
    const sent = { ...params, ...(Object.keys(meta).length ? { _meta: meta } : {}) }
    if (!Object.keys(meta).length) delete (sent as Json)._meta
    return new Promise<Result>((resolve, reject) => {
      if (this.over) return reject(new Gone('not connected'))
      const settle = () => {
        this.pending.delete(id)
        signal?.removeEventListener('abort', cancel)
        this.closeWhenAnswered()
      }
      const cancel = () => {
        settle()
        this.tell('notifications/cancelled', { requestId: id, reason: 'the caller does not wait any more' })
        reject(signal?.reason instanceof Error ? signal.reason : new Gone('cancelled'))
      }
      if (signal?.aborted) return cancel()
      signal?.addEventListener('abort', cancel)
      this.pending.set(id, {
        resolve(result) {
          settle()
          resolve(result)
        },
        reject(error) {
          settle()
          reject(error)
        },
        notify: progress,
      })
      this.inner
        .send({ jsonrpc: '2.0', id, method, params: sent })
        .catch((error: unknown) => this.pending.get(id)?.reject(asError(error)))
    })
  }

  /** Sends a notification; one that cannot be sent is lost, as notifications may be. */
  tell(method: string, params: Json): void {
    if (!this.over)
      this.inner
        .send({ jsonrpc: '2.0', method, params } as JSONRPCMessage)
        .catch((error: unknown) => this.events.error(asError(error)))
  }

  private take(message: JSONRPCMessage, extra: MessageExtraInfo | undefined): void {
    if ('method' in message) {
      if ('id' in message) return this.onmessage?.(message, extra)
      return this.note(message.method, (message.params ?? {}) as Json)
    }
    const pending = typeof message.id === 'string' ? this.pending.get(message.id) : undefined
    if (!pending) return this.onmessage?.(message, extra)
    if ('result' in message) pending.resolve(message.result as Result)
    else pending.reject(new Refused(message.error))
  }

  private note(method: string, params: Json): void {
    if (method === 'notifications/progress') this.pending.get(String(params.progressToken))?.notify?.(params)
    else this.events.notice(method, params)
  }

  private closeWhenAnswered(): void {
    if (this.retired && this.pending.size === 0) this.close().catch((error: unknown) => this.events.error(asError(error)))
  }

  private finish(): void {
    if (this.over) return
    this.over = true
    this.onclose?.()
    for (const pending of [...this.pending.values()]) pending.reject(new Gone('the connection ended before the answer came'))
    this.events.closed()
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
