/** One text for one JSON value, whatever the order of its members: what is hashed, compared and approved by its content. */
import { sha256 } from './sha256.ts'

const deepest = 200

/**
 * The value's JSON text as RFC 8785 (JSON Canonicalization Scheme) has it: members in the order of their UTF-16 code units, no space, numbers
 * and texts as ECMAScript writes them. A half of a surrogate pair, which the RFC refuses, is escaped. Members without a value are left out.
 * @throws RangeError for what is nested deeper than 200 levels
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > deepest) throw new RangeError(`nested deeper than ${deepest} levels`)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((element) => canonicalJson(element, depth + 1)).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member, depth + 1)}`).join(',')}}`
}

/** SHA-256 of that text, in hexadecimal. @throws RangeError as above */
export const canonicalHash = (value: unknown): string => sha256(canonicalJson(value))
