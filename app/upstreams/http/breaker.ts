/** Stops asking a service that does not answer, so that callers hear it at once; then lets one request through to see whether it is back. */

export interface BreakerOptions {
  /** Failures in a row after which it opens. */
  readonly failureThreshold: number
  /** Seconds until the next trial. */
  readonly recoveryTimeout: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

/** One request that was let through. Exactly one of these has to be called when it has ended. */
export interface Ticket {
  answered(): void
  failed(reason: string): void
  /** Nobody waited for the end: nothing is known. */
  dropped(): void
}

export const usual: BreakerOptions = { failureThreshold: 5, recoveryTimeout: 30 }

export class Breaker {
  state: BreakerState = 'closed'
  /** Why the last request failed, and how many did in a row. */
  reason = ''
  failures = 0
  #trialAt = 0
  /** Whether the last look found nobody. */
  #lookMissed = false
  readonly #options: BreakerOptions
  readonly #now: () => number

  /** @param now a clock in milliseconds that never goes back */
  constructor(options: BreakerOptions, now: () => number = () => performance.now()) {
    this.#options = options
    this.#now = now
  }

  /**
   * Lets a request through, or says in how many seconds the next trial is.
   * @param probe whoever looks now and then, by a clock of their own, is always let through. That such a look is answered says little of a
   * service whose calls fail; but one that was away, and is there again, needs no trial.
   */
  enter(probe = false): Ticket | number {
    if (this.state === 'closed' || probe) return this.#ticket(false, probe)
    const wait = this.#trialAt - this.#now()
    if (this.state === 'half-open') return 1
    if (wait > 0) return Math.ceil(wait / 1000)
    this.state = 'half-open'
    return this.#ticket(true, false)
  }

  #ticket(trial: boolean, probe: boolean): Ticket {
    const ours = () => trial && this.state === 'half-open'
    return {
      answered: () => {
        if (probe && !this.#lookMissed) return
        this.#lookMissed = false
        this.state = 'closed'
        this.failures = 0
      },
      failed: (reason) => {
        if (probe) this.#lookMissed = true
        this.reason = reason
        this.failures++
        // Requests that were under way when it opened say nothing new, and must not decide in the place of the trial.
        if (ours() || (this.state === 'closed' && this.failures >= this.#options.failureThreshold)) {
          this.state = 'open'
          this.#trialAt = this.#now() + this.#options.recoveryTimeout * 1000
        }
      },
      dropped: () => {
        if (!ours()) return
        this.state = 'open'
        this.#trialAt = this.#now()
      },
    }
  }
}
