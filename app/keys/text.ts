/** The text of an API key: `swk_`, eight characters that name it, `_`, thirty-two that nobody can guess, and six to tell a typo by. */
import { randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const prefix = 'swk_'
const shape = /^swk_([0-9A-Za-z]{8})_[0-9A-Za-z]{32}([0-9A-Za-z]{6})$/
const checksumLength = 6

export interface KeyText {
  /** May be shown and logged. */
  readonly id: string
  /** The whole key. */
  readonly text: string
}

/** A new key, from the system's random numbers. */
export function newKeyText(): KeyText {
  const id = randomCharacters(8)
  const body = `${prefix}${id}_${randomCharacters(32)}`
  return { id, text: body + checksumOf(body) }
}

/** Whether somebody meant this as a key of ours, right or wrong. */
export const looksLikeKey = (text: string): boolean => text.startsWith(prefix)

/** The id in a key that was copied without a mistake; undefined for any other text. */
export function idIn(text: string): string | undefined {
  const [, id, checksum] = shape.exec(text) ?? []
  return checksum !== undefined && checksum === checksumOf(text.slice(0, -checksumLength)) ? id : undefined
}

/** CRC-32 in base 62: scanners for leaked secrets can check it too, and need no question to us. */
function checksumOf(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let place = 0; place < checksumLength; place++) {
    text = alphabet.charAt(rest % alphabet.length) + text
    rest = Math.floor(rest / alphabet.length)
  }
  return text
}

const randomCharacters = (count: number): string =>
  Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
