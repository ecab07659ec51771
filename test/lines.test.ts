import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineReader } from '../app/lines.ts'

/** Reads the bytes in chunks of the given sizes, over and over; a line that was too long stands as its length. */
function read(bytes: Buffer, sizes: number[], max: number): (string | number)[] {
  const lines: (string | number)[] = []
  const reader = createLineReader({ max, onLine: (line) => lines.push(line), onLong: (_, length) => lines.push(length) })
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    reader.push(bytes.subarray(from, from + size))
    from += size
  }
  reader.end()
  return lines
}

const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }).map((line) => line.replaceAll('\n', '')))
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })

test('lines come out as they went in, however the chunks fall', () => {
  fc.assert(
    fc.property(lines, sizes, fc.integer({ min: 1, max: 60 }), (texts, cuts, max) => {
      const expected = texts.map((text) => (Buffer.byteLength(text) > max ? Buffer.byteLength(text) : text))
      expect(read(Buffer.from(texts.map((text) => `${text}\n`).join('')), cuts, max)).toEqual(expected)
    }),
  )
})

test('the last line needs no newline', () => {
  expect(read(Buffer.from('one\ntwo'), [2], 100)).toEqual(['one', 'two'])
})

test('of a line that is too long the first 8 KiB are shown', () => {
  const shown: string[] = []
  const reader = createLineReader({ max: 20_000, onLine() {}, onLong: (start) => shown.push(start) })
  reader.push(Buffer.from('a'.repeat(15_000)))
  reader.push(Buffer.from('b'.repeat(15_000)))
  reader.push(Buffer.from('c\n'))
  expect(shown).toEqual(['a'.repeat(8 * 1024)])
})

test.each([1, 50, 127, 128, 129, 500, 40_000])(
  'of a line that is too long the last 128 bytes are told, in chunks of %i',
  (size) => {
    const ends: string[] = []
    const reader = createLineReader({ max: 20_000, onLine() {}, onLong: (_start, _bytes, end) => ends.push(end) })
    const tail = Array.from({ length: 128 }, (_, index) => String.fromCharCode(97 + (index % 26))).join('')
    const line = Buffer.from(`${'x'.repeat(25_000)}${tail}\n`)
    for (let from = 0; from < line.length; from += size) reader.push(line.subarray(from, from + size))
    expect(ends).toEqual([tail])
  },
)
