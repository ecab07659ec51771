/** What is stored instead of a key. Without SECRET_KEY nobody can tell from it whether a key is right, not even with the whole database at hand. */
import { createHmac, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto'

export interface Seal {
  /** HMAC-SHA-256 of the text, in hexadecimal. */
  of(text: string): string
  /** Whether this seal is that of the text; takes as long for a wrong one as for the right one. */
  fits(text: string, seal: string): boolean
}

export function createSeal(secretKey: string): Seal {
  const pepper = createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', 'api keys', 32)))
  const seal = (text: string) => createHmac('sha256', pepper).update(text).digest()
  return {
    of: (text) => seal(text).toString('hex'),
    fits(text, stored) {
      const expected = Buffer.from(stored, 'hex')
      const given = seal(text)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}
