/** Answers over HTTP that take long go out as event streams, which comments keep open. One look a second serves all of them: a timer for each call would cost more than many a call. */

/** An answer that takes longer than this (ms) goes out as a stream. */
const patience = 15_000
const precision = 1_000

export interface Slow {
  /** It has taken long. */
  becomeStream(): void
}

/** By the time at which they become streams, the earliest first. */
const waiting = new Map<Slow, number>()
let sweeping: NodeJS.Timeout | undefined

export function waitFor(answer: Slow): void {
  waiting.set(answer, performance.now() + patience)
  sweeping ??= setInterval(sweep, precision).unref()
}

export function waitNoMore(answer: Slow): void {
  waiting.delete(answer)
}

function sweep(): void {
  const now = performance.now()
  for (const [answer, at] of waiting) {
    if (at > now) break
    waiting.delete(answer)
    answer.becomeStream()
  }
  if (waiting.size > 0) return
  clearInterval(sweeping)
  sweeping = undefined
}
