/**
 * The response to one POST of Streamable HTTP with sessions: plain JSON if nothing but the answer comes, an event stream if something comes
 * before it. A stream that breaks off goes on where the client comes back for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { hasBatches } from './batch.ts'
import type { Conversation } from './conversation.ts'
import { shapeOf } from './message.ts'
import { type Slow, waitFor, waitNoMore } from './patience.ts'
import type { Sink } from './sink.ts'
import type { Resumable, Streams } from './streams.ts'
import { EventStream } from './wire.ts'

/** How an error begins that answers no request: then the POST as a whole was wrong. */
const withoutId = '{"jsonrpc":"2.0","error"'
export class Exchange implements Sink, Resumable, Slow {
  /** Whether the client takes an event stream; without one there is no room for anything but the answer. */
  readonly streams: boolean
  private readonly outgoing: ServerResponse
  private readonly headers: Record<string, string>
  private readonly place: Streams
  private stream: EventStream | undefined
  /** The name of the stream, once there is one. */
  private name: string | undefined
  private patience: number | undefined
  private done = false

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, headers: Record<string, string>, place: Streams) {
    this.outgoing = outgoing
    this.headers = headers
    this.place = place
    this.streams = (incoming.headers.accept ?? '').includes('text/event-stream')
  }

  /** Hands the message to the conversation; what needs no answer is acknowledged at once. */
  pass(message: unknown, conversation: Conversation): void {
    if (!asks(message, conversation)) {
      this.done = true
      this.outgoing.writeHead(202, { 'content-length': 0, ...this.headers }).end()
    }
    conversation.receive(message, this)
    if (!this.done && this.streams) this.patience = waitFor(this)
  }

  becomeStream(): void {
    if (!this.done) this.open()
  }

  tell(text: string): void {
    if (!this.done && this.streams) this.send(text)
  }

  write(text: string): void {
    if (this.done) return
    this.done = true
    waitNoMore(this.patience)
    if (this.name !== undefined) {
      this.send(text)
      this.stream?.end('answered')
      this.place.finished(this.name)
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
    waitNoMore(this.patience)
    if (this.name !== undefined) {
      this.stream?.end('cancelled')
      this.place.finished(this.name)
    } else if (!this.outgoing.destroyed) this.outgoing.writeHead(202, { 'content-length': 0, ...this.headers }).end()
  }

  /** The client is back on another response, which has been told already what it missed. */
  attach(stream: EventStream): void {
    this.stream?.end('the client took the stream up elsewhere')
    this.stream = stream
  }

  detach(): void {
    if (this.done || !this.streams || !this.place.polled) return
    const stream = this.open()
    stream?.retry(this.place.retry)
    stream?.end('the client comes back for the answer')
    this.stream = undefined
  }

  private send(text: string): void {
    const stream = this.open()
    // Also where nobody is there now: the client may come back for it.
    const id = this.place.keep(this.name!, text)
    stream?.write(text, id)
  }

  /** The stream, begun where there is none; undefined while the client is away from it. */
  private open(): EventStream | undefined {
    waitNoMore(this.patience)
    if (this.name === undefined) {
      this.stream = new EventStream(this.outgoing, () => {}, this.headers)
      this.name = this.place.begin(this, this.stream)
    }
    return this.stream
  }
}

/** Whether something will be answered: a request, what is wrong, and a batch where there are none. */
function asks(message: unknown, { protocolVersion }: Conversation): boolean {
  if (!Array.isArray(message)) return isAnswered(message)
  return message.length === 0 || !hasBatches(protocolVersion) || message.some(isAnswered)
}

const isAnswered = (message: unknown): boolean => shapeOf(message) === 'request' || shapeOf(message) === 'invalid'
