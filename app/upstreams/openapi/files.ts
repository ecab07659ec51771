/** Files among the arguments: their bytes in base64, alone or with a name and a type. */
import { isBase64 } from '../../base64.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'

export interface FilePart {
  readonly data: Buffer
  readonly filename: string
  readonly contentType: string
}

/** @param argument for the sentence @throws Failure for what is no base64 */
export function bytesOf(value: unknown, argument: string): Buffer {
  if (isBase64(value)) return Buffer.from(value, 'base64')
  throw new Failure('invalid_arguments', `${argument} must be bytes in base64 (RFC 4648, section 4, with padding)`)
}

export function fileOf(value: unknown, argument: string, contentType = 'application/octet-stream'): FilePart {
  if (!isObject(value)) return { data: bytesOf(value, argument), filename: argument, contentType }
  return {
    data: bytesOf(value.data, `${argument}.data`),
    filename: typeof value.filename === 'string' && value.filename ? value.filename : argument,
    contentType: typeof value.contentType === 'string' && value.contentType ? value.contentType : contentType,
  }
}
