/** What has become of a form, for people: field by field, texts by their words, everything else by the lines of its JSON. */
import { canonicalJson } from '../canonical.ts'
import { reveal } from './invisible.ts'
import { type Piece, piecesOf } from './pieces.ts'
import type { Form } from './words.ts'

export interface FieldChange {
  /** `description`, `inputSchema`, ... */
  readonly field: string
  /** Words follow each other in a line; lines stand below each other. */
  readonly by: 'words' | 'lines'
  readonly pieces: readonly Piece[]
}

/** Members of a definition in the order in which people care; others follow. */
const order = ['name', 'title', 'description', 'instructions', 'inputSchema', 'outputSchema', 'annotations', 'arguments']

/** @param before null where nothing was approved yet: then everything is new */
export function changesIn(before: Form | null, after: Form): FieldChange[] {
  return fieldsOf(before, after).map((field) => {
    const [old, now] = [valueIn(before, field), valueIn(after, field)]
    const isText = (value: unknown) => value === undefined || typeof value === 'string'
    if (isText(old) && isText(now)) return { field, by: 'words', pieces: piecesOf(wordsOf(old), wordsOf(now)) }
    return { field, by: 'lines', pieces: aroundChanges(piecesOf(linesOf(old), linesOf(now))) }
  })
}

/** The fields that are not the same, in the order in which people care. */
export function fieldsOf(before: Form | null, after: Form): string[] {
  const names = new Set([...Object.keys(before?.definition ?? {}), ...Object.keys(after.definition), 'notes'])
  const known = [...order.filter((name) => names.has(name)), ...[...names].filter((name) => !order.includes(name))]
  return known.filter((name) => pretty(valueIn(before, name)) !== pretty(valueIn(after, name)))
}

const valueIn = (form: Form | null, field: string): unknown => (field === 'notes' ? form?.notes : form?.definition[field])

/** Words and what stands between them, each piece of it. */
const wordsOf = (text: unknown): string[] =>
  reveal(typeof text === 'string' ? text : '').match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? []

const linesOf = (value: unknown): string[] =>
  value === undefined
    ? []
    : reveal(pretty(value))
        .split('\n')
        .map((line) => `${line}\n`)

/** Indented, with members in the order of their names: a change of their order alone is none. */
const pretty = (value: unknown): string => (value === undefined ? '' : JSON.stringify(JSON.parse(canonicalJson(value)), null, 2))

const around = 3

/** Leaves out of a long stretch without changes what is not near to one. */
function aroundChanges(pieces: readonly Piece[]): Piece[] {
  return pieces.flatMap((piece, index) => {
    const lines = piece.text.split(/(?<=\n)/)
    const first = index === 0 ? 0 : around
    const last = index === pieces.length - 1 ? 0 : around
    if (piece.op !== 'same' || lines.length <= first + last + 1) return [piece]
    const skipped: Piece = { op: 'skip', text: `${lines.length - first - last} lines` }
    const kept = [lines.slice(0, first), lines.slice(lines.length - last)].map(
      (some): Piece => ({ op: 'same', text: some.join('') }),
    )
    return [kept[0]!, skipped, kept[1]!].filter(({ text }) => text !== '')
  })
}
