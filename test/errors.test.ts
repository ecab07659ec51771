import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Code, Failure, meanings, toFailure } from '../app/errors.ts'
import { tooMany, tooManyAtOnce } from '../app/limited.ts'
import { packageRoot } from '../app/root.ts'
import { errorsTable } from '../scripts/errors-table.ts'

const page = readFileSync(join(packageRoot, 'docs', 'errors.md'), 'utf8')

test('every code has its section in docs/errors.md, and no section is left of a code that is gone', () => {
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, code]) => code)
  expect(sections).toEqual(Object.keys(meanings))
})

test('the table in docs/errors.md is the one that the program uses', () => {
  expect(page).toContain(errorsTable())
})

test('what is not a Failure shows nothing of itself outside', () => {
  const shown = toFailure(new Error('password is hunter2'))
  expect(shown.code).toBe('internal')
  expect(shown.message).not.toContain('hunter2')
  expect(toFailure(new Failure('conflict', 'later'))).toMatchObject({ code: 'conflict', message: 'later' })
})

describe('whatever is too much', () => {
  test('says how much there may be and when trying again makes sense', () => {
    expect(tooMany('calls', 3, 60, 7).data).toEqual({ limit: 3, window: 60, retry_after: 7 })
    expect(tooManyAtOnce('three run', 3).data).toEqual({ limit: 3, concurrent: true, retry_after: 5 })
  })

  test.each([
    [60, 7, 'more than 3 calls in 60 s: try again in 7 s'],
    [900, 89.5, 'more than 3 calls in 15 minutes: try again in 90 s'],
    [900, 91, 'more than 3 calls in 15 minutes: try again in 2 minutes'],
    [100, 7, 'more than 3 calls in 100 s: try again in 7 s'],
  ])('says it in words: %i s, %d s', (window, retryAfter, words) => {
    expect(tooMany('calls', 3, window, retryAfter).message).toBe(words)
  })

  test('cannot be said without', () => {
    const first = { limit: 1 }
    // The compiler is who fails: each line below it must be refused.
    const wrong = [
      // @ts-expect-error no fields at all
      () => new Failure('limited', 'x'),
      // @ts-expect-error nothing about when
      () => new Failure('limited', 'x', { data: { ...first, window: 60 } }),
      // @ts-expect-error neither a window nor at the same time
      () => new Failure('limited', 'x', { data: { ...first, retry_after: 1 } }),
      // @ts-expect-error no limit
      () => new Failure('limited', 'x', { data: { concurrent: true, retry_after: 1 } }),
      // @ts-expect-error some code, which may be that one
      (code: Code) => new Failure(code, 'x'),
    ]
    expect(wrong).toHaveLength(5)
  })
})
