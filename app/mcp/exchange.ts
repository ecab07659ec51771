/** The response to one POST of Streamable HTTP: plain JSON if nothing but the answer comes, an event stream if something comes before it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Conversation } from './conversation.ts'
import { shapeOf } from './message.ts'
import type { Sink } from './sink.ts'
import { EventStream } from './wire.ts'

/** An answer that takes longer than this (ms) goes out as a stream, which pings keep open. */
const patience = 15_000
/** How an error begins that answers no request: then the POST as a whole was wrong. */
const withoutId = '{"jsonrpc":"2.0","error"'

export class Exchange implements Sink {
  private readonly outgoing: ServerResponse
  private readonly headers: Record<string, string>
  private readonly streams: boolean
  private stream: EventStream | undefined
  private timer: NodeJS.Timeout | undefined
  private done = false

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, headers: Record<string, string>) {
    this.outgoing = outgoing
    this.headers = headers
    this.streams = (incoming.headers.accept ?? '').includes('text/event-stream')
  }

  /** Hands the message to the conversation; what needs no answer is acknowledged at once. */
  pass(message: unknown, conversation: Conversation): void {
    const messages = Array.isArray(message) ? message : [message]
    const asks = messages.length === 0 || messages.some((one) => shapeOf(one) === 'request' || shapeOf(one) === 'invalid')
    if (!asks) {
      this.done = true
      this.outgoing.writeHead(202, { 'content-length': 0, ...this.headers }).end()
    } else if (this.streams) this.timer = setTimeout(() => this.open(), patience)
    conversation.receive(message, this)
  }

  write(text: string): void {
    if (this.done) return
    if (text.startsWith('{"jsonrpc":"2.0","method"')) {
      // Without an event stream there is no room for anything but the answer.
      if (this.streams) this.open().write(text)
      return
    }
    this.done = true
    clearTimeout(this.timer)
    if (this.stream) {
      this.stream.write(text)
      this.stream.end('answered')
    } else if (!this.outgoing.destroyed) {
      this.outgoing.writeHead(text.startsWith(withoutId) ? 400 : 200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...this.headers,
      })
      this.outgoing.end(text)
    }
  }

  /** The client took its question back: there is nothing to say any more, and the response must not stay open. */
  cancelled(): void {
    if (this.done) return
    this.done = true
    clearTimeout(this.timer)
    if (this.stream) this.stream.end('cancelled')
    else if (!this.outgoing.destroyed) this.outgoing.writeHead(202, { 'content-length': 0, ...this.headers }).end()
  }

  private open(): EventStream {
    this.stream ??= new EventStream(this.outgoing, () => {}, this.headers)
    return this.stream
  }
}
