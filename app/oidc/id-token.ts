/** The ID token that says who has signed in (OpenID Connect Core 1.0, section 3.1.3.7). */
import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import type { Json } from '../call.ts'
import { verifyWith } from './keys.ts'
import type { Provider } from './provider.ts'

export interface IdTokenOptions {
  readonly provider: Provider
  readonly clientId: string
  /** Seconds. */
  readonly clockSkew: number
  /** That we sent with this sign-in. */
  readonly nonce: string
  /** Milliseconds, as Date.now(). */
  readonly now: () => number
}

/**
 * @param tokens as the provider gave them
 * @returns the claims of the person
 * @throws Error with what is wrong
 */
export async function identityIn(tokens: Json, options: IdTokenOptions): Promise<JWTPayload & { readonly sub: string }> {
  const { provider, clientId, clockSkew, nonce, now } = options
  const { id_token: idToken, access_token: accessToken } = tokens
  if (typeof idToken !== 'string') throw new Error('the provider gives no id_token')
  const { payload, protectedHeader } = await verifyWith(provider.keys, idToken, {
    issuer: provider.issuer,
    audience: clientId,
    clockTolerance: clockSkew,
    requiredClaims: ['exp', 'iat', 'sub'],
    currentDate: new Date(now()),
  })
  const { sub, aud, azp, at_hash: atHash, iat = 0 } = payload
  if (typeof sub !== 'string' || !/^[^\p{C}]{1,255}$/u.test(sub)) throw new Error('its sub is not a line of 1 to 255 characters')
  if (payload.nonce !== nonce) throw new Error('the id_token was given for another sign-in (nonce)')
  if ((Array.isArray(aud) && aud.length > 1) || azp !== undefined) {
    if (azp !== clientId) throw new Error('the id_token was given to another client (azp)')
  }
  if (iat > now() / 1000 + clockSkew) throw new Error('the id_token was issued in the future')
  // Of the algorithms that we take, EdDSA alone has no agreed hash for this.
  if (typeof atHash === 'string' && typeof accessToken === 'string' && protectedHeader.alg.endsWith('256')) {
    const half = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
    if (half !== atHash) throw new Error('the id_token belongs to another access_token (at_hash)')
  }
  return { ...payload, sub }
}
