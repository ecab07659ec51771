/** The response to one POST of 2026-07-28: plain JSON if nothing but the answer comes, an event stream if something comes before it. */
import type { ServerResponse } from 'node:http'
import type { Failure } from '../errors.ts'
import type { Held } from '../standing/held.ts'
import type { Reply } from './enquiry.ts'
import { errorText, type Id } from './message.ts'
import { type Slow, waitFor, waitNoMore } from './patience.ts'
import { EventStream } from './wire.ts'

export class HttpReply implements Reply, Slow {
  /** By whose credential the answer is waited for, where that is known. */
  held: Held | undefined
  private readonly outgoing: ServerResponse
  private stream: EventStream | undefined
  private gone: (() => void) | undefined
  private patience: number | undefined
  private done = false

  constructor(outgoing: ServerResponse) {
    this.outgoing = outgoing
    outgoing.once('close', () => this.left())
  }

  /** @param gone called when the client leaves before it has its answer: that is how it takes its request back */
  begun(gone: () => void): void {
    if (this.done) return
    if (this.outgoing.destroyed) return gone()
    this.gone = gone
    this.patience = waitFor(this)
  }

  /** Whether the answer is still to come. */
  get waits(): boolean {
    return !this.done
  }

  /**
   * The caller may not have the answer any more: the request is taken back, and the caller told why.
   * @param tell says it where nothing was said yet
   */
  refuse(id: Id, why: Failure, tell: () => void): void {
    if (this.done) return
    this.over()
    if (this.stream) {
      this.stream.write(errorText(id, why, true))
      this.stream.end(why.message)
    } else tell()
    this.gone?.()
  }

  becomeStream(): void {
    if (!this.done) this.open()
  }

  notice(text: string): void {
    if (!this.done) this.open().write(text)
  }

  answer(text: string, status: number): void {
    if (this.done) return
    this.over()
    if (this.stream) {
      this.stream.write(text)
      this.stream.end('answered')
    } else if (!this.outgoing.destroyed) {
      this.outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      this.outgoing.end(text)
    }
  }

  private open(): EventStream {
    this.stream ??= new EventStream(this.outgoing, () => this.left())
    return this.stream
  }

  private left(): void {
    if (this.done) return
    this.over()
    this.gone?.()
  }

  private over(): void {
    this.done = true
    waitNoMore(this.patience)
    this.held?.release()
  }
}
