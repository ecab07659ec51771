/** The longest common part of two lists of texts, as pieces that stayed, went and came. */

export interface Piece {
  /** `skip`: what stayed and is not shown; the text says how much. */
  readonly op: 'same' | 'gone' | 'new' | 'skip'
  readonly text: string
}

/** Cells of the table that is worked out at most; what differs more than that is shown as gone and new. */
const mostCells = 1_000_000

export function piecesOf(before: readonly string[], after: readonly string[]): Piece[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let end = 0
  const room = Math.min(before.length, after.length) - start
  while (end < room && before.at(-1 - end) === after.at(-1 - end)) end++
  const old = before.slice(start, before.length - end)
  const now = after.slice(start, after.length - end)
  const middle = old.length * now.length > mostCells ? [] : commonOf(old, now)

  const pieces: { op: Piece['op']; texts: string[] }[] = []
  const add = (op: Piece['op'], texts: readonly string[]) => {
    if (texts.length === 0) return
    if (pieces.at(-1)?.op === op) pieces.at(-1)!.texts.push(...texts)
    else pieces.push({ op, texts: [...texts] })
  }
  add('same', before.slice(0, start))
  let [i, j] = [0, 0]
  for (const [a, b] of [...middle, [old.length, now.length] as const]) {
    add('gone', old.slice(i, a))
    add('new', now.slice(j, b))
    add('same', old.slice(a, a + 1))
    ;[i, j] = [a + 1, b + 1]
  }
  add('same', before.slice(before.length - end))
  return pieces.map(({ op, texts }) => ({ op, text: texts.join('') }))
}

/** Places of one longest common subsequence, in order: the textbook table, from the end. */
function commonOf(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = longest[(i + 1) * width + j]!
      const right = longest[i * width + j + 1]!
      longest[i * width + j] = a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(below, right)
    }
  }
  const common: (readonly [number, number])[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) common.push([i++, j++])
    else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++
    else j++
  }
  return common
}
