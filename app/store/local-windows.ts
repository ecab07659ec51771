/** The sliding windows of one process: the twin of the script in windows.ts, on the hot path of every call. */

export interface Taken {
  readonly allowed: boolean
  /** Calls left in the window that ends now. */
  readonly remaining: number
  /** Seconds until one more would be allowed, rounded up; 0 when this one was. */
  readonly retryAfter: number
  /** Counted in this process alone, because Redis is not configured or away. */
  readonly local: boolean
  /** Redis is configured and away: every replica counts for itself, so together they allow more. */
  readonly alone?: boolean
}

/** The times of one key's counted calls, oldest first from `head` on. */
interface Window {
  times: number[]
  head: number
  /** Milliseconds. */
  length: number
}

/** Beyond it the key that came first is forgotten: a flood of new names may cost the limit, never the memory. */
const mostKeys = 100_000
/** Milliseconds between two looks for keys that nobody uses any more. */
const sweepEvery = 10_000

export interface LocalWindows {
  take(key: string, limit: number, windowSeconds: number): Taken
  /** Calls of a key that count now, and one more would. */
  used(key: string, windowSeconds: number): number
  /** Keys held now. */
  size(): number
}

/** @param now a clock in milliseconds that never goes back */
export function createLocalWindows(now: () => number = () => performance.now()): LocalWindows {
  const windows = new Map<string, Window>()
  let sweptAt = now()

  function sweep(at: number): void {
    sweptAt = at
    for (const [key, window] of windows) {
      if ((window.times.at(-1) ?? 0) <= at - window.length) windows.delete(key)
    }
  }

  function windowOf(key: string, length: number): Window {
    const known = windows.get(key)
    if (known) {
      known.length = length
      return known
    }
    const [first] = windows.size >= mostKeys ? windows.keys() : []
    if (first !== undefined) windows.delete(first)
    const window = { times: [], head: 0, length }
    windows.set(key, window)
    return window
  }

  return {
    size: () => windows.size,
    used(key, windowSeconds) {
      const { times, head } = windows.get(key) ?? { times: [], head: 0 }
      const before = now() - windowSeconds * 1000
      return times.slice(head).filter((time) => time > before).length
    },
    take(key, limit, windowSeconds) {
      const at = now()
      if (at - sweptAt > sweepEvery) sweep(at)
      const length = windowSeconds * 1000
      const window = windowOf(key, length)
      const { times } = window
      while (window.head < times.length && times[window.head]! <= at - length) window.head++
      if (window.head > 64 && window.head * 2 > times.length) {
        times.splice(0, window.head)
        window.head = 0
      }
      const count = times.length - window.head
      if (count >= limit) {
        // Where the limit was higher before, more than one has to grow old.
        const leaving = times[window.head + count - limit]
        const wait = leaving === undefined ? length : leaving + length - at
        return { allowed: false, remaining: 0, retryAfter: Math.ceil(wait / 1000), local: true }
      }
      times.push(at)
      return { allowed: true, remaining: limit - count - 1, retryAfter: 0, local: true }
    },
  }
}
