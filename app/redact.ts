/** Makes a value fit to be kept: secrets out at any depth, and never larger than the bound, however large the value is. */

const secretName =
  /pass(word|wd|phrase)?$|^pwd$|secret|token$|api[-_]?key|private[-_]?key|^authorization$|^cookie$|^set-cookie$|credential|^bearer$/i
const longestText = 4_096
/** Our own API keys, wherever they were pasted. */
const apiKeys = /swk_[0-9A-Za-z]{8}_[0-9A-Za-z]{32,}/g

/** What stands in the place of a secret. */
export const masked = '******'

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
  return JSON.stringify(copy(value, { left: limit }, 0)) ?? 'null'
}

interface Budget {
  left: number
}

function copy(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === 'string') return cut(value, budget)
  if (typeof value !== 'object' || value === null) {
    budget.left -= 8
    return typeof value === 'bigint' ? String(value) : value
  }
  if (depth > 64) return '[deeper than 64 levels]'
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
    const short = name.length > 200 ? `${name.slice(0, 200)}...` : name
    budget.left -= short.length + 4
    kept[short] = isSecretName(name) && object[name] !== null ? masked : copy(object[name], budget, depth + 1)
  }
  return kept
}

function cut(text: string, budget: Budget): string {
  const room = Math.max(0, Math.min(longestText, budget.left))
  budget.left -= Math.min(text.length, room) + 2
  const kept = text.length <= room ? text : `${text.slice(0, room)}[${text.length - room} more characters]`
  return kept.includes('swk_') ? kept.replace(apiKeys, masked) : kept
}
