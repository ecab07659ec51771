/** Answers on Node's own response, because the hot paths do without the framework's. */
import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Caller } from '../call.ts'
import type { Standing } from '../standing.ts'

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

/** Aborts when the client goes away before it has the whole answer, and when its caller may not have it any more: then the reason says so. */
export function goneSignal(
  { incoming, outgoing }: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse },
  caller: Caller,
  standing: Pick<Standing, 'hold'>,
): AbortSignal {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal) // all calls of a batch listen to it
  const held = standing.hold(incoming, caller, (why) => controller.abort(why))
  outgoing.once('close', function left() {
    held.release()
    if (!outgoing.writableFinished) controller.abort()
  })
  return controller.signal
}
