/** How often somebody may try: to sign in with an account of a system behind us, and to register a program. */
import { Failure } from '../errors.ts'
import type { Windows } from '../store/windows.ts'

export interface Tries {
  /** @throws Failure `limited` after ten tries in a quarter of an hour, for an account or from an address */
  signIn(realm: string, username: string, address: string | null): Promise<void>
  /** @throws Failure `limited` */
  register(address: string | null): Promise<void>
}

const signIns = { limit: 10, window: 900 }
const registrations = { limit: 30, window: 900 }

export function createTries(windows: Windows): Tries {
  async function count(key: string, { limit, window }: typeof signIns): Promise<void> {
    const { allowed, retryAfter } = await windows.take(key, limit, window)
    if (allowed) return
    const minutes = Math.ceil(retryAfter / 60)
    throw new Failure('limited', `too many tries: try again in ${minutes} min`, {
      data: { limit, window, retry_after: retryAfter },
    })
  }

  return {
    async signIn(realm, username, address) {
      await count(`sign-in:${realm}:${username.toLowerCase()}`, signIns)
      if (address !== null) await count(`sign-in:at:${address}`, signIns)
    },
    register: (address) => count(`client-registrations:${address ?? 'unknown'}`, registrations),
  }
}
