/** A sign-in that has begun: what has to be remembered until the browser comes back goes with the browser, sealed. */
import { Failure } from '../errors.ts'
import { createBox } from '../keys/box.ts'
import { randomText } from '../random-text.ts'

export interface Pending {
  /** Comes back in the URL: the answer belongs to this question (RFC 6749, section 10.12). */
  readonly state: string
  /** Comes back in the ID token: it was made for this sign-in. */
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
  readonly redirectUrl: string
  /** Milliseconds, as Date.now(). */
  readonly until: number
}

export interface Pendings {
  begin(redirectUrl: string): { readonly pending: Pending; readonly sealed: string }
  /**
   * @param state as it came back
   * @throws Failure `invalid_params` for what was not begun here, by this browser, and in time
   */
  open(sealed: string | undefined, state: string | null): Pending
}

/** Milliseconds. */
export const longestSignIn = 600_000
const about = 'sign-in'

export function createPendings(secretKey: string, now: () => number): Pendings {
  const box = createBox(secretKey, 'sign-in with a provider')
  return {
    begin(redirectUrl) {
      const until = now() + longestSignIn
      const pending: Pending = { state: randomText(), nonce: randomText(), verifier: randomText(), redirectUrl, until }
      return { pending, sealed: box.seal(JSON.stringify(pending), about) }
    },
    open(sealed, state) {
      const opened = sealed === undefined ? undefined : box.open(sealed, about)
      // Only what we have sealed opens, so it is what it was.
      const pending = opened === undefined ? undefined : (JSON.parse(opened) as Pending)
      if (pending && pending.until > now() && pending.state === state) return pending
      throw new Failure(
        'invalid_params',
        'this sign-in was not begun in this browser, is over, or took more than ten minutes: begin it again',
      )
    },
  }
}
