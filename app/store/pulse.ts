/** Knows whether the database can be used, also while nobody asks it anything: callers hear it at once, and not each after a wait of their own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../errors.ts'
import { reasonOf } from '../reason.ts'
import { isAway, isReadOnly } from './away.ts'
import type { Watch } from './pool.ts'

export interface Pulse extends Watch {
  before(): void
  /** Why it cannot be used, or not for changes; undefined while all is well. */
  trouble(): string | undefined
  /** Looks, unless something was heard a moment ago. Never throws. */
  feel(): Promise<void>
  /** It has just been made ready: it looks from now on. */
  start(): void
  stop(): void
}

export interface PulseOptions {
  /** Whether the database takes changes. Throws when it does not answer. */
  readonly ask: () => Promise<{ readonly readOnly: boolean }>
  /** Milliseconds that an answer may take. */
  readonly patience: number
  readonly changed: (trouble: string | undefined) => void
}

/** Milliseconds between two looks: when nothing was heard, and in any case. */
const quiet = 500
const always = 2_000
/** Milliseconds that our own event loop may be late before it is to blame. */
const lag = 500
const slice = 100

export function createPulse({ ask, patience, changed }: PulseOptions): Pulse {
  /** Nobody is let through before it has been made ready: tables may be missing, or be those of another version. */
  let away: string | undefined = 'not connected yet'
  let readOnly = false
  let heardAt = performance.now()
  let askedAt = performance.now()
  let asking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let told: string | undefined

  const trouble = () => away ?? (readOnly ? 'it takes no changes (read-only)' : undefined)

  function tell(): void {
    if (trouble() === told) return
    told = trouble()
    changed(told)
  }

  async function look(): Promise<void> {
    askedAt = performance.now()
    const stopWaiting = new AbortController()
    const wait = waitFor(patience, stopWaiting.signal)
    try {
      const tooLate = wait.over.then(() => {
        throw new Error(`no answer within ${patience / 1000} s`)
      })
      tooLate.catch(() => {})
      const answer = ask()
      answer.catch(() => {}) // it may come after we have stopped waiting
      readOnly = (await Promise.race([answer, tooLate])).readOnly
      away = undefined
      heardAt = performance.now()
    } catch (error) {
      // Whoever was held up himself learns nothing from it, and asks again: timers of the connection were late as well.
      // A pool with nothing but slow queries in it lets this one wait too, and others may have taken all connections but ours: it is answered then.
      if (heardAt <= askedAt && !wait.heldUp()) away = reasonOf(error)
    } finally {
      stopWaiting.abort()
    }
    tell()
  }

  function lookOnce(): Promise<void> {
    asking ??= look().finally(() => {
      asking = undefined
    })
    return asking
  }

  function beat(): void {
    const now = performance.now()
    const still = trouble() === undefined && now - heardAt <= quiet
    if (now - askedAt > (still ? always : quiet)) void lookOnce()
  }

  return {
    trouble,
    feel: async () => {
      if (trouble() === undefined && performance.now() - heardAt > quiet) await lookOnce()
    },
    before() {
      if (away !== undefined)
        throw new Failure('unavailable', 'the database does not answer: try again in a moment', { data: { retry_after: 2 } })
    },
    answered() {
      heardAt = performance.now()
    },
    failed(error) {
      if (isReadOnly(error)) {
        readOnly = true
        tell()
      } else if (isAway(error)) void lookOnce()
    },
    start() {
      away = undefined
      heardAt = performance.now()
      told = trouble()
      timer ??= setInterval(beat, quiet / 2).unref()
    },
    stop() {
      clearInterval(timer)
    },
  }
}

/**
 * Waits in small pieces: of a process that was held up only one of them is over, and an answer that came meanwhile is heard.
 * @returns what settles after `ms`, and whether we were held up so far
 */
function waitFor(ms: number, signal: AbortSignal): { readonly over: Promise<void>; heldUp(): boolean } {
  let began = performance.now()
  let late = false
  function heldUp(): boolean {
    const now = performance.now()
    late ||= now - began > slice + lag
    began = now
    return late
  }
  async function wait(): Promise<void> {
    for (let left = ms; left > 0; left -= slice) {
      await sleep(slice, undefined, { signal, ref: false })
      heldUp()
    }
  }
  return { over: wait(), heldUp }
}
