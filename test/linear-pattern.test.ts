/** What is promised about the patterns of other people's schemas: they mean what they mean in ECMAScript, and no text makes them take for ever. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { linearPattern } from '../app/linear-pattern.ts'

const usual = [
  '^[A-Z]{2}$',
  '^\\+?[0-9 ()-]{5,20}$',
  '^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\\.[a-zA-Z]{2,}$',
  '^(https?|ftp)://[^\\s/$.?#].[^\\s]*$',
  '^\\d+(\\.\\d{1,2})?$',
  '^(0|[1-9]\\d*)$',
  '^(?<year>\\d{4})-\\d{2}$',
  '^[\\u0400-\\u04ff]+$',
  '^\\p{L}+$',
  '^[^\\p{C}]+$',
  '\\p{Script=Cyrillic}',
  '[\\p{sc=Greek}\\p{gc=Lu}]',
  '\\P{L}',
  '\\bfoo\\b',
  'a$',
  '^.*$',
  'a.c',
  '[.]',
  '\\.',
  '^[\\s\\S]*$',
  '[^]',
  '[]',
  '\\s',
  '^\\S+$',
  '[\\w\\s]',
  '[^\\s]',
  '^[\\W]+$',
  '[\\]x.]',
  '\\\\s',
  '\\x41',
  '\\u{1F600}',
  '\\0',
  '\\cJ',
  '(?:a|b)*c',
  'x{0}',
]
const characters = [
  ...' ab1.-_@/\\[]sxéЖωAc+\t\n\r\v\f\0\b\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff١',
  '😀',
  'foo',
  '://',
]

test.each(usual)('%s means what it means in ECMAScript', (source) => {
  const native = new RegExp(source, 'u')
  const pattern = linearPattern(source)
  expect(pattern).toBeDefined()
  const text = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (text) => pattern!.test(text) === native.test(text)),
    { numRuns: 300, examples: characters.map((text) => [text]) },
  )
})

describe('what takes the engine of the language for ever', () => {
  test.each(['^(a+)+$', '^(a|a)*$', '^(\\w+\\s?)+$', '(a+a+)+b', '^(?:a?){40}a{40}$', '^(([a-z])+.)+[A-Z]$'])(
    '%s is tried',
    (source) => {
      expect(linearPattern(source)!.test(`${'a'.repeat(100_000)}!`)).toBe(
        new RegExp(source).test('a'.repeat(15)) && !source.endsWith('$'),
      )
    },
  )
})

test.each(['(?=a)', '(?!a)', '(?<=a)b', '(a)\\1', '(?<n>a)\\k<n>', '[\\Sa]', 'a{1,5000}'])(
  '%s cannot be, and that is said',
  (source) => {
    expect(linearPattern(source)).toBeUndefined()
  },
)
