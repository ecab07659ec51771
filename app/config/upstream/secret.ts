/** A secret of an upstream: said in the entry itself, or in a file that the entry names. */
import { kindOf, reasonOf } from '../problems.ts'
import { readSecretFile } from '../secret-file.ts'
import { orNull, path, type Shape, text } from '../shapes.ts'
import type { Reader, Report } from './entry.ts'

/**
 * `token`, or the content of the file that `token_file` names, without the white space around it.
 * @param shape what it must look like
 * @returns null where neither is there, or the file cannot be read; both at once, and such a file, were reported
 */
export function readSecret(
  label: string,
  { has, read }: Reader,
  key: string,
  report: Report,
  shape: Shape<string> = text(),
): string | null {
  const own = read(key, orNull(shape), null, kindOf)
  const file = read(`${key}_file`, orNull(path), null)
  if (has(key) && has(`${key}_file`)) report(`${label}: ${key} and ${key}_file are both there: leave one of them out`)
  if (file === null) return own
  try {
    const content = readSecretFile(file)
    if (shape.read(content, { directory: '', home: '' }) !== undefined) return content
    report(`${label}: ${key}_file ${file} must hold ${shape.expected}`)
  } catch (error) {
    report(`${label}: ${key}_file ${file} ${reasonOf(error)}`)
  }
  return null
}
