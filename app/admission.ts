/** Turns away who asks too much or too fast, before anything is read or looked up for them. */
import type { AddressLimits } from './address-limits.ts'
import { type Credentials, credentialIn } from './auth.ts'
import type { Caller } from './call.ts'
import type { Arrival, ClientAddress } from './client-address.ts'
import { Failure } from './errors.ts'
import { isLoopback } from './loopback.ts'
import type { Overload } from './overload.ts'

type Identify = (request: Credentials) => Caller | Promise<Caller>

export interface Admission {
  /** Whose request this is, if it may be made at all. Throws what `admit` does, and what the one that it was made of does. */
  readonly identify: Identify
  /**
   * For ways in that ask nobody who they are. Throws Failure `limited` where too much comes from the address, `unavailable` while the
   * process cannot keep up.
   * @param isWork a look at a page is let through also then
   */
  admit(request: Arrival, isWork?: boolean): void | Promise<void>
  /**
   * Looks at a credential of a request that was admitted. `find` throws Failure `unauthorized` for a wrong one; after too many of those from
   * one address nothing from there is looked at, but Failure `limited` thrown.
   */
  look<T>(request: Arrival, credential: string, find: () => T | Promise<T>): T | Promise<T>
}

export interface AdmissionOptions {
  readonly identify: Identify
  readonly overload: Pick<Overload, 'on' | 'refusal'>
  readonly limits: AddressLimits
  readonly addressOf: ClientAddress['addressOf']
}

export function createAdmission({ identify, overload, limits, addressOf }: AdmissionOptions): Admission {
  async function identifyCounted(request: Credentials, address: string): Promise<Caller> {
    await limits.count(address)
    const credential = credentialIn(request.headers)
    return credential === undefined ? identify(request) : lookCounted(address, credential, () => identify(request))
  }

  async function lookCounted<T>(address: string, credential: string, find: () => T | Promise<T>): Promise<T> {
    limits.look(address, credential)
    try {
      const found = await find()
      limits.right(address, credential)
      return found
    } catch (error) {
      if (error instanceof Failure && error.code === 'unauthorized') await limits.wrong(address)
      throw error
    }
  }

  return {
    identify(request) {
      if (overload.on) throw overload.refusal()
      const address = addressOf(request)
      return isHere(address) ? identify(request) : identifyCounted(request, address)
    },
    admit(request, isWork = true) {
      if (overload.on && isWork) throw overload.refusal()
      const address = addressOf(request)
      return isHere(address) ? undefined : limits.count(address)
    },
    look(request, credential, find) {
      const address = addressOf(request)
      return isHere(address) ? find() : lookCounted(address, credential, find)
    },
  }
}

/** Whoever calls from this machine could do worse to it; and behind a proxy that is not trusted, everybody seems to. */
const isHere = (address: string): boolean => address === '127.0.0.1' || isLoopback(address)
