/** Finds what somebody probably meant, so that an unknown name can be answered with a known one. */

/**
 * @returns the candidate that is closest to the word, or undefined where nothing is close enough to be meant.
 * A candidate that ends in `.word` wins: whoever writes `port` at the top of the file means `server.port`.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.endsWith(`.${word}`)) return candidate
    // Words whose lengths differ by more are at least that many edits apart.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = edits(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** How many letters must be added, dropped or changed to make one word of the other. */
function edits(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const change = from[row - 1] === to[column - 1] ? 0 : 1
      current.push(Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + change))
    }
    above = current
  }
  return above[to.length]!
}
