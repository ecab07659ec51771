/** Random texts that open something: made here, kept elsewhere only as their hash. */
import { randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 random bits, as 43 characters that fit into a URL and a cookie. */
export const randomText = (): string => randomBytes(32).toString('base64url')

/** Compares in a time that does not tell how much of it was right. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
