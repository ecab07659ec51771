/** One thing that is held open: with which credential, for whom, and how it ends. */
import { type Credentials, credentialIn } from '../auth.ts'
import type { Caller } from '../call.ts'
import type { Failure } from '../errors.ts'
import type { Ring } from '../ring.ts'

/** What one caller holds open with one credential. */
export interface Held {
  /** Why nothing new may be said at present: whether the caller may cannot be found out. What runs already goes on. */
  readonly refusal: Failure | undefined
  /** The same caller has shown another credential, such as a token that was renewed: from now on that one counts. */
  renew(request: Credentials, caller: Caller): void
  /** It is over. */
  release(): void
}

/** For those who needed no credential: nothing can be taken from them. */
export const nothingHeld: Held = { refusal: undefined, renew() {}, release() {} }

export class HeldOpen implements Held {
  refusal: Failure | undefined
  over = false
  /** Equal for all that was opened with the same credential. */
  credential!: unknown
  request!: Credentials
  caller!: Caller
  private doubts = 0
  private readonly whenEnded: (why: Failure) => void
  private readonly all: Ring<HeldOpen>
  private readonly key: number

  constructor(request: Credentials, caller: Caller, whenEnded: (why: Failure) => void, all: Ring<HeldOpen>) {
    this.whenEnded = whenEnded
    this.all = all
    this.take(request, caller)
    this.key = all.add(this)
  }

  /** Whether there is something that can be revoked: a credential in a header, or the certificate of the connection. */
  static canEnd({ headers }: Credentials, caller: Caller): boolean {
    return credentialIn(headers) !== undefined || isCertificate(caller)
  }

  renew(request: Credentials, caller: Caller): void {
    if (!this.over && (credentialIn(request.headers) ?? request.socket) !== this.credential) this.take(request, caller)
  }

  release(): void {
    if (this.over) return
    this.over = true
    this.all.delete(this.key)
  }

  confirm(): void {
    this.doubts = 0
    this.refusal = undefined
  }

  refuse(why: Failure): void {
    this.refusal = why
  }

  /** It was found to be wrong. @returns whether it is certain: a token may just have been renewed, and the new one is on its way */
  doubt(): boolean {
    this.doubts++
    return this.doubts > 1 || !isRenewable(this.caller)
  }

  end(why: Failure): void {
    this.release()
    this.whenEnded(why)
  }

  private take({ headers, socket }: Credentials, caller: Caller): void {
    const { authorization, 'x-api-key': key } = headers
    this.credential = credentialIn(headers) ?? socket
    // No more of the request than that: what is open lasts long, and there may be thousands.
    this.request = { headers: { ...(authorization ? { authorization } : {}), ...(key ? { 'x-api-key': key } : {}) }, socket }
    this.caller = caller
    this.doubts = 0
  }
}

const isCertificate = ({ id }: Caller): boolean => id.startsWith('cert:')
/** Tokens are renewed by their clients; keys and certificates are not. */
const isRenewable = ({ id }: Caller): boolean => !id.startsWith('key:') && !id.startsWith('cert:')
