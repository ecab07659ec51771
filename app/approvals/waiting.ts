/** One call that waits for a person's word. */
import type { Call } from '../call.ts'
import type { Failure } from '../errors.ts'
import type { Approval } from './words.ts'

/** How it ended: by what stands in the database, or because nobody waits any more. */
export type End = Pick<Approval, 'status' | 'decidedBy' | 'reason'> | { readonly status: 'left'; readonly failure: Failure }

/** Milliseconds between two words to the client, which may give up on a request that it hears nothing of. */
const tellEvery = 10_000

export class Waiting {
  readonly end: Promise<End>
  /** Milliseconds as Date.now(): when to stop waiting even if the database says nothing. */
  readonly until: number
  private settle!: (end: End) => void

  constructor(seconds: number) {
    this.until = Date.now() + seconds * 1000
    this.end = new Promise((resolve) => {
      this.settle = resolve
    })
  }

  /** The first word counts. */
  over(end: End): void {
    this.settle(end)
  }
}

/** Tells the client again and again what its call waits for. Returns how to stop. */
export function tellOf(call: Call, seconds: number): () => void {
  const began = Date.now()
  const token = call.meta?.progressToken
  let told = 0
  const tell = () => {
    const left = Math.max(0, Math.round(seconds - (Date.now() - began) / 1000))
    const message = `${call.command.name} waits for a person to approve this call, for ${left} s at most`
    // Small, because what the tool itself tells later has to be larger (MCP, progress).
    const progress = ++told / 1_000_000
    if (token !== undefined || call.client?.resumable)
      call.notify('notifications/progress', { progressToken: token, progress, message })
    return message
  }
  call.notify('notifications/message', { level: 'notice', logger: call.command.name, data: tell() })
  const timer = setInterval(tell, tellEvery)
  return () => clearInterval(timer)
}
