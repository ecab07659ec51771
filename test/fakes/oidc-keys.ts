/** Keys of an OpenID provider, real ones, and what it signs with them. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose'

export type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'
export const algorithms: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

export interface SigningKey {
  readonly kid: string
  readonly alg: Algorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export function newKey(kid: string, alg: Algorithm): SigningKey {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { kid, alg, ...pair }
}

export const jwkOf = async ({ publicKey, kid, alg }: SigningKey): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  kid,
  alg,
  use: 'sig',
})

export const seconds = () => Math.floor(Date.now() / 1000)

/** @param header what is to be another than usual; undefined leaves a member out */
export function sign(key: SigningKey, claims: JWTPayload, header: Record<string, unknown> = {}): Promise<string> {
  const { kid, alg } = key
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ: 'JWT', ...header } as { alg: string }).sign(key.privateKey)
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token that nobody signed, with the text in the place of the signature. */
export const unsigned = (header: object, claims: object, signature = '') => `${part(header)}.${part(claims)}.${signature}`
