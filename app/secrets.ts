/** What must not come out: the values of all secrets, taken out of every text that is kept, logged or said to somebody outside. */
import { createFinder, shortest } from './secrets/finder.ts'
import { formsOf } from './secrets/forms.ts'
import { maskPacked } from './secrets/packed.ts'
import { maskShapes } from './secrets/shapes.ts'

/** What stands in the place of a secret. */
export const masked = '******'

export interface Secrets {
  /** Looks for these from now on. Values that are too short, or are words of our own, would take ordinary texts apart and are passed over. */
  add(values: Iterable<string>): void
  /** The same for what comes and goes, such as the tokens of a sign-in: the latest thousand of them. */
  addPassing(values: Iterable<string>): void
  /**
   * The text without any secret in it: their values in all forms (`secrets/forms.ts`), and whatever looks like one
   * (`secrets/shapes.ts`, `secrets/packed.ts`).
   */
  mask(text: string): string
  /** The same for every text in a value of JSON, names too. Gives back the very value where nothing was found. */
  maskWithin<T>(value: T): T
  /** How many characters a text may have to be cut behind its end, so that a secret at the end is still seen whole. */
  readonly longest: number
}

/** Words that people take for passwords, and that stand in texts for other reasons. */
const words = new Set(['password', 'switchyard', 'postgres', 'postgresql', 'localhost', 'changeme', 'anonymous'])
const mostPassing = 1_000
const deepest = 64

export function createSecrets(): Secrets {
  const lasting = new Set<string>()
  const passing = new Set<string>()
  let find: ((text: string, instead: string) => string) | undefined
  let longest = 512

  function take(into: Set<string>, values: Iterable<string>): void {
    for (const value of values) {
      if (value.length < shortest || words.has(value.toLowerCase()) || into.has(value)) continue
      into.add(value)
      longest = Math.max(longest, value.length * 3)
      find = undefined
    }
  }

  function mask(text: string): string {
    if (text.length < shortest) return text
    find ??= createFinder([...lasting, ...passing].flatMap(formsOf))
    return maskPacked(maskShapes(find(text, masked), masked), masked)
  }

  function within(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return mask(value)
    if (typeof value !== 'object' || value === null || depth > deepest) return value
    if (Array.isArray(value)) {
      const list = value.map((each) => within(each, depth + 1))
      return list.some((each, index) => each !== value[index]) ? list : value
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) return value
    const entries = Object.entries(value).map(([name, each]) => [mask(name), within(each, depth + 1), name, each] as const)
    return entries.some(([name, each, ...before]) => name !== before[0] || each !== before[1])
      ? Object.fromEntries(entries.map(([name, each]) => [name, each]))
      : value
  }

  return {
    add: (values) => take(lasting, values),
    addPassing(values) {
      take(passing, values)
      for (const oldest of passing) {
        if (passing.size <= mostPassing) break
        passing.delete(oldest)
      }
    },
    mask,
    maskWithin: <T>(value: T) => within(value, 0) as T,
    get longest() {
      return longest
    },
  }
}

/**
 * Those of this process. The only thing that is not handed on as an argument: a crash asks nobody whose secret it holds, and what is
 * forgotten to be handed on somewhere would come out there.
 */
export const secrets = createSecrets()
