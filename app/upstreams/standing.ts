/** Where an upstream stands between its tries: its state and since when, what was wrong last, when it is tried next. */
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { UpstreamState } from './state.ts'

export class Standing {
  state: UpstreamState['state']
  since = new Date()
  error: string | null = null
  /** While the next try is waited for; `now` ends the wait. */
  nextTry: { readonly at: Date; now(): void } | undefined
  readonly #log: Log
  readonly #stopping: AbortSignal
  #keeping: Promise<void> = Promise.resolve()

  constructor(state: UpstreamState['state'], { log, stopping }: { log: Log; stopping: AbortSignal }) {
    this.state = state
    this.#log = log
    this.#stopping = stopping
  }

  become(next: UpstreamState['state'], problem: string | null = null): void {
    if (this.state !== next) this.since = new Date()
    this.state = next
    this.error = problem
  }

  /** Waits before the next try; whoever needs the upstream, or a stop, ends the wait. */
  pause(ms: number): Promise<void> {
    if (this.#stopping.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#stopping.removeEventListener('abort', done)
        this.nextTry = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.nextTry = { at: new Date(Date.now() + ms), now: done }
      this.#stopping.addEventListener('abort', done)
    })
  }

  /**
   * What is kept is for the next start: nobody waits for it, and that it could not be kept is no reason to do without it now. One after
   * the other, because the first of them makes the row that the others point at.
   */
  keep(work: () => Promise<void>): void {
    this.#keeping = this.#keeping
      .then(work)
      .catch((problem: unknown) => this.#log.warn('lists not kept', { reason: reasonOf(problem) }))
  }

  /** Settles when everything that was to be kept is. */
  get kept(): Promise<void> {
    return this.#keeping
  }
}
