/** What is pinned of a command: all that its upstream says about it, and under which name it is kept. */
import type { Command, Json } from '../call.ts'
import { canonicalHash } from '../canonical.ts'
import { isObject } from '../is-object.ts'
import { sha256 } from '../sha256.ts'
import type { Form } from './words.ts'

/** The size of a resource and when it was written change with its content, which nobody approves. */
export function formOf({ kind, definition, notes }: Pick<Command, 'kind' | 'definition' | 'notes'>): Form {
  const shown = kind === 'resource' ? withoutContent(definition) : definition
  return notes && Object.keys(notes).length > 0 ? { definition: shown, notes } : { definition: shown }
}

function withoutContent({ size: _, ...definition }: Json): Json {
  if (!isObject(definition.annotations) || !('lastModified' in definition.annotations)) return definition
  const { lastModified: __, ...annotations } = definition.annotations
  return { ...definition, annotations }
}

/** SHA-256 of the form; undefined for one that is nested too deep to be looked at. */
export function hashOf(form: Form): string | undefined {
  try {
    return canonicalHash(form)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const longestName = 500

/** The name as a pin has it: a URI may be longer than an index takes, and hold what PostgreSQL does not. */
export function pinNameOf(name: string): string {
  const plain = wellFormed(name).replaceAll('\0', '\u2400')
  if (plain.length <= longestName) return plain
  return `${wellFormed(plain.slice(0, longestName))} ${sha256(name).slice(0, 16)}`
}

/** Halves of surrogate pairs are no UTF-8. */
const wellFormed = (text: string): string => Buffer.from(text).toString()
