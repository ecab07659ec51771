/** Where an event stream stands that may be taken up again after its connection has gone, and how long to wait before that. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Backoff, createBackoff } from '../backoff.ts'
import { isPassing } from '../http/errors.ts'
import { createEventReader, type EventReader } from './event-source.ts'

export interface PlaceOptions {
  /** Longest event, in bytes. */
  readonly max: number
  /** Milliseconds between tries, where the server does not say: shortest and longest. */
  readonly waits: { readonly min: number; readonly max: number }
  /** The data of each message. */
  message(data: string): void
  /** Throws when the signal aborts. Time itself, unless somebody else measures it. */
  wait?(ms: number, signal: AbortSignal): Promise<void>
}

/** What a server may ask us to wait, in milliseconds: never so short that it makes us run in a circle, nor longer than any call. */
const leastRetry = 100
const mostRetry = 3_600_000
/** In bytes. */
const longestId = 4_096

export class StreamPlace {
  private readonly options: PlaceOptions
  private readonly backoff: Backoff
  private readonly wait: NonNullable<PlaceOptions['wait']>
  /** As a header has it; empty without one. */
  private id = ''
  private retry: number | undefined
  /** Nothing has come since the last wait: a stream that opens and says nothing must not be opened in a circle. */
  private quiet = true

  constructor(options: PlaceOptions) {
    this.options = options
    this.wait = options.wait ?? ((ms, signal) => delay(ms, undefined, { signal }))
    this.backoff = createBackoff(options.waits)
  }

  /** Whether the server has said where to take up the stream. */
  get known(): boolean {
    return this.id !== ''
  }

  /** The header that says it; none where the server gave no ids. */
  headers(): Record<string, string> {
    return this.known ? { 'last-event-id': this.id } : {}
  }

  /** Gives up what came before: the stream begins anew where the server wants. */
  forget(): void {
    this.id = ''
  }

  /** For one connection. */
  reader(): EventReader {
    return createEventReader({
      max: this.options.max,
      event: (name, data) => {
        this.alive()
        // Empty data is what an id comes with that has no message yet.
        if (name === 'message' && data !== '') this.options.message(data)
      },
      id: (id) => {
        this.alive()
        this.id = headerOf(id)
      },
      retry: (ms) => {
        this.retry = Math.min(Math.max(ms, leastRetry), mostRetry)
      },
    })
  }

  /**
   * Opens the stream again.
   * @param tries how often, in a row, before the last error is thrown; what no waiting mends is thrown at once
   * @param missed hears why a try failed that is followed by another
   */
  async reopen<T>(open: () => Promise<T>, signal: AbortSignal, tries: number, missed: (error: unknown) => void): Promise<T> {
    for (let tried = 1; ; tried++) {
      await this.wait(this.nextWait(), signal)
      try {
        return await open()
      } catch (error) {
        if (signal.aborted || tried >= tries || !isPassing(error)) throw error
        missed(error)
      }
    }
  }

  private nextWait(): number {
    const own = this.quiet || this.retry === undefined ? this.backoff.next() : 0
    this.quiet = true
    return Math.max(own, this.retry ?? 0)
  }

  private alive(): void {
    this.quiet = false
    this.backoff.reset()
  }
}

/** The id as a header carries it: the bytes of its UTF-8. One that does not fit into a header is none. */
function headerOf(id: string): string {
  const bytes = Buffer.from(id)
  const fits = bytes.length <= longestId && bytes.every((byte) => byte >= 0x20 && byte !== 0x7f)
  return fits ? bytes.toString('latin1') : ''
}
