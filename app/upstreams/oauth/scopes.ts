/** Scopes are words in one text, in any order. */

/** Each word once; undefined for none. */
export function union(...scopes: readonly (string | null | undefined)[]): string | undefined {
  const words = new Set(scopes.flatMap((scope) => wordsOf(scope)))
  return words.size > 0 ? [...words].join(' ') : undefined
}

/** Whether all of the wanted words are among those there are. */
export function covers(have: string | undefined, wanted: string): boolean {
  const words = new Set(wordsOf(have))
  return wordsOf(wanted).every((word) => words.has(word))
}

const wordsOf = (scope: string | null | undefined): string[] => (scope ?? '').split(/\s+/).filter(Boolean)
