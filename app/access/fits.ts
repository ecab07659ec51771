/** Whether a rule speaks of this caller, this thing and these arguments. */
import type { Caller, Json, Via } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Plain, Rule, Target } from './words.ts'

const compiled = new Map<string, RegExp>()
const mostCompiled = 10_000

/** `*` stands for any text, everything else for itself. */
export function fitsPattern(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  let expression = compiled.get(pattern)
  if (!expression) {
    // One star after another would make the search slow, and means the same as one.
    const source = pattern.replace(/\*+/g, '*').split('*').map(escaped).join('[^]*')
    expression = new RegExp(`^${source}$`)
    if (compiled.size >= mostCompiled) compiled.clear()
    compiled.set(pattern, expression)
  }
  return expression.test(text)
}

export const fitsAny = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => fitsPattern(pattern, text))

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')

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
 * what mixes the two is refused.
 */
export function fitsArguments({ arguments: wanted, effect }: Rule, values: Json): boolean {
  return (
    !wanted ||
    Object.entries(wanted).every(([name, allowed]) => {
      const value = valueAt(values, name)
      if (!Array.isArray(value)) return isOneOf(allowed, value)
      const fits = (element: unknown) => isOneOf(allowed, element)
      return effect === 'allow' ? value.every(fits) : value.some(fits)
    })
  )
}

function isOneOf(allowed: readonly Plain[], value: unknown): boolean {
  return isPlain(value) && allowed.some((one) => (typeof one === 'string' ? fitsText(one, value) : one === value))
}

/** A number in a text must not slip past a rule that names the text, nor the other way round. */
const fitsText = (pattern: string, value: Plain): boolean => value !== null && fitsPattern(pattern, String(value))

function valueAt(values: Json, path: string): unknown {
  if (Object.hasOwn(values, path)) return values[path]
  let value: unknown = values
  for (const part of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined
    value = value[part]
  }
  return value
}

const isPlain = (value: unknown): value is Plain =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
