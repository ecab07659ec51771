import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Failure, meanings, toFailure } from '../app/errors.ts'
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
  expect(toFailure(new Failure('limited', 'later'))).toMatchObject({ code: 'limited', message: 'later' })
})
