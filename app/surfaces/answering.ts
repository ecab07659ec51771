/** What MCP surfaces answer with: what a handler throws becomes an error answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from '../direct.ts'
import type { Log } from '../log.ts'
import { replyFailure } from './reply.ts'

export type Handle = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | void

export function answering(log: Log, handle: Handle): Answer {
  return async function answered(incoming, outgoing) {
    try {
      await handle(incoming, outgoing)
    } catch (error) {
      replyFailure(outgoing, error, log)
    }
  }
}
