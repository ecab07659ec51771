/** The public keys of a provider (JWKS, RFC 7517), and signatures checked with them. */
import { createLocalJWKSet, errors, type JWK, type JWTVerifyOptions, type JWTVerifyResult, jwtVerify } from 'jose'
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Lasting } from './lasting.ts'

export type KeySet = ReturnType<typeof createLocalJWKSet>

/** Never `none`, and never one with a shared secret: everybody has the public keys, and could sign with them. */
export const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

const mostKeys = 100
/** Characters of an RSA modulus in base64url: 8192 bits. A larger one takes longer to check than a call should. */
const longestModulus = 1_366

/**
 * The keys in an answer that can check a signature; others are left out, so that one key that we do not know does not spoil the rest.
 * @throws Error where there is none, or too many
 */
export function keySetOf({ keys }: Json): KeySet {
  if (!Array.isArray(keys)) throw new Error('there is no list of keys in the answer')
  if (keys.length > mostKeys) throw new Error(`there are ${keys.length} keys in the answer, more than ${mostKeys}`)
  const usable = keys.filter(isUsable)
  if (usable.length === 0) throw new Error('there is no key in the answer that could check a signature')
  return createLocalJWKSet({ keys: usable })
}

function isUsable(key: unknown): key is JWK {
  // A private key that somebody published by mistake proves nothing any more.
  if (!isObject(key) || 'd' in key || 'k' in key) return false
  const text = (name: string) => typeof key[name] === 'string'
  const named = key.kid === undefined || (typeof key.kid === 'string' && key.kid.length <= 500)
  if (!named || (key.use !== undefined && key.use !== 'sig')) return false
  if (key.kty === 'RSA') return text('n') && text('e') && (key.n as string).length <= longestModulus
  if (key.kty === 'EC') return key.crv === 'P-256' && text('x') && text('y')
  return key.kty === 'OKP' && key.crv === 'Ed25519' && text('x')
}

/**
 * What is in a token whose signature is right. A key that is not known is looked for once more, in case that the provider has a new one.
 * @throws what jose throws for a token that is not right, or what kept the keys from being read (`KeysAway`)
 */
export async function verifyWith(keys: Lasting<KeySet>, token: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  const known = await orAway(keys.get())
  try {
    return await verify(known, token, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    const newer = await orAway(keys.newer(known))
    if (newer === known) throw error
    return verify(newer, token, options)
  }
}

/** The keys cannot be had, so nobody can say whether a token is right. */
export class KeysAway extends Error {
  override readonly name = 'KeysAway'
}

async function orAway<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new KeysAway('the keys of the provider cannot be read', { cause: error })
  }
}

async function verify(keys: KeySet, token: string, given: JWTVerifyOptions): Promise<JWTVerifyResult> {
  const options = { ...given, algorithms }
  try {
    return await jwtVerify(token, keys, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    return verifyWithOneOf(error, token, options)
  }
}

/** A token without a `kid`, or one that several keys have. */
async function verifyWithOneOf(
  candidates: errors.JWKSMultipleMatchingKeys,
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  for await (const key of candidates) {
    try {
      return await jwtVerify(token, key, options)
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
    }
  }
  throw new errors.JWSSignatureVerificationFailed()
}
