/** What a text says of itself before anybody has checked it: enough to tell whether it is a token, and who can check it. */
import { isObject } from '../is-object.ts'

const shape = /^(eyJ[\w-]{1,4000})\.[\w-]+\.[\w-]*$/

/** The `alg` of a JWT in its compact form (RFC 7515, section 7.1); undefined for any other text. */
export function algorithmOf(text: string): string | undefined {
  if (!text.startsWith('eyJ')) return undefined
  const header = shape.exec(text)?.[1]
  if (header === undefined) return undefined
  try {
    const read: unknown = JSON.parse(Buffer.from(header, 'base64url').toString())
    return isObject(read) && typeof read.alg === 'string' ? read.alg.slice(0, 40) : undefined
  } catch {
    return undefined
  }
}
