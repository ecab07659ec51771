/** What is seen of a JSON text before anything is built of it. */
import { describe, expect, test } from 'vitest'
import { parseJson, refusedId } from '../app/surfaces/json.ts'
import { measureText } from '../app/surfaces/json-size.ts'

const sizeOf = (value: unknown) => measureText(typeof value === 'string' ? value : JSON.stringify(value), 64)

describe('elements are counted as they would be built', () => {
  test.each<[unknown, number]>([
    [{}, 0],
    [[], 0],
    [{ a: 1 }, 1],
    [{ a: 1, b: [1, 2, 3] }, 5],
    [{ a: [[], [], {}] }, 4],
    [{ a: '1,2,3,[{"' }, 1],
    [{ 'a\\': '",' }, 1],
    [{ a: 'x\\\\' }, 1],
  ])('%j has %i', (value, total) => {
    expect(sizeOf(value).total).toBe(total)
  })

  test('in a batch the largest message counts, and all of them together', () => {
    expect(sizeOf([{ a: 1 }, { a: [1, 2, 3] }, 1])).toMatchObject({ largest: 4, total: 8 })
  })
})

test('depth is the deepest place, and nothing is looked at beyond the bound', () => {
  expect(sizeOf({ a: [{ b: 1 }] }).depth).toBe(3)
  expect(sizeOf('['.repeat(100_000)).depth).toBe(65)
})

describe('who is refused is told which request it was', () => {
  const many = Object.fromEntries(Array.from({ length: 30_000 }, (_, nth) => [`member${nth}`, nth]))
  const refuse = (text: string): unknown => {
    try {
      return parseJson(text)
    } catch (error) {
      return [(error as { code: string }).code, refusedId(error)]
    }
  }
  test.each<[string, string, unknown]>([
    ['before what is too large', JSON.stringify({ id: 7, params: many }), 7],
    ['after it', JSON.stringify({ params: many, id: 'a"b' }), 'a"b'],
    ['not where it stands deeper', JSON.stringify({ params: { id: 'inner', ...many } }), undefined],
    ['not where it is no id', JSON.stringify({ id: null, params: many }), undefined],
    ['not where it is too long to be sent back', JSON.stringify({ id: 'x'.repeat(2_000), params: many }), undefined],
  ])('%s', (_, text, id) => {
    expect(refuse(text)).toEqual(['too_large', id])
  })
})
