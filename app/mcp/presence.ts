/**
 * Whether the client of an event stream is still there. A network that breaks says nothing, and takes what is written to it for a quarter of an
 * hour; so clients that have been silent are asked (MCP, utilities/ping). Whoever has never answered that is believed to be there.
 */

/** Looks without a word from the client, after which it is asked; and as many without an answer, after which it is gone. */
const patience = 4

export class Presence {
  /** Looks since it was last heard or asked. */
  private silent = 0
  /** Whether it was asked, and has not been heard since. */
  waits = false
  private asked = 0
  private answers = false

  /** It has said something. */
  heard(): void {
    this.silent = 0
    this.waits = false
  }

  /** Whether a response with this id is the answer to a question of ours. */
  answered(id: unknown): boolean {
    if (typeof id !== 'string' || !id.startsWith(prefix)) return false
    this.answers = true
    return true
  }

  /** To be called at regular times. @returns what is to be done: `ask` it with `question`, or take it for `gone` */
  look(): 'ask' | 'gone' | undefined {
    this.silent++
    if (this.silent < patience) return undefined
    if (this.waits) return this.answers ? 'gone' : undefined
    this.asked++
    this.silent = 0
    this.waits = true
    return 'ask'
  }

  get question(): string {
    return `{"jsonrpc":"2.0","id":"${prefix}${this.asked}","method":"ping"}`
  }
}

/** No other question of ours begins with it. */
const prefix = 'ping'
