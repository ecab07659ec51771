/** Short answers on Node's own response, for the MCP surfaces, which do without the framework's. */
import type { ServerResponse } from 'node:http'
import { meaningOf, toFailure } from '../errors.ts'
import type { Log } from '../log.ts'
import { errorText, type Id } from '../mcp/message.ts'
import { retryAfter } from '../retry-after.ts'
import { challengeOf } from './challenge.ts'

/** A status and nothing more. */
export function replyEmpty(outgoing: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  if (outgoing.destroyed || outgoing.headersSent) return
  outgoing.writeHead(status, { 'content-length': 0, ...headers }).end()
}

/**
 * What was thrown, as a JSON-RPC error under the HTTP status of its code; what is ours goes into the log. Does nothing where an answer has begun.
 * @param id of the message that is refused, where it can be told
 * @param modern in the words of 2026-07-28
 */
export function replyFailure(outgoing: ServerResponse, error: unknown, log: Log, id?: Id, modern = false): void {
  if (outgoing.destroyed || outgoing.headersSent) return
  const failure = toFailure(error)
  if (failure.code === 'internal') log.error('request failed', { path: outgoing.req.url, error: failure.cause })
  const { status } = meaningOf(failure.code)
  const text = errorText(id, failure, modern)
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  const challenge = status === 401 || status === 403 ? challengeOf(failure) : undefined
  if (challenge !== undefined) headers['www-authenticate'] = challenge
  outgoing.writeHead(status, { ...headers, ...retryAfter(failure.data) }).end(text)
}
