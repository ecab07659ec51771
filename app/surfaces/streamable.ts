/** Streamable HTTP with sessions, 2025-03-26 to 2025-11-25, on /mcp. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import type { Caller } from '../call.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Conversation } from '../mcp/conversation.ts'
import { createConversations } from '../mcp/conversations.ts'
import { Exchange } from '../mcp/exchange.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { supportedVersions } from '../mcp/handshake.ts'
import { notJsonRpc, shapeOf } from '../mcp/message.ts'
import { EventStream } from '../mcp/wire.ts'
import type { Surface, Web } from '../yard.ts'
import { type Answer, answering } from './answering.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { replyEmpty } from './reply.ts'

export const streamable = (handlers: Handlers): Surface =>
  function openStreamable(yard, closing) {
    const conversations = createConversations(yard, handlers, 'http', closing)
    const methods: Readonly<Record<string, Answer>> = { POST: takePost, GET: openStream, DELETE: endSession }
    const app: Web = new Hono()
    for (const path of ['/mcp', '/mcp/']) app.all(path, answering(yard.log, answer))
    return app

    function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> | void {
      const method = methods[incoming.method ?? '']
      return method ? method(incoming, outgoing) : replyEmpty(outgoing, 405, { allow: 'GET, POST, DELETE' })
    }

    async function takePost(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const caller = await yard.identify(incoming.headers)
      checkVersion(incoming)
      if (!/^application\/json *(;|$)/i.test(incoming.headers['content-type'] ?? '')) {
        incoming.resume()
        return replyEmpty(outgoing, 415, { accept: 'application/json' })
      }
      const message = parseJson(await readBody(incoming, yard.settled.config.limits.body))
      if (!Array.isArray(message) && shapeOf(message) === 'invalid') throw new Failure('invalid_request', notJsonRpc)
      // A client that lost its session, and still sends the id of it, gets a new one.
      const conversation = isHandshake(message) ? begin(caller) : sessionOf(incoming, caller)
      new Exchange(incoming, outgoing, { 'mcp-session-id': conversation.id }).pass(message, conversation)
    }

    async function openStream(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const caller = await yard.identify(incoming.headers)
      checkVersion(incoming)
      if (!/text\/event-stream|\*\/\*/.test(incoming.headers.accept ?? '*/*')) return replyEmpty(outgoing, 406)
      const conversation = sessionOf(incoming, caller)
      if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
      if (conversation.stream) throw new Failure('conflict', 'this session has its stream already')
      const ended = () => {
        conversation.stream = undefined
        conversation.lastActiveAt = Date.now()
      }
      conversation.stream = new EventStream(outgoing, ended, { 'mcp-session-id': conversation.id })
    }

    async function endSession(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const conversation = sessionOf(incoming, await yard.identify(incoming.headers))
      await conversation.close('ended by the client')
      replyEmpty(outgoing, 204)
    }

    function begin(caller: Caller): Conversation {
      const conversation = conversations.open(caller, (reason) => {
        if (conversation.stream instanceof EventStream) conversation.stream.end(reason)
      })
      return conversation
    }

    function sessionOf(incoming: IncomingMessage, caller: Caller): Conversation {
      const id = incoming.headers['mcp-session-id']
      if (typeof id !== 'string' || id === '') {
        throw new Failure('invalid_request', 'the header Mcp-Session-Id is missing: send initialize first, its answer has the id')
      }
      const conversation = conversations.find(id, caller)
      if (!conversation) throw new Failure('unknown_session', 'unknown or ended session: send initialize to begin another')
      return conversation
    }
  }

const isHandshake = (message: unknown) => isObject(message) && message.method === 'initialize' && message.id !== undefined

/** Any version that we speak is accepted, not only the one settled in the handshake: real clients mix them up. */
function checkVersion({ headers }: IncomingMessage): void {
  const version = headers['mcp-protocol-version']
  if (version === undefined || supportedVersions.includes(String(version))) return
  throw new Failure('invalid_request', `MCP-Protocol-Version must be one of ${supportedVersions.join(', ')}`, {
    data: { supported: supportedVersions },
  })
}
