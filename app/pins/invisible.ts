/** Characters that nobody sees and models read, or that show a text in another order than it is read in. */

/**
 * Controls but for line ends and tabs, formatting characters (zero width, bidirectional controls, tags), private use, and fillers that look like
 * nothing. Variation selectors are looked at apart: after an emoji they are usual.
 */
const classes = ['Cc', 'Cf', 'Co', 'Cs'].map((name) => `\\p{${name}}`).join('')
const fillers = '\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u2028\\u2029\\u3164\\uffa0\\ufe00-\\ufe0f\\u{e0000}\\u{e0100}-\\u{e01ef}'
const hidden = new RegExp(`[${classes}${fillers}]`, 'gu')

/** Joiners belong to how some scripts are written, and to emoji. */
const joined =
  /(?:[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Sinhala}\p{Extended_Pictographic}\p{Emoji_Modifier}]|\ufe0f)$/u
const isJoiner = (character: string) => character === '\u200c' || character === '\u200d'
const selected = /[\p{Extended_Pictographic}\d#*]$/u
/** Flags of regions are written with tags: a black flag, tags, and the tag that ends them (Unicode Technical Standard 51). */
const regionalFlag = /\u{1f3f4}[\u{e0020}-\u{e007e}]{2,6}\u{e007f}/gu

/** A mark for the order of bytes at the very beginning, soft hyphens, and marks of direction in scripts from right to left. */
function isUsual(character: string, before: string): boolean {
  if (character === '\n' || character === '\r' || character === '\t') return true
  if (character === '\u00ad') return true
  if (isJoiner(character)) return joined.test(before)
  if (/[\ufe0e\ufe0f]/.test(character)) return selected.test(before)
  if (/[\u200e\u200f\u061c]/.test(character)) return /[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(before)
  return character === '\ufeff' && before === ''
}

/** Where such characters stand, and which they are. */
export function invisibleIn(text: string): { readonly at: number; readonly character: string }[] {
  const flags = [...text.matchAll(regionalFlag)].map(({ index, 0: flag }) => [index, index + flag.length] as const)
  return [...text.matchAll(hidden)]
    .filter(({ index, 0: character }) => !isUsual(character, text.slice(Math.max(0, index - 20), index)))
    .filter(({ index }) => !flags.some(([from, to]) => index >= from && index < to))
    .map(({ index, 0: character }) => ({ at: index, character }))
}

/** The text with such characters written out: `⟨U+202E⟩`. */
export function reveal(text: string): string {
  const found = invisibleIn(text)
  if (found.length === 0) return text
  let [shown, from] = ['', 0]
  for (const { at, character } of found) {
    shown += text.slice(from, at) + written(character)
    from = at + character.length
  }
  return shown + text.slice(from)
}

/** Tags stand for ASCII characters: what they spell is said. */
function written(character: string): string {
  const code = character.codePointAt(0)!
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return code >= 0xe0020 && code <= 0xe007e ? `⟨${name} ${String.fromCodePoint(code - 0xe0000)}⟩` : `⟨${name}⟩`
}
