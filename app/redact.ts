/** Makes a value fit to be kept: secrets out at any depth, and never larger than the bound, however large the value is. */
import { masked, secrets } from './secrets.ts'

const secretName =
  /pass(word|wd|phrase)?$|^pwd$|secret|token$|api[-_]?key|private[-_]?key|^authorization$|^cookie$|^set-cookie$|credential|^bearer$/i
const longestText = 4_096
/** Members of JSON in a text: `"name": "value"`. */
const members = /"((?:[^"\\]|\\.){1,100})"(\s*:\s*)"(?:[^"\\]|\\.)*("|$)/g
const secretWord = /pass|pwd|secret|token|key|authorization|cookie|credential|bearer/i

/** Names come back again and again, and looking at one costs. */
const known = new Map<string, boolean>()
const mostKnown = 5_000

/** Whether a member of this name holds a secret. */
export function isSecretName(name: string): boolean {
  let secret = known.get(name)
  if (secret === undefined) {
    secret = secretName.test(name)
    if (known.size < mostKnown && name.length <= 100) known.set(name, secret)
  }
  return secret
}

/**
 * The JSON text of a bounded copy: members with a secret's name are masked, long texts and lists are cut and say by how much.
 * Work and memory are in proportion to the bound, not to the value.
 * @param limit bytes, roughly: the budget is counted in characters of the values and names taken over
 */
export function keepable(value: unknown, limit: number): string {
  return JSON.stringify(copy(value, { left: limit, longest: longestText }, 0)) ?? 'null'
}

/**
 * A copy for the log: members with a secret's name and the values of known secrets are masked. Errors stay as they are.
 * @param limit as above
 */
export function redacted(fields: Record<string, unknown>, limit = 256 * 1024): Record<string, unknown> {
  return copyObject(fields, { left: limit, longest: limit }, 0)
}

/** At most so many characters of a text, and no secret in them, not even half of one at the end. */
export function shortened(text: string, room: number): string {
  if (text.length <= room) return secrets.mask(text)
  return secrets.mask(text.slice(0, room + secrets.longest)).slice(0, room)
}

interface Budget {
  left: number
  /** Characters of one text. */
  longest: number
}

function copy(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === 'string') return cut(value, budget)
  if (typeof value !== 'object' || value === null) {
    budget.left -= 8
    return typeof value === 'bigint' ? String(value) : value
  }
  if (depth > 64) return '[deeper than 64 levels]'
  if (value instanceof Error) return value
  return Array.isArray(value) ? copyList(value, budget, depth) : copyObject(value as Record<string, unknown>, budget, depth)
}

function copyList(list: readonly unknown[], budget: Budget, depth: number): unknown[] {
  const kept: unknown[] = []
  for (const [index, element] of list.entries()) {
    if (budget.left <= 0) {
      kept.push(`[${list.length - index} more elements]`)
      break
    }
    budget.left -= 2
    kept.push(copy(element, budget, depth + 1))
  }
  return kept
}

function copyObject(object: Record<string, unknown>, budget: Budget, depth: number): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name in object) {
    if (budget.left <= 0) {
      kept['...'] = '[more members]'
      break
    }
    const short = name.length > 200 ? `${shortened(name, 200)}...` : secrets.mask(name)
    budget.left -= short.length + 4
    kept[short] = isSecretName(name) && object[name] !== null ? masked : copy(object[name], budget, depth + 1)
  }
  return kept
}

function cut(text: string, budget: Budget): string {
  const room = Math.max(0, Math.min(budget.longest, budget.left))
  budget.left -= Math.min(text.length, room) + 2
  const kept = withoutMembers(shortened(text, room))
  return text.length <= room ? kept : `${kept}[${text.length - room} more characters]`
}

/** A text may be JSON itself: tools say what they answer a second time as text. */
function withoutMembers(text: string): string {
  if (!/^\s*[{[]/.test(text) || !secretWord.test(text)) return text
  return text.replace(members, (member, name: string, colon: string) =>
    isSecretName(name) ? `"${name}"${colon}"${masked}"` : member,
  )
}
