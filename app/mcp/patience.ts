/** Answers over HTTP that take long go out as event streams, which comments keep open. One look a second serves all of them: a timer for each call would cost more than many a call. */

import { Ring } from '../ring.ts'

/** An answer that takes longer than this (ms) goes out as a stream. */
const patience = 15_000
const precision = 1_000

export interface Slow {
  /** It has taken long. */
  becomeStream(): void
}

interface Waiting {
  readonly answer: Slow
  /** By `performance.now()`. */
  readonly until: number
}

const waiting = new Ring<Waiting>()
let sweeping: NodeJS.Timeout | undefined

/** Gives the number by which it is waited for no more. */
export function waitFor(answer: Slow): number {
  sweeping ??= setInterval(sweep, precision).unref()
  return waiting.add({ answer, until: performance.now() + patience })
}

export function waitNoMore(key: number | undefined): void {
  if (key !== undefined) waiting.delete(key)
}

function sweep(): void {
  const now = performance.now()
  for (const [key, { answer, until }] of waiting.entries()) {
    if (until > now) continue
    waiting.delete(key)
    answer.becomeStream()
  }
  if (waiting.size > 0) return
  clearInterval(sweeping)
  sweeping = undefined
}
