/** Handlers of the MCP surfaces work on Node's own request and response: the framework's cost more than the rest of a call. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { Log } from '../log.ts'
import { replyFailure } from './reply.ts'

export type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | void

/** As a handler of Hono; what it throws becomes an error answer. */
export const answering =
  (log: Log, answer: Answer) =>
  async ({ env: { incoming, outgoing } }: Context<{ Bindings: HttpBindings }>): Promise<Response> => {
    try {
      await answer(incoming, outgoing)
    } catch (error) {
      replyFailure(outgoing, error, log)
    }
    return RESPONSE_ALREADY_SENT
  }
