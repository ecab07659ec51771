/** Reads the body of a request from Node's own stream, because the hot paths do without the framework's. */
import type { IncomingMessage } from 'node:http'
import { Failure } from '../errors.ts'

/** Bytes of one body that are not counted: small requests are never refused because of large ones. */
const small = 64 * 1024
/** Bytes of bodies that may be under way at a time beyond that, or twice as much as the largest may have. */
const mostAtOnce = 128 * 1024 * 1024
let underWay = 0

/**
 * The whole body. Never holds more than `limit` bytes, and ends at once when the client goes away.
 * What is too large is read to its end and thrown away, so that a client that is still writing sees the answer.
 * @param limit bytes
 * @throws Failure `too_large`, `unavailable` while too much is under way from all clients together, or `invalid_request` where the body ended before it was complete
 */
export function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(incoming.headers['content-length']) > limit) {
    incoming.resume()
    return Promise.reject(tooLarge(limit))
  }
  if (incoming.destroyed || incoming.readableEnded) return Promise.reject(cutShort())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let counted = 0
    // Listeners are not taken off again: they go with the request, and to take them off costs as much as to put them on.
    let settled = false
    const onData = (chunk: Buffer) => {
      if (settled) return
      size += chunk.length
      if (size > limit) return fail(tooLarge(limit))
      if (size > small && !count(chunk.length)) return fail(busy())
      chunks.push(chunk)
    }
    const count = (bytes: number) => {
      if (underWay + bytes > Math.max(mostAtOnce, 2 * limit)) return false
      underWay += bytes
      counted += bytes
      return true
    }
    const onEnd = () => {
      if (settled) return
      settled = true
      underWay -= counted
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    }
    const onGone = () => {
      if (!settled) fail(cutShort())
    }
    const fail = (failure: Failure) => {
      settled = true
      underWay -= counted
      chunks.length = 0
      incoming.resume()
      reject(failure)
    }
    incoming.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone)
  })
}

const tooLarge = (limit: number) =>
  new Failure('too_large', `the body is larger than ${limit} bytes: send less, or in several requests`, { data: { limit } })
const busy = () =>
  new Failure('unavailable', 'too much is being sent to this server at a time: send it again in a moment', {
    data: { retry_after: 1 },
  })
const cutShort = () => new Failure('invalid_request', 'the connection ended before the body was complete')
