/**
 * Finds any of many texts in a long one without looking at most of it (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994):
 * the two characters where the beginning of a text would end say how far one may go on when no text has them there.
 */
import type { Form } from './forms.ts'

/** No text that is looked for is shorter, in characters. */
export const shortest = 8

const furthest = shortest - 1
const size = 1 << 14

const blockOf = (one: number, other: number): number => ((one << 5) ^ other) & (size - 1)

/**
 * @param forms each at least `shortest` characters long
 * @returns replaces what it finds; gives back the very text where nothing is found
 */
export function createFinder(forms: readonly Form[]): (text: string, instead: string) => string {
  const steps = new Uint8Array(size).fill(furthest)
  const ending = new Map<number, Form[]>()
  for (const form of forms) {
    for (let at = 1; at < shortest; at++) {
      const block = blockOf(form.text.charCodeAt(at - 1), form.text.charCodeAt(at))
      steps[block] = Math.min(steps[block]!, furthest - at)
      if (at === furthest) ending.set(block, [...(ending.get(block) ?? []), form])
    }
  }
  // Where one is the beginning of another, the longer one counts.
  for (const candidates of ending.values()) candidates.sort((one, other) => other.text.length - one.text.length)

  return function replaceAll(text, instead) {
    let replaced = ''
    let done = 0
    for (let at = furthest; at < text.length; ) {
      const block = blockOf(text.charCodeAt(at - 1), text.charCodeAt(at))
      const step = steps[block]!
      if (step > 0) {
        at += step
        continue
      }
      const start = at - furthest
      const found = ending.get(block)!.find((form) => text.startsWith(form.text, start))
      if (!found) {
        at++
        continue
      }
      const [from, to] = found.inside ? around(text, start, start + found.text.length, done) : [start, start + found.text.length]
      replaced += text.slice(done, from) + instead
      done = to
      at = to + furthest
    }
    return done === 0 ? text : replaced + text.slice(done)
  }
}

/** The whole Base64 text of which a part was found. */
export function around(text: string, from: number, to: number, earliest: number): [number, number] {
  while (from > earliest && isBase64(text.charCodeAt(from - 1))) from--
  while (to < text.length && isBase64(text.charCodeAt(to))) to++
  return [from, to]
}

function isBase64(code: number): boolean {
  const letter = code | 0x20
  return (letter >= 0x61 && letter <= 0x7a) || (code >= 0x30 && code <= 0x39) || '+/-_='.includes(String.fromCharCode(code))
}
