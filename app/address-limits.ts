/** Bounds what may come from one address, whoever sends it: requests, and wrong credentials. Somebody without a credential has nothing else to be counted by. */
import { countedAs } from './client-address.ts'
import { tooMany } from './limited.ts'
import type { Taken, Windows } from './policies/limit.ts'
import { sha256 } from './sha256.ts'

export interface AddressLimits {
  /** Counts a request. Throws Failure `limited`; a promise only over Redis. */
  count(address: string): void | Promise<void>
  /**
   * Whether a credential from there is looked at.
   * @throws Failure `limited` after too many wrong ones, except for one that was right while wrong ones came
   */
  look(address: string, credential: string): void
  /** It was right. */
  right(address: string, credential: string): void
  /** It was wrong. Throws Failure `limited` for the first that is too many; a promise only over Redis. */
  wrong(address: string): void | Promise<void>
}

export interface AddressLimitOptions {
  /** In one window; 0 is no limit. */
  readonly perAddress: number
  readonly wrongCredentials: number
  /** Seconds. */
  readonly window: number
}

/** An address that wrong credentials come from. Others may share it, and are not to suffer. */
interface Suspect {
  /** Nothing from there is looked at before. */
  shutUntil: number
  /** Nothing more is known of it after that. */
  forgetAt: number
  /** Hashes of credentials that were right since. */
  readonly proven: Set<string>
}

const mostSuspects = 10_000
const mostProven = 1_000

export function createAddressLimits(
  windows: Windows,
  { perAddress, wrongCredentials, window }: AddressLimitOptions,
): AddressLimits {
  const suspects = new Map<string, Suspect>()
  const wrongOnes = (retryAfter: number) => tooMany('wrong credentials from this address', wrongCredentials, window, retryAfter)

  function checkCount({ allowed, retryAfter }: Taken): void {
    if (!allowed) throw tooMany('requests from this address', perAddress, window, retryAfter)
  }

  function suspectAt(address: string): Suspect | undefined {
    // Nearly always nobody is.
    if (suspects.size === 0) return undefined
    const key = countedAs(address)
    const suspect = suspects.get(key)
    if (!suspect || suspect.forgetAt > performance.now()) return suspect
    suspects.delete(key)
    return undefined
  }

  function suspected(key: string): Suspect {
    const suspect = suspects.get(key) ?? { shutUntil: 0, forgetAt: 0, proven: new Set() }
    suspect.forgetAt = performance.now() + window * 1000
    // The one that was heard of last comes last, and is forgotten last.
    suspects.delete(key)
    const [oldest] = suspects.size >= mostSuspects ? suspects.keys() : []
    if (oldest !== undefined) suspects.delete(oldest)
    suspects.set(key, suspect)
    return suspect
  }

  return {
    count(address) {
      if (perAddress === 0) return
      const taken = windows.take(`address ${countedAs(address)}`, perAddress, window)
      return taken instanceof Promise ? taken.then(checkCount) : checkCount(taken)
    },
    look(address, credential) {
      const suspect = suspectAt(address)
      const wait = (suspect?.shutUntil ?? 0) - performance.now()
      if (!suspect || wait <= 0 || suspect.proven.has(sha256(credential))) return
      throw wrongOnes(Math.ceil(wait / 1000))
    },
    right(address, credential) {
      const suspect = suspectAt(address)
      if (suspect && suspect.proven.size < mostProven) suspect.proven.add(sha256(credential))
    },
    wrong(address) {
      if (wrongCredentials === 0) return
      const key = countedAs(address)
      const suspect = suspected(key)
      const check = ({ allowed, retryAfter }: Taken): void => {
        if (allowed) return
        suspect.shutUntil = performance.now() + retryAfter * 1000
        throw wrongOnes(retryAfter)
      }
      const taken = windows.take(`wrong ${key}`, wrongCredentials, window)
      return taken instanceof Promise ? taken.then(check) : check(taken)
    },
  }
}
