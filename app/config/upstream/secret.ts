/** A secret of an upstream: said in the entry itself, or in a file that the entry names. */
import { readFileSync } from 'node:fs'
import { kindOf, reasonOf } from '../problems.ts'
import { orNull, path, text } from '../shapes.ts'
import type { Reader, Report } from './entry.ts'

/**
 * `token`, or the content of the file that `token_file` names, without the white space around it.
 * @returns null where neither is there, or the file cannot be read; both at once, and such a file, were reported
 */
export function readSecret(label: string, { has, read }: Reader, key: string, report: Report): string | null {
  const own = read(key, orNull(text()), null, kindOf)
  const file = read(`${key}_file`, orNull(path), null)
  if (has(key) && has(`${key}_file`)) report(`${label}: ${key} and ${key}_file are both there: leave one of them out`)
  if (file === null) return own
  try {
    const content = readFileSync(file, 'utf8').trim()
    if (content) return content
    report(`${label}: ${key}_file ${file} is empty`)
  } catch (error) {
    report(`${label}: ${key}_file ${file} cannot be read: ${reasonOf(error)}`)
  }
  return null
}
