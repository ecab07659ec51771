/** The rules of `access.rules`, read one by one, so that whoever mistypes one is told which and what. */
import type { Plain, Rule } from '../access/words.ts'
import type { Json, Via } from '../call.ts'
import { isObject } from '../is-object.ts'
import { nearest } from '../nearest.ts'
import type { Shape } from './shapes.ts'

const surfaces: readonly Via[] = ['stdio', 'sse', 'http', 'websocket', 'cmd', 'rest', 'admin']
const patterns = ['keys', 'callers', 'roles', 'upstreams', 'tools', 'resources', 'prompts'] as const
const members = ['name', 'effect', 'surfaces', ...patterns, 'claims', 'arguments', 'fixed', 'hidden']
/** Every call of everybody is held against all of them. */
const most = 1_000

/** A list in a file, the same list as JSON in a variable. */
export const accessRules: Shape<readonly Rule[]> = {
  expected: 'a list of rules, each with effect: allow or deny',
  read(raw) {
    const entries = entriesIn(raw)
    return entries && faultIn(entries) === undefined ? entries.map(ruleIn) : undefined
  },
  fault(raw) {
    const entries = entriesIn(raw)
    return entries && faultIn(entries)
  },
}

function entriesIn(raw: unknown): readonly unknown[] | undefined {
  try {
    const entries: unknown = typeof raw === 'string' ? JSON.parse(raw) : raw
    return Array.isArray(entries) ? entries : undefined
  } catch {
    return undefined
  }
}

function faultIn(entries: readonly unknown[]): string | undefined {
  if (entries.length > most) return `must have at most ${most} rules, got ${entries.length}`
  for (const [index, entry] of entries.entries()) {
    const fault = isObject(entry) ? faultOf(entry) : 'must be a mapping with effect: allow or deny'
    if (fault) return `rule ${index + 1}${isObject(entry) && typeof entry.name === 'string' ? ` (${entry.name})` : ''} ${fault}`
  }
  return undefined
}

function faultOf(entry: Json): string | undefined {
  const unknown = Object.keys(entry).find((member) => !members.includes(member))
  if (unknown !== undefined) {
    const meant = nearest(unknown, members)
    return `has no member ${unknown}: ${meant ? `did you mean ${meant}?` : `there are ${members.join(', ')}`}`
  }
  if (entry.effect !== 'allow' && entry.effect !== 'deny') return 'must have effect: allow or deny'
  if (entry.name !== undefined && typeof entry.name !== 'string') return 'must have a text as its name'
  const list = [...patterns, 'hidden'].find((member) => entry[member] !== undefined && !isTexts(entry[member]))
  if (list) return `must have a list of texts in ${list}`
  if (namesCommandLine(entry.surfaces) || namesCommandLine(entry.callers))
    return 'must not name cli: whoever starts the command line may read and write the rules, so none is asked there'
  if (entry.surfaces !== undefined && !(isTexts(entry.surfaces) && entry.surfaces.every((one) => isSurface(one))))
    return `must have some of ${surfaces.join(', ')} in surfaces`
  if (entry.claims !== undefined && !isMapping(entry.claims, isTextOrTexts))
    return 'must have a text or a list of texts for each of claims'
  if (entry.arguments !== undefined && !isMapping(entry.arguments, isPlainOrPlains))
    return 'must have a value or a list of values for each of arguments: texts, numbers, true, false or null'
  if (entry.fixed !== undefined && !isObject(entry.fixed)) return 'must have a mapping from arguments to values in fixed'
  if (entry.effect === 'deny' && (entry.fixed !== undefined || entry.hidden !== undefined))
    return 'must not have fixed or hidden: what is denied is not called'
  return entry.arguments !== undefined && entry.tools === undefined && (entry.resources ?? entry.prompts) !== undefined
    ? 'must have tools beside arguments: only tools have those'
    : undefined
}

/** @param entry without a fault */
function ruleIn(entry: unknown, index: number): Rule {
  const { name = `rule ${index + 1}`, claims, arguments: values, ...rest } = entry as Json
  return {
    ...(rest as Pick<Rule, 'effect'>),
    name: String(name),
    ...(claims ? { claims: listed<string>(claims as Json) } : {}),
    ...(values ? { arguments: listed<Plain>(values as Json) } : {}),
  }
}

const listed = <T>(mapping: Json): Record<string, readonly T[]> =>
  Object.fromEntries(Object.entries(mapping).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]) as T[]]))

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.length > 0 && value.every(isText)
const isTextOrTexts = (value: unknown): boolean => isText(value) || isTexts(value)
const namesCommandLine = (list: unknown): boolean => Array.isArray(list) && list.includes('cli')
const isSurface = (text: string): boolean => (surfaces as readonly string[]).includes(text)
const isPlain = (value: unknown): boolean => value === null || ['string', 'number', 'boolean'].includes(typeof value)
const isPlainOrPlains = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && value.every(isPlain) : isPlain(value)
const isMapping = (value: unknown, holds: (member: unknown) => boolean): boolean =>
  isObject(value) && Object.values(value).every(holds)
