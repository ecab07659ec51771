/** What we hand out: random texts that mean nothing to anybody else, kept as hashes. */
import { createHash, randomBytes } from 'node:crypto'

/** `swt_` is for calls, `swr_` gets new ones, a code is exchanged for both. */
export const newToken = (prefix: 'swt_' | 'swr_' | 'swc_'): string => prefix + randomBytes(32).toString('base64url')

export const isAccessToken = (text: string): boolean => /^swt_[\w-]{43}(\.[a-z-]+)?$/.test(text)

/**
 * A token for less than its grant is for (RFC 6749, section 6). What it is for stands in its text, and cannot be changed there: the hash is of
 * the whole text.
 */
export const narrowed = (token: string, scopes: readonly string[]): string => `${token}.${scopes.join('-')}`

/** Undefined for a token that is for all that its grant is for. */
export const narrowedTo = (token: string): readonly string[] | undefined => token.split('.')[1]?.split('-')

/** A text of 256 random bits cannot be guessed from its plain hash. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Whether the verifier is the one that the challenge was made of (RFC 7636, S256). */
export const fitsChallenge = (verifier: string, challenge: string): boolean =>
  /^[\w.~-]{43,128}$/.test(verifier) && createHash('sha256').update(verifier).digest('base64url') === challenge
