/** Holds every caller to so many calls a window; what is above is refused, and recorded like any call. */
import type { Policy } from '../call.ts'
import { Failure } from '../errors.ts'

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
 * @param requests calls that a caller may make in one window; 0 for no limit
 * @param window seconds
 */
export const limit = (windows: Windows, { requests, window }: { requests: number; window: number }): Policy => {
  if (requests === 0) return (next) => next
  const refusal = ({ retryAfter }: Taken) =>
    new Failure('limited', `more than ${requests} calls in ${window} s: try again in ${retryAfter} s`, {
      data: { limit: requests, window, retry_after: retryAfter },
    })
  return (next) =>
    function limited(call) {
      const answer = windows.take(call.caller.id, requests, window)
      // In the process the answer is there at once, and nothing has to wait for it.
      if (!(answer instanceof Promise)) return answer.allowed ? next(call) : Promise.reject(refusal(answer))
      return answer.then((taken) => {
        if (taken.allowed) return next(call)
        throw refusal(taken)
      })
    }
}
