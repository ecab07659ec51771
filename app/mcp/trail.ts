/** What a session has said on its streams, kept for a while, so that a client that was cut off can come back for the rest (`Last-Event-ID`). */

/** What is kept of one session, and of all together, in characters; the newest event of a session is kept however long it is. */
const mostOfOne = 1024 * 1024
const mostOfAll = 64 * 1024 * 1024

interface Kept {
  readonly stream: string
  readonly number: number
  readonly text: string
}

/** Those that keep anything, the one that has been silent longest first. */
const trails = new Set<Trail>()
let total = 0

export class Trail {
  private readonly kept: Kept[] = []
  private size = 0
  private last = 0
  private named = 0
  /** The newest event of each stream that is not kept any more. */
  private readonly lost = new Map<string, number>()

  /** A name for one more stream. */
  name(): string {
    return `s${++this.named}`
  }

  /** Keeps one message of a stream. Gives the id of its event: it names the stream, and is unique in the session. */
  add(stream: string, text: string): string {
    const number = ++this.last
    this.kept.push({ stream, number, text })
    this.size += text.length
    total += text.length
    while (this.size > mostOfOne && this.kept.length > 1) this.drop()
    trails.delete(this)
    trails.add(this)
    while (total > mostOfAll) oldest()!.drop()
    return `${stream}-${number}`
  }

  /** The id of an event that says nothing. */
  mark(stream: string): string {
    return `${stream}-${++this.last}`
  }

  /**
   * What its stream has said after this event.
   * @returns undefined for an event that is none of this session's, and where something of what came after it is gone
   */
  after(
    id: string,
  ): { readonly stream: string; readonly events: readonly { readonly id: string; readonly text: string }[] } | undefined {
    const [, stream = '', digits = ''] = /^(s[1-9]\d{0,8})-(\d{1,12})$/.exec(id) ?? []
    const number = Number(digits)
    if (!stream || Number(stream.slice(1)) > this.named || number > this.last) return undefined
    if ((this.lost.get(stream) ?? 0) > number) return undefined
    const later = this.kept.filter((event) => event.stream === stream && event.number > number)
    return { stream, events: later.map((event) => ({ id: `${stream}-${event.number}`, text: event.text })) }
  }

  clear(): void {
    total -= this.size
    this.size = 0
    this.kept.length = 0
    trails.delete(this)
  }

  private drop(): void {
    const gone = this.kept.shift()!
    this.size -= gone.text.length
    total -= gone.text.length
    this.lost.set(gone.stream, gone.number)
    if (this.kept.length === 0) trails.delete(this)
  }
}

const oldest = (): Trail | undefined => trails.values().next().value
