/** What a session has said on its streams, kept for a while, so that a client that was cut off can come back for the rest (`Last-Event-ID`). */
import { randomBytes } from 'node:crypto'

/**
 * What is kept of one session, and of all together, in characters; the newest event of a session is kept however long it is. Twice what may
 * wait for one reader: whoever is cut off because it did not read finds here what was under way, in messages of up to half a MiB.
 */
const mostOfOne = 2 * 1024 * 1024
const mostOfAll = 64 * 1024 * 1024

interface Kept {
  readonly stream: string
  readonly number: number
  readonly text: string
}

/** What is known of a stream that is still written to, or of which something is kept. */
interface Stream {
  open: boolean
  kept: number
  /** The number of its newest event that is not kept any more. */
  lost: number
}

export interface Missed {
  readonly stream: string
  readonly events: readonly { readonly id: string; readonly text: string }[]
}

/** Those that keep anything, the one that has been silent longest first. */
const trails = new Set<Trail>()
let total = 0

export class Trail {
  /** Ids of another session must not pass for ours, which would skip what the client never had. */
  private readonly tag = randomBytes(6).toString('hex')
  private readonly streams = new Map<string, Stream>()
  private readonly kept: Kept[] = []
  private size = 0
  private last = 0
  private named = 0

  /** Begins one more stream. Gives its name. */
  begin(): string {
    const name = `${this.tag}-${++this.named}`
    this.streams.set(name, { open: true, kept: 0, lost: 0 })
    return name
  }

  /** Nothing more will be said on this stream; what is kept of it is kept as long as the rest. */
  finish(name: string): void {
    const stream = this.streams.get(name)
    if (!stream) return
    stream.open = false
    if (stream.kept === 0) this.streams.delete(name)
  }

  /** Keeps one message of a stream, until the end of the session. Gives the id of its event: it names the stream, and is unique in the session. */
  add(name: string, text: string): string {
    const number = ++this.last
    const stream = this.streams.get(name)
    if (!stream) return `${name}-${number}`
    stream.kept++
    this.kept.push({ stream: name, number, text })
    this.size += text.length
    total += text.length
    while (this.size > mostOfOne && this.kept.length > 1) this.drop()
    trails.delete(this)
    trails.add(this)
    while (total > mostOfAll) oldest()!.drop()
    return `${name}-${number}`
  }

  /** The id of an event that says nothing. */
  mark(name: string): string {
    return `${name}-${++this.last}`
  }

  /**
   * What its stream has said after this event.
   * @returns undefined for an event that is none of this session's, and where something of what came after it is gone
   */
  after(id: string): Missed | undefined {
    const [, name = '', digits = ''] = /^(.+)-(\d{1,12})$/.exec(id) ?? []
    const number = Number(digits)
    const stream = this.streams.get(name)
    if (!stream || number > this.last || stream.lost > number) return undefined
    const later = this.kept.filter((event) => event.stream === name && event.number > number)
    return { stream: name, events: later.map((event) => ({ id: `${name}-${event.number}`, text: event.text })) }
  }

  clear(): void {
    total -= this.size
    this.size = 0
    this.kept.length = 0
    this.streams.clear()
    trails.delete(this)
  }

  private drop(): void {
    const { stream: name, number, text } = this.kept.shift()!
    this.size -= text.length
    total -= text.length
    if (this.kept.length === 0) trails.delete(this)
    const stream = this.streams.get(name)!
    stream.kept--
    stream.lost = number
    // Nobody comes back to a stream that is over and gone, so nothing has to be known of it: a session may have had millions.
    if (!stream.open && stream.kept === 0) this.streams.delete(name)
  }
}

const oldest = (): Trail | undefined => trails.values().next().value
