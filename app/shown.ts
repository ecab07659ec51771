/** Text from outside, fit to be repeated in a message: cut, and without what a terminal or a log would obey. */

/** @param most characters */
export function shown(text: string, most = 100): string {
  const cut = text.length > most ? `${text.slice(0, most)}...` : text
  return cut.replace(/[\p{Cc}\u2028\u2029]/gu, '?')
}
