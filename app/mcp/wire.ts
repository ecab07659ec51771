/** An event stream over a response of Node's: MCP messages as events, bounded for slow readers, kept alive by comments. */
import type { ServerResponse } from 'node:http'
import type { Sink } from './sink.ts'
import { SlowReader } from './slow-reader.ts'

/** Proxies close what is silent; a comment this often (ms) keeps it open and is no message. */
const pingEvery = 15_000

const open = new Set<EventStream>()
let pinging: NodeJS.Timeout | undefined

export class EventStream implements Sink {
  private readonly response: ServerResponse
  private readonly onEnd: (reason: string) => void
  private readonly reader = new SlowReader()
  private ended = false

  /**
   * Sends the headers at once, so that the client knows that the stream is there.
   * @param onEnd called once when the stream is over, whoever ended it
   */
  constructor(response: ServerResponse, onEnd: (reason: string) => void, headers: Record<string, string> = {}) {
    this.response = response
    this.onEnd = onEnd
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    })
    response.flushHeaders()
    response.on('close', () => this.finish('the client went away'))
    open.add(this)
    pinging ??= setInterval(pingAll, pingEvery).unref()
    // Who left before we got here is not announced any more; said later, when whoever made this stream holds it.
    if (response.destroyed) process.nextTick(() => this.finish('the client went away'))
  }

  /** One JSON-RPC message, as MCP's `message` event. @param id of the event, for a client that comes back after it */
  write(text: string, id?: string): void {
    this.event('message', text, id)
  }

  tell(text: string): void {
    this.event('message', text)
  }

  /** What the client missed, in one go. It is bounded where it was kept, and is no sign that the client does not read. */
  replay(events: readonly { readonly id: string; readonly text: string }[]): void {
    for (const { id, text } of events) {
      const event = eventText('message', text, id)
      this.reader.owe(event.length)
      if (!this.ended) this.response.write(event)
    }
  }

  /** @param data one line: JSON text has no line breaks of its own */
  event(name: string, data: string, id?: string): void {
    this.send(eventText(name, data, id))
  }

  /** An event without content, so that the client has an id to come back with before anything was said (SEP-1699). */
  prime(id: string): void {
    this.send(`id: ${id}\ndata:\n\n`)
  }

  /** Tells the client how long (ms) to wait before it comes back. */
  retry(ms: number): void {
    this.send(`retry: ${ms}\n\n`)
  }

  ping(): void {
    this.send(': ping\n\n')
  }

  probe(text: string): void {
    this.tell(text)
  }

  abandon(reason: string): void {
    if (!this.ended) this.cut(reason)
  }

  /** Ends the stream after everything that was written has gone out. */
  end(reason: string): void {
    if (this.ended) return
    this.response.end()
    this.finish(reason)
  }

  private send(text: string): void {
    if (this.ended) return
    const problem = this.reader.problem(this.response.writableLength, text.length)
    if (problem) this.cut(problem)
    else this.response.write(text)
  }

  /** Nobody takes what is still to be sent. */
  private cut(problem: string): void {
    this.finish(problem)
    this.response.destroy()
  }

  private finish(reason: string): void {
    if (this.ended) return
    this.ended = true
    open.delete(this)
    if (open.size === 0) {
      clearInterval(pinging)
      pinging = undefined
    }
    this.onEnd(reason)
  }
}

const eventText = (name: string, data: string, id: string | undefined): string =>
  id === undefined ? `event: ${name}\ndata: ${data}\n\n` : `event: ${name}\nid: ${id}\ndata: ${data}\n\n`

function pingAll(): void {
  for (const stream of open) stream.ping()
}
