/** Holds every caller to so many calls a window; what is above is refused, and recorded like any call. */
import type { Policy } from '../call.ts'
import { tooMany } from '../limited.ts'

export interface Taken {
  readonly allowed: boolean
  readonly remaining: number
  /** Seconds until one more would be allowed. */
  readonly retryAfter: number
  /** The replicas could not count together. */
  readonly alone?: boolean
}

export interface Windows {
  /** Counts one call of this key. In the process it answers at once; over Redis it is a promise. */
  take(key: string, limit: number, windowSeconds: number): Taken | Promise<Taken>
}

/**
 * Counts by `caller.id`: a key has a window of its own, and a person one for all sessions and tokens.
 * @param requests calls that a caller may make in one window, where its key does not say otherwise; 0 for no limit
 * @param window seconds
 */
export const limit =
  (windows: Windows, { requests, window }: { requests: number; window: number }): Policy =>
  (next) =>
    function limited(call) {
      const { id, rate = requests } = call.caller
      if (rate === 0) return next(call)
      const answer = windows.take(id, rate, window)
      // In the process the answer is there at once, and nothing has to wait for it.
      if (!(answer instanceof Promise)) {
        return answer.allowed ? next(call) : Promise.reject(tooMany('calls', rate, window, answer.retryAfter))
      }
      return answer.then((taken) => {
        if (taken.allowed) return next(call)
        throw tooMany('calls', rate, window, taken.retryAfter)
      })
    }
