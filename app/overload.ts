/** Notices that the process cannot keep up, so that new work is refused at once while what has begun goes on: else all of it gets slower and slower. */
import { Failure } from './errors.ts'
import type { Health, Service } from './lifecycle.ts'
import type { Log } from './log.ts'

export interface Overload extends Service {
  /** Whether new work is refused now. */
  readonly on: boolean
  /** What it is refused with; counted. */
  refusal(): Failure
  /** Refusals so far. */
  refused(): number
  check(): Health
  stop(): void
}

/** Milliseconds between two looks at how late the event loop is. */
const every = 100
/** Looks in a row: one pause, such as that of a large collection, is no overload, and whoever waited it out is simply served. */
const inARow = 2
/** Milliseconds without a late look after which it is over, and of it after which we are no place for more requests. */
const calm = 1_000
const tooLong = 10_000
/** Milliseconds between two lines of the log about it. */
const quiet = 10_000
/** Seconds. */
const retryAfter = 1

/** @param limit seconds that the event loop may be late; 0 never refuses */
export function openOverload(limit: number, log: Log): Overload {
  const most = limit * 1000
  let due = performance.now() + every
  let lateLooks = 0
  let refused = 0
  let episode: { readonly since: number; lastLate: number; lag: number } | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  const timer = most > 0 ? setInterval(look, every).unref() : undefined

  function look(): void {
    const now = performance.now()
    const lag = now - due
    due = now + every
    lateLooks = lag > most ? lateLooks + 1 : 0
    if (lateLooks >= inARow) late(now, lag)
    else if (episode && now - episode.lastLate > calm) episode = undefined
  }

  function late(now: number, lag: number): void {
    episode ??= { since: now, lastLate: now, lag }
    episode.lastLate = now
    episode.lag = lag
    if (now - toldAt < quiet) return
    toldAt = now
    log.warn('overloaded', { late_ms: Math.round(lag), refused, hint: 'new work is refused until the event loop has caught up' })
  }

  return {
    get on() {
      return lateLooks >= inARow
    },
    refusal() {
      refused++
      return new Failure('unavailable', `the server has more to do than it can: try again in ${retryAfter} s`, {
        data: { retry_after: retryAfter },
      })
    },
    refused: () => refused,
    check() {
      if (!episode) return { status: 'ok' }
      const detail = `late by ${Math.round(episode.lag)} ms: new work is refused`
      return { status: performance.now() - episode.since > tooLong ? 'down' : 'degraded', detail }
    },
    stop: () => clearInterval(timer),
  }
}
