/** Whether a rule speaks of this caller, this thing and these arguments. */
import type { Caller, Json, Via } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Plain, Rule, Target } from './words.ts'

/** `*` stands for any text, everything else for itself. No expression is made of it: some of those take time without end. */
export function fitsPattern(pattern: string, text: string): boolean {
  const pieces = pattern.split('*')
  if (pieces.length === 1) return pattern === text
  const [first = ''] = pieces
  const last = pieces.at(-1) ?? ''
  const end = text.length - last.length
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at)
    if (found < 0 || found + piece.length > end) return false
    at = found + piece.length
  }
  return true
}

/** Whether one of them fits. */
export const fitsAny = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => fitsPattern(pattern, text))

/** Whether the rule is about this caller on this way in; what it is about otherwise is not looked at. */
export function fitsCaller(rule: Rule, { id, name, role, claims }: Caller, via: Via): boolean {
  if (rule.surfaces && !rule.surfaces.includes(via)) return false
  if (rule.callers && !fitsAny(rule.callers, id)) return false
  if (rule.keys && !(id.startsWith('key:') && (fitsAny(rule.keys, name) || fitsAny(rule.keys, id.slice(4))))) return false
  if (rule.roles && !(role !== undefined && rule.roles.includes(role))) return false
  return !rule.claims || Object.entries(rule.claims).every(([claim, wanted]) => fitsClaim(wanted, claims, claim))
}

function fitsClaim(wanted: readonly string[], claims: Json | undefined, name: string): boolean {
  if (!claims || !Object.hasOwn(claims, name)) return false
  const held = claims[name]
  // Scopes come as one text with spaces between them (RFC 8693, section 4.2).
  const values = Array.isArray(held) ? held : typeof held === 'string' && name === 'scope' ? held.split(' ') : [held]
  return values.some((value) => isPlain(value) && fitsAny(wanted, String(value)))
}

/** Whether the rule is about this thing; its arguments are not looked at. */
export function fitsTarget(rule: Rule, { command: { kind, owner }, name }: Target): boolean {
  if (rule.upstreams && !fitsAny(rule.upstreams, owner)) return false
  const { tools, resources, prompts } = rule
  if (!tools && !resources && !prompts) return kind === 'tool' || !rule.arguments
  const patterns = kind === 'tool' ? tools : kind === 'prompt' ? prompts : resources
  return patterns !== undefined && fitsAny(patterns, name)
}

/**
 * Whether the arguments have the values that the rule names. Of a list, allowing wants every element among them, and denying any one:
 * what mixes the two is refused. An empty list may mean "all of them" to a tool, so it is none that is allowed.
 */
export function fitsArguments({ arguments: wanted, effect }: Rule, values: Json): boolean {
  return (
    !wanted ||
    Object.entries(wanted).every(([name, allowed]) => {
      const isOne = (value: unknown) => isOneOf(allowed, value)
      const fits = (value: unknown) => {
        if (!Array.isArray(value)) return isOne(value)
        return effect === 'deny' ? value.some(isOne) : value.length > 0 && value.every(isOne)
      }
      const found = valuesAt(values, name)
      return effect === 'deny' ? found.some(fits) : found.length > 0 && found.every(fits)
    })
  )
}

const isOneOf = (allowed: readonly Plain[], value: unknown): boolean =>
  isPlain(value) && allowed.some((one) => isSame(one, value))

/** A number in a text must not slip past a rule that names the number, nor the other way round. */
function isSame(one: Plain, value: Plain): boolean {
  if (one === null || value === null) return one === value
  return typeof one === 'string' ? fitsPattern(one, String(value)) : String(one) === String(value)
}

/** What stands under the name itself, and what a dotted name leads to: nobody knows which of the two a tool reads. */
function valuesAt(values: Json, path: string): unknown[] {
  const found = Object.hasOwn(values, path) ? [values[path]] : []
  if (!path.includes('.')) return found
  let value: unknown = values
  for (const part of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return found
    value = value[part]
  }
  return [...found, value]
}

const isPlain = (value: unknown): value is Plain =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
