/**
 * Regular expressions of other people's schemas, tried in time that grows with the text alone: the engine of the language needs years for some
 * of them, such as `^(a+)+$`, and nothing else runs meanwhile. RE2JS is RE2, which knows neither lookaround nor back references.
 */
import { RE2JS } from 're2js'

export interface LinearPattern {
  /** Steps of its program: to make it, and each character of a text, costs so many at most. */
  readonly size: number
  test(text: string): boolean
}

/** What ECMAScript calls line ends and white space; RE2 knows those of ASCII (ECMA-262, sections 12.2 and 12.3). */
const lineEnds = '\\n\\r\\x{2028}\\x{2029}'
const spaces = `\\t\\x{b}\\x{c} ${lineEnds}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{202f}\\x{205f}\\x{3000}\\x{feff}`

/**
 * @param source a regular expression of ECMA-262 with the flag `u`, as JSON Schema has it
 * @returns undefined for one that cannot be tried in such a time
 */
export function linearPattern(source: string): LinearPattern | undefined {
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(translated(source)))
    return { size: compiled.programSize(), test: (text) => compiled.test(text) }
  } catch {
    return undefined
  }
}

/** One word of an expression: any character at all, a property with the name of its kind, an escape, or what means another thing in RE2. */
const words = /\[(?:\\s\\S|\\S\\s|\^)\]|\\[pP]\{(?:Script|sc|General_Category|gc)=|\\.|[[\].]/gs

/** The same for RE2, where the two mean different things by the same word. @throws RangeError where it cannot be said */
function translated(source: string): string {
  let inClass = false
  return source.replace(words, (word) => {
    if (word.length > 2) return word.startsWith('[') ? '(?s:.)' : word.replace(/\{.*/, '{')
    switch (word) {
      case '[':
      case ']':
        inClass = word === '['
        return word
      case '.':
        return inClass ? word : `[^${lineEnds}]`
      case '\\s':
        return inClass ? spaces : `[${spaces}]`
      case '\\S':
        if (inClass) throw new RangeError('a class of all but spaces and something else')
        return `[^${spaces}]`
      case '\\k':
        throw new RangeError('a back reference')
      default:
        return word
    }
  })
}
