/** How long to wait before the next try, so that what is broken is asked less and less, and many who wait do not come back in the same moment. */

export interface Backoff {
  /** Milliseconds until the next try: anywhere between `min` and a ceiling that doubles each time, up to `max`. */
  next(): number
  /** After a success: the next wait is short again. */
  reset(): void
}

/** `random` gives numbers from 0 up to, and without, 1. */
export function createBackoff({
  min = 1_000,
  max = 60_000,
  random = Math.random,
}: {
  min?: number
  max?: number
  random?: () => number
} = {}): Backoff {
  let ceiling = min
  return {
    next() {
      ceiling = Math.min(ceiling * 2, max)
      return Math.round(min + random() * (ceiling - min))
    },
    reset() {
      ceiling = min
    },
  }
}
