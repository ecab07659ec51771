/** A body of several parts (RFC 7578), as bytes. */
import { randomUUID } from 'node:crypto'
import { Failure } from '../../errors.ts'
import type { FilePart } from './files.ts'

export type Part = { readonly name: string } & (FilePart | { readonly text: string; readonly contentType?: string })

/** @returns the content type with the boundary, and the body */
export function multipart(type: string, parts: readonly Part[]): { type: string; body: Buffer } {
  const boundary = `switchyard-${randomUUID()}`
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n\r\n`),
    'data' in part ? part.data : Buffer.from(part.text),
    Buffer.from('\r\n'),
  ])
  const plain = type.split(';', 1)[0]!
  return { type: `${plain}; boundary=${boundary}`, body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]) }
}

function headOf(part: Part): string {
  const file = 'data' in part ? `; filename="${escaped(part.filename)}"` : ''
  const head = `Content-Disposition: form-data; name="${escaped(part.name)}"${file}`
  if (part.contentType === undefined) return head
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(;[ -~]*)?$/.test(part.contentType)) {
    throw new Failure('invalid_arguments', `${part.name}: the content type must be one such as text/plain`)
  }
  return `${head}\r\nContent-Type: ${part.contentType}`
}

/** As browsers do (HTML, multipart form data). */
const escaped = (name: string) => name.replace(/\r\n?|\n/g, '%0D%0A').replaceAll('"', '%22')
