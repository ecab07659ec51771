/** Texts in the headers of 2026-07-28 (`Mcp-Name`, `Mcp-Param-*`): plain where HTTP takes them as they are, wrapped in Base64 where not. */
import { isUtf8 } from 'node:buffer'

const before = '=?base64?'
const after = '?='
/** What arrives as it was sent: HTTP takes blanks off both ends, and some servers do not tell an empty value from none. */
const plain = /^[!-~]([\t -~]*[!-~])?$/
const allowed = /^[\t -~]*$/

export function encodeHeader(text: string): string {
  const looksWrapped = text.startsWith(before) && text.endsWith(after)
  return plain.test(text) && !looksWrapped ? text : `${before}${Buffer.from(text).toString('base64')}${after}`
}

/** The text that a header stands for; undefined where it has characters that it may not have, or Base64 of no text. */
export function decodeHeader(value: string): string | undefined {
  if (!allowed.test(value)) return undefined
  const wrapped = value.length >= before.length + after.length && value.startsWith(before) && value.endsWith(after)
  if (!wrapped) return value
  const payload = value.slice(before.length, -after.length)
  const bytes = Buffer.from(payload, 'base64')
  // Node passes over what is no Base64, so only what comes out the same again was right.
  return bytes.toString('base64') === payload && isUtf8(bytes) ? bytes.toString() : undefined
}
