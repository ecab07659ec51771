/** What MCP surfaces answer with: what a handler throws becomes an error answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from '../direct.ts'
import type { Log } from '../log.ts'
import { refusedId } from './json.ts'
import { replyFailure } from './reply.ts'

export type Handle = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | void

export function answering(log: Log, handle: Handle): Answer {
  return function answered(incoming, outgoing) {
    const failed = (error: unknown) => replyFailure(outgoing, error, log, refusedId(error))
    try {
      handle(incoming, outgoing)?.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
