import { createHash } from 'node:crypto'

/** The SHA-256 of a text in UTF-8 (FIPS 180-4). Of 256 random bits it says nothing; what people have thought up can be guessed from it. */
export const sha256 = (text: string, encoding: 'hex' | 'base64url' = 'hex'): string =>
  createHash('sha256').update(text).digest(encoding)
