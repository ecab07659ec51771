/** The event streams of one session over Streamable HTTP, and the way back to one that broke off (`Last-Event-ID`, SEP-1699). */
import type { ServerResponse } from 'node:http'
import { Failure } from '../errors.ts'
import type { Sink } from './sink.ts'
import { Trail } from './trail.ts'
import { EventStream } from './wire.ts'

/** Milliseconds that a client should wait before it comes back. */
const retry = 500

/** An answer to a POST that is not complete yet. */
export interface Resumable {
  /** The client is back on another response, which has been told already what it missed. */
  attach(stream: EventStream): void
}

export class Streams {
  readonly retry = retry
  private readonly trail = new Trail()
  /** By the name of their stream. */
  private readonly open = new Map<string, Resumable>()
  private readonly standing: Standing
  private readonly headers: Record<string, string>
  private readonly version: () => string | undefined

  /** @param version that is spoken, once it is known */
  constructor(headers: Record<string, string>, version: () => string | undefined) {
    this.headers = headers
    this.version = version
    this.standing = new Standing(this.trail)
  }

  /** Whether this client knows what an event without content is, and comes back by itself; older ones fail on it. */
  get polled(): boolean {
    return (this.version() ?? '') >= '2025-11-25'
  }

  /** One more stream that answers a POST. Gives its name. */
  begin(exchange: Resumable, stream: EventStream): string {
    const name = this.trail.begin()
    this.open.set(name, exchange)
    this.prime(stream, name)
    return name
  }

  keep(name: string, text: string): string {
    return this.trail.add(name, text)
  }

  finished(name: string): void {
    this.open.delete(name)
    this.trail.finish(name)
  }

  /** The stream for what belongs to no request. Throws Failure `conflict` where the session has one that is open. */
  stand(outgoing: ServerResponse, ended: () => void): Sink {
    if (this.standing.attached) throw new Failure('conflict', 'this session has its stream already')
    const stream = new EventStream(outgoing, () => this.standing.left(stream, ended), this.headers)
    this.prime(stream, this.standing.name)
    this.standing.attach(stream)
    return this.standing
  }

  /**
   * Goes on with a stream after an event that the client had.
   * @returns the session's own stream, where it is that one
   */
  resume(lastEventId: string, outgoing: ServerResponse, ended: () => void): Sink | undefined {
    const missed = this.trail.after(lastEventId)
    if (!missed) {
      throw new Failure('invalid_request', 'Last-Event-ID names no event that is still kept: what came after it is lost')
    }
    const own = missed.stream === this.standing.name
    const stream = new EventStream(outgoing, () => own && this.standing.left(stream, ended), this.headers)
    stream.replay(missed.events)
    if (own) {
      this.standing.attach(stream)
      return this.standing
    }
    const exchange = this.open.get(missed.stream)
    if (exchange) exchange.attach(stream)
    else stream.end('answered')
    return undefined
  }

  close(reason: string): void {
    this.standing.end(reason)
    this.trail.clear()
  }

  private prime(stream: EventStream, name: string): void {
    if (this.polled) stream.prime(this.trail.mark(name))
    // A comment is no event, but it is a byte: some clients take a stream for open only when something has come.
    else stream.ping()
  }
}

/** What belongs to no request: kept while the client is away, once it has been there. */
class Standing implements Sink {
  readonly name: string
  private readonly trail: Trail
  private stream: EventStream | undefined

  constructor(trail: Trail) {
    this.trail = trail
    this.name = trail.begin()
  }

  get attached(): boolean {
    return this.stream !== undefined
  }

  write(text: string): void {
    this.tell(text)
  }

  tell(text: string): void {
    const id = this.trail.add(this.name, text)
    this.stream?.write(text, id)
  }

  probe(text: string): void {
    this.stream?.probe(text)
  }

  abandon(reason: string): void {
    this.stream?.abandon(reason)
  }

  attach(stream: EventStream): void {
    const before = this.stream
    this.stream = stream
    before?.end('the client took the stream up elsewhere')
  }

  left(stream: EventStream, ended: () => void): void {
    if (this.stream !== stream) return
    this.stream = undefined
    ended()
  }

  end(reason: string): void {
    this.stream?.end(reason)
  }
}
