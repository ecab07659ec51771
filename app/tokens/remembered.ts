/** Tokens that were found right a moment ago, so that a call does not cost the check of a signature. They are kept as their hash. */
import type { Verdict } from './verdict.ts'

export interface Remembered {
  find(hash: string): Verdict | undefined
  keep(hash: string, verdict: Verdict): void
  forget(hash: string): void
}

/** Milliseconds: keys that an issuer takes back are believed that much longer at most. */
const longest = 60_000
const most = 2_000

/** @param now milliseconds, as Date.now() */
export function createRemembered(now: () => number): Remembered {
  const kept = new Map<string, { readonly verdict: Verdict; readonly until: number }>()
  return {
    find(hash) {
      const found = kept.get(hash)
      if (!found || found.until > now()) return found?.verdict
      kept.delete(hash)
      return undefined
    },
    keep(hash, verdict) {
      if (kept.size >= most) kept.delete(kept.keys().next().value!)
      kept.set(hash, { verdict, until: Math.min(verdict.until, now() + longest) })
    },
    forget: (hash) => void kept.delete(hash),
  }
}
