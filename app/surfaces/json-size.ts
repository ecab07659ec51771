/** How large the value of a JSON text would be, seen in one pass over it and without building anything. */

export interface JsonSize {
  /** Levels; not counted further than the bound, where the look ends. */
  readonly depth: number
  /** Members and elements of the largest message: the text itself, or what stands in the list that it is. */
  readonly largest: number
  /** Of all of them together. */
  readonly total: number
  /** What stands under `id` in the outermost object, as JSON text: whoever is refused wants to know which request it was. */
  readonly id: string | undefined
}

const quote = 0x22
const comma = 0x2c
const [openingList, closingList] = [0x5b, 0x5d]
const [openingObject, closingObject] = [0x7b, 0x7d]

/** What is no JSON has some size or other: the parser says what is wrong with it. */
export function measureText(text: string, mostDepth: number): JsonSize {
  const isBatch = text.trimStart().startsWith('[')
  let depth = 0
  let deepest = 0
  let count = 0
  let largest = 0
  let total = 0
  let id: string | undefined
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at)
    if (sign === quote) {
      const end = endOfString(text, at)
      if (depth === 1 && end - at === 3 && text.startsWith('"id"', at)) id ??= idAfter(text, end + 1)
      at = end
    } else if (sign === comma) {
      total++
      count++
      if (isBatch && depth === 1) {
        largest = Math.max(largest, count - 1)
        count = 0
      }
    } else if (sign === openingList || sign === openingObject) {
      if (++depth > deepest) deepest = depth
      if (depth > mostDepth) break
      // What is in it has one element more than commas, unless nothing is.
      if (!isClosing(text.charCodeAt(at + 1))) {
        total++
        count++
      }
    } else if (isClosing(sign)) depth--
  }
  return { depth: deepest, largest: Math.max(largest, count), total, id }
}

/** A text that is not too long, or a whole number. */
function idAfter(text: string, at: number): string | undefined {
  const value = /\s*:\s*("(?:[^"\\]|\\.){0,1000}"|-?\d{1,16})\s*[,}]/y
  value.lastIndex = at
  return value.exec(text)?.[1]
}

const isClosing = (sign: number): boolean => sign === closingList || sign === closingObject

/** Looks for the next quote natively: most of a large text is long strings. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}
