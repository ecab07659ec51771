/** What was thrown, as an answer of /cmd, REST or OpenAPI: the status of its code, and nothing of what is ours. */
import type { HttpBindings } from '@hono/node-server'
import type { Json } from '../call.ts'
import { type Failure, meaningOf, toFailure } from '../errors.ts'
import type { Log } from '../log.ts'
import { retryAfter } from '../retry-after.ts'
import { type ErrorBody, errorBody } from './adapter.ts'
import { challengeOf } from './challenge.ts'
import { sendJson } from './send.ts'

/** @param envelope what stands around the error on this surface */
export function refuse(
  { incoming, outgoing }: HttpBindings,
  error: unknown,
  log: Log,
  envelope: (error: ErrorBody) => Json = failed,
): Response {
  const failure = toFailure(error)
  if (failure.code === 'internal') log.error('request failed', { path: incoming.url, error: failure.cause })
  return sendJson(outgoing, meaningOf(failure.code).status, JSON.stringify(envelope(errorBody(failure))), headersFor(failure))
}

const failed = (error: ErrorBody): Json => ({ success: false, error })

function headersFor(failure: Failure): Record<string, string> {
  const { code, data } = failure
  const challenge = code === 'unauthorized' || code === 'forbidden' ? challengeOf(failure) : undefined
  return challenge === undefined ? retryAfter(data) : { 'www-authenticate': challenge }
}
