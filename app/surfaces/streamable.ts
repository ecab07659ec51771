/** Streamable HTTP on /mcp: with sessions from 2025-03-26 to 2025-11-25, and without any in 2026-07-28. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import type { Caller } from '../call.ts'
import { direct } from '../direct.ts'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Conversation } from '../mcp/conversation.ts'
import { createConversations } from '../mcp/conversations.ts'
import { headerNames, modernVersion, sessionVersions } from '../mcp/era.ts'
import { Exchange } from '../mcp/exchange.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { handshakeProblem } from '../mcp/handshake.ts'
import { HttpReply } from '../mcp/http-reply.ts'
import { idOf, notJsonRpc, type Request, shapeOf } from '../mcp/message.ts'
import { createStateless, isModern } from '../mcp/stateless.ts'
import { Streams } from '../mcp/streams.ts'
import type { Surface, Web } from '../yard.ts'
import { answering, type Handle } from './answering.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { replyEmpty, replyFailure } from './reply.ts'
import { askedForMore } from './step-up.ts'

export const streamable = (handlers: Handlers): Surface =>
  function openStreamable(yard, closing) {
    const stateless = createStateless(yard, handlers, closing)
    const conversations = createConversations(yard, {
      via: 'http',
      handlers,
      stateless,
      closing,
      lookEvery: yard.settled.config.limits.ping,
    })
    const streamsOf = new WeakMap<Conversation, Streams>()
    const methods: Readonly<Record<string, Handle>> = { POST: takePost, GET: openStream, DELETE: endSession }
    const app: Web = new Hono()
    for (const path of ['/mcp', '/mcp/']) direct(app, path, answering(yard.log, answer))
    return app

    function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> | void {
      const method = methods[incoming.method ?? '']
      if (method === takePost) return takePost(incoming, outgoing)
      // 2026-07-28 has nothing but POST: no stream to open, no session to end.
      if (!method || namesModern(incoming)) {
        return replyEmpty(outgoing, 405, { allow: namesModern(incoming) ? 'POST' : 'GET, POST, DELETE' })
      }
      return method(incoming, outgoing)
    }

    async function takePost(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const identified = yard.identify(incoming)
      const caller = identified instanceof Promise ? await identified : identified
      if (!isJson(incoming.headers['content-type'])) {
        incoming.resume()
        return replyEmpty(outgoing, 415, { accept: 'application/json' })
      }
      const message = parseJson(await readBody(incoming, yard.settled.config.limits.body))
      if (caller.grantable && (await askedForMore(yard, message, caller, incoming, outgoing))) return
      if (isModern(message) || (namesModern(incoming) && !isHandshake(message))) {
        return takeModern(message, caller, incoming, outgoing)
      }
      checkVersion(incoming)
      if (!Array.isArray(message) && shapeOf(message) === 'invalid')
        return replyFailure(outgoing, new Failure('invalid_request', notJsonRpc), yard.log, idOf(message))
      takeWithSession(message, caller, incoming, outgoing)
    }

    function takeModern(message: unknown, caller: Caller, incoming: IncomingMessage, outgoing: ServerResponse): void {
      const shape = shapeOf(message)
      if (shape === 'request') {
        const { id } = message as Request
        const reply = new HttpReply(outgoing)
        const lost = (why: Failure) => reply.refuse(id, why, () => replyFailure(outgoing, why, yard.log, id))
        reply.begun(stateless.answer(message as Request, { caller, via: 'http' }, reply, incoming.headers))
        if (reply.waits) reply.held = yard.standing.hold(incoming, caller, lost)
      } else if (shape === 'invalid') {
        replyFailure(outgoing, new Failure('invalid_request', notJsonRpc), yard.log, idOf(message))
      } else replyEmpty(outgoing, 202) // nothing in this revision is taken note of that comes by itself over HTTP
    }

    function takeWithSession(message: unknown, caller: Caller, incoming: IncomingMessage, outgoing: ServerResponse): void {
      let conversation: Conversation
      try {
        // A client that lost its session, and still sends the id of it, gets a new one.
        conversation = isHandshake(message) ? begin(message, caller, incoming) : sessionOf(incoming, caller)
      } catch (error) {
        return replyFailure(outgoing, error, yard.log, idOf(message))
      }
      new Exchange(incoming, outgoing, { 'mcp-session-id': conversation.id }, streamsOf.get(conversation)!).pass(
        message,
        conversation,
      )
    }

    async function openStream(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const caller = await yard.identify(incoming)
      checkVersion(incoming)
      if (!/text\/event-stream|\*\/\*/.test(incoming.headers.accept ?? '*/*')) return replyEmpty(outgoing, 406)
      const conversation = sessionOf(incoming, caller)
      if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
      const streams = streamsOf.get(conversation)!
      const lastEventId = incoming.headers['last-event-id']
      const ended = () => {
        conversation.lastActiveAt = Date.now()
      }
      const stream =
        typeof lastEventId === 'string' && lastEventId !== ''
          ? streams.resume(lastEventId, outgoing, ended)
          : streams.stand(outgoing, ended)
      if (!stream) return
      conversation.stream = stream
      conversation.presence.heard()
    }

    async function endSession(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const conversation = sessionOf(incoming, await yard.identify(incoming))
      await conversation.close('ended by the client')
      replyEmpty(outgoing, 204)
    }

    /** Throws Failure `invalid_params` for a handshake that is none: no session begins with it. */
    function begin({ params }: Request, caller: Caller, incoming: IncomingMessage): Conversation {
      const problem = handshakeProblem(params ?? {})
      if (problem) throw new Failure('invalid_params', problem)
      const conversation = conversations.open(incoming, caller, (reason) => streams.close(reason))
      const streams = new Streams({ 'mcp-session-id': conversation.id }, () => conversation.protocolVersion)
      streamsOf.set(conversation, streams)
      return conversation
    }

    function sessionOf(incoming: IncomingMessage, caller: Caller): Conversation {
      const id = incoming.headers['mcp-session-id']
      if (typeof id !== 'string' || id === '') {
        throw new Failure('invalid_request', 'the header Mcp-Session-Id is missing: send initialize first, its answer has the id')
      }
      const conversation = conversations.find(id, caller, incoming)
      if (!conversation) throw new Failure('unknown_session', 'unknown or ended session: send initialize to begin another')
      return conversation
    }
  }

const isJson = (contentType: string | undefined) =>
  contentType === 'application/json' || /^application\/json *(;|$)/i.test(contentType ?? '')

const namesModern = ({ headers }: IncomingMessage) => headers[headerNames.version] === modernVersion

const isHandshake = (message: unknown): message is Request =>
  isObject(message) && message.method === 'initialize' && message.id !== undefined

/** Any version that we speak is accepted, not only the one settled in the handshake: real clients mix them up. */
function checkVersion({ headers }: IncomingMessage): void {
  const version = headers['mcp-protocol-version']
  if (version === undefined || sessionVersions.includes(String(version))) return
  const supported = [modernVersion, ...sessionVersions]
  throw new Failure('invalid_request', `MCP-Protocol-Version must be one of ${supported.join(', ')}`, { data: { supported } })
}
