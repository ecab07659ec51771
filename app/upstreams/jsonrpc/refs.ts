/** Takes references of one document out of a schema, because a tool's schema stands alone. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'

/** Parts of one schema; and levels, beyond which a schema that holds itself is cut. */
const mostParts = 20_000
const deepest = 24

/** The value with what its references point at in their place; what cannot be found, or holds itself too deep, allows everything. */
export function withoutRefs(value: unknown, document: Json): unknown {
  let parts = 0

  function copy(part: unknown, depth: number): unknown {
    parts++
    if (typeof part !== 'object' || part === null) return part
    if (depth > deepest || parts > mostParts) return {}
    if (Array.isArray(part)) return part.map((each) => copy(each, depth + 1))
    const { $ref } = part as Json
    if (typeof $ref === 'string') return copy(found($ref) ?? {}, depth + 1)
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, copy(each, depth + 1)]))
  }

  function found(ref: string): unknown {
    if (!ref.startsWith('#/')) return undefined
    const names = ref.slice(2).split('/')
    return names.reduce<unknown>((at, name) => {
      const plain = name.replaceAll('~1', '/').replaceAll('~0', '~')
      return isObject(at) && Object.hasOwn(at, plain) ? at[plain] : undefined
    }, document)
  }

  return copy(value, 0)
}
