/** What comes behind the head of an answer: read whole, read as it comes, or thrown away; never more than is wanted. */
import type { IncomingHttpHeaders } from 'node:http'
import { finished } from 'node:stream'
import type { Dispatcher } from 'undici'
import { TooLarge } from '../mcp/event-source.ts'
import { Gathered } from '../mcp/gathered.ts'

type Body = Dispatcher.ResponseData['body']

interface WithBody {
  readonly headers: IncomingHttpHeaders
  readonly body: Body
}

/** How long (ms) the rest of an answer that nobody wants may take, before its connection is given up for it; and how many bytes. */
const restTime = 1_000
const restBytes = 64 * 1024

/**
 * Hands over the body as it comes; settles at its end.
 * @param take called synchronously; what it throws ends the reading and is thrown
 */
export function readChunks({ headers, body }: WithBody, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(body, (error) => (error ? reject(error) : resolve()))
    const encoding = headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      body.destroy(new Error(`the server sends ${encoding}, although it was asked for plain text`))
      return
    }
    body.on('data', (chunk: Buffer) => {
      // What was read ahead still comes after the end of our interest.
      if (body.destroyed) return
      try {
        take(chunk)
      } catch (error) {
        body.destroy(error as Error)
      }
    })
  })
}

/** The whole body as text. Throws TooLarge above so many bytes, without reading them. */
export async function readText(answer: WithBody, max: number): Promise<string> {
  const text = new Gathered()
  if (Number(answer.headers['content-length']) > max) {
    answer.body.on('error', () => {}).destroy()
    throw new TooLarge('the answer', max)
  }
  await readChunks(answer, (chunk) => {
    if (text.length + chunk.length > max) throw new TooLarge('the answer', max)
    text.add(chunk)
  })
  return text.text()
}

/** Lets a body go that nobody wants: read to its end where that is near, so that the connection can be used again. */
export function discard(body: Body): void {
  let read = 0
  const timer = setTimeout(() => body.destroy(), restTime)
  timer.unref()
  body.on('error', () => {})
  body.on('close', () => clearTimeout(timer))
  body.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > restBytes) body.destroy()
  })
}

/** `application/json` of `Application/JSON; charset=utf-8`. */
export const mediaTypeOf = ({ 'content-type': type }: IncomingHttpHeaders): string =>
  (type ?? '').split(';', 1)[0]!.trim().toLowerCase()
