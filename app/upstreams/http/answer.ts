/** The answer of a service, read whole: unpacked and never larger than is wanted, and as text or JSON where it is asked for. */
import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import { mediaTypeOf } from './body.ts'

export interface ServiceAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
  /** Where it came from in the end, without credentials. */
  readonly url: URL
  /** By the charset of its Content-Type (UTF-8 without), and without a byte order mark. */
  text(): string
  /** Throws Failure `upstream_failed` with a sentence where it is no JSON. */
  json(): unknown
}

/** What is asked for, and can be unpacked. */
export const encodings = 'gzip, br'

/** Characters of an answer that are repeated in a message. */
const shown = 120

/** The body is larger than whoever asked wants it, or packed in a way that nobody asked for. */
export class Unreadable extends Error {}

/**
 * All bytes of a body, unpacked.
 * @param most bytes, before and after unpacking
 * @throws Unreadable, or what broke the connection
 */
export async function readBody(body: Readable, headers: IncomingHttpHeaders, most: number): Promise<Buffer> {
  const stop = (why: string): never => {
    body.on('error', () => {}).destroy()
    throw new Unreadable(why)
  }
  const tooLarge = `the answer is larger than ${most} bytes`
  if (Number(headers['content-length']) > most) stop(tooLarge)
  const pieces: Buffer[] = []
  let size = 0
  const unpacked =
    unpack(body, headers['content-encoding']) ??
    stop(`the answer is packed as ${headers['content-encoding']}, only ${encodings} can be read`)
  if (unpacked !== body) watchSize(body, most, () => unpacked.destroy(new Unreadable(tooLarge)))
  for await (const piece of unpacked as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > most) throw new Unreadable(tooLarge)
    pieces.push(piece)
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, size)
}

/** What unpacks to nothing may still be sent for ever. */
function watchSize(body: Readable, most: number, tooMuch: () => void): void {
  let size = 0
  body.on('data', (piece: Buffer) => {
    size += piece.length
    if (size > most) tooMuch()
  })
}

/** @returns undefined for an encoding that we do not know */
function unpack(body: Readable, encoding: string | undefined): Readable | undefined {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return body
    case 'gzip':
    case 'x-gzip':
      return pipeline(body, createGunzip(), () => {})
    case 'br':
      return pipeline(body, createBrotliDecompress(), () => {})
    default:
      return undefined
  }
}

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly url: URL
  /** Who answered what, for messages: `erp: GET /orders`. */
  readonly who: string
  hide(text: string): string
}

export function toAnswer({ status, headers, body, url, who, hide }: Received): ServiceAnswer {
  function text(): string {
    return decoderFor(body, headers).decode(body)
  }

  function json(): unknown {
    const said = text()
    try {
      return JSON.parse(said)
    } catch (problem) {
      const type = mediaTypeOf(headers) || 'no content type'
      const begins =
        said.trim() === ''
          ? 'an empty body'
          : `what begins with ${JSON.stringify(hide(said.trim().slice(0, 2 * shown)).slice(0, shown))}`
      throw new Failure('upstream_failed', `${who} should answer JSON, and HTTP ${status} came with ${type} and ${begins}`, {
        cause: reasonOf(problem),
      })
    }
  }

  return { status, headers, body, url, text, json }
}

function decoderFor(body: Buffer, headers: IncomingHttpHeaders): InstanceType<typeof TextDecoder> {
  const marked = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers['content-type'] ?? '')?.[1]
  if (marked || charset === undefined) return new TextDecoder()
  try {
    return new TextDecoder(charset)
  } catch {
    // Charsets that nobody knows are mostly misspelt names of UTF-8.
    return new TextDecoder()
  }
}
