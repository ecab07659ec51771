/** Answers on Node's own response, because the hot paths do without the framework's. */
import { setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

/**
 * Writes a whole JSON answer. Returns what a Hono handler has to return then.
 * @param text JSON text, or its bytes as the headers say
 */
export function sendJson(
  outgoing: ServerResponse,
  status: number,
  text: string | Buffer,
  headers: Record<string, string> = {},
): Response {
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
  outgoing.end(text)
  return RESPONSE_ALREADY_SENT
}

/** Aborts when the client goes away before it has the whole answer. */
export function goneSignal(outgoing: ServerResponse): AbortSignal {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // all calls of a batch listen to it
  outgoing.once('close', function left() {
    if (!outgoing.writableFinished) controller.abort()
  })
  return controller.signal
}
