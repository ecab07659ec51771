/** What we hand out: random texts that mean nothing to anybody else, kept as hashes. */
import { randomText } from '../random-text.ts'
import { sha256 } from '../sha256.ts'

/** `swt_` is for calls, `swr_` gets new ones, a code is exchanged for both. */
export const newToken = (prefix: 'swt_' | 'swr_' | 'swc_'): string => prefix + randomText()

export const isAccessToken = (text: string): boolean => /^swt_[\w-]{43}(\.[a-z-]+)?$/.test(text)

/**
 * A token for less than its grant is for (RFC 6749, section 6). What it is for stands in its text, and cannot be changed there: the hash is of
 * the whole text.
 */
export const narrowed = (token: string, scopes: readonly string[]): string => `${token}.${scopes.join('-')}`

/** Undefined for a token that is for all that its grant is for. */
export const narrowedTo = (token: string): readonly string[] | undefined => token.split('.')[1]?.split('-')

/** Whether the verifier is the one that the challenge was made of (RFC 7636, S256). */
export const fitsChallenge = (verifier: string, challenge: string): boolean =>
  /^[\w.~-]{43,128}$/.test(verifier) && sha256(verifier, 'base64url') === challenge
