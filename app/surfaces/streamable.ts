/** Streamable HTTP with sessions, 2025-03-26 to 2025-11-25, on /mcp. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import type { Caller } from '../call.ts'
import { Failure } from '../errors.ts'
import { Conversation, supportedVersions } from '../mcp/conversation.ts'
import { Exchange } from '../mcp/exchange.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { isObject, notJsonRpc, shapeOf } from '../mcp/message.ts'
import { EventStream } from '../mcp/wire.ts'
import type { Surface, Web, Yard } from '../yard.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { replyEmpty, replyFailure } from './reply.ts'

export const streamable = (handlers: Handlers): Surface =>
  function openStreamable(yard, closing) {
    const open = new Map<string, Conversation>()
    const app: Web = new Hono()
    yard.catalog.onChange((lists) => {
      for (const conversation of open.values()) conversation.listsChanged(lists)
    })
    closing.addEventListener('abort', () => {
      for (const conversation of open.values()) void conversation.quiet().then(() => conversation.close('the server is stopping'))
    })

    type Respond = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>
    const respond: Record<string, Respond> = {
      POST: (incoming, outgoing) => takePost(yard, handlers, open, closing, incoming, outgoing),
      GET: (incoming, outgoing) => openStream(yard, open, closing, incoming, outgoing),
      DELETE: (incoming, outgoing) => endSession(yard, open, incoming, outgoing),
    }
    for (const path of ['/mcp', '/mcp/']) {
      app.all(path, async ({ env: { incoming, outgoing } }) => {
        try {
          const method = respond[incoming.method ?? '']
          if (method) await method(incoming, outgoing)
          else replyEmpty(outgoing, 405, { allow: 'GET, POST, DELETE' })
        } catch (error) {
          replyFailure(outgoing, error)
        }
        return RESPONSE_ALREADY_SENT
      })
    }
    return app
  }

async function takePost(
  yard: Yard,
  handlers: Handlers,
  open: Map<string, Conversation>,
  closing: AbortSignal,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const caller = await yard.identify(incoming.headers)
  checkVersion(incoming)
  if (!/^application\/json\b/i.test(incoming.headers['content-type'] ?? '')) {
    incoming.resume()
    return replyEmpty(outgoing, 415, { accept: 'application/json' })
  }
  const message = parseJson(await readBody(incoming, yard.settled.config.limits.body))
  if (!Array.isArray(message) && shapeOf(message) === 'invalid') throw new Failure('invalid_request', notJsonRpc)
  const conversation = isHandshake(message) ? begin(yard, handlers, open, closing, caller) : sessionOf(open, incoming, caller)
  new Exchange(incoming, outgoing, { 'mcp-session-id': conversation.id }).pass(message, conversation)
}

/** A client that lost its session, and still sends the id of it, gets a new one (contracts of every client that reconnects). */
const isHandshake = (message: unknown) => isObject(message) && message.method === 'initialize' && message.id !== undefined

function begin(
  yard: Yard,
  handlers: Handlers,
  open: Map<string, Conversation>,
  closing: AbortSignal,
  caller: Caller,
): Conversation {
  if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
  const conversation: Conversation = new Conversation({
    yard,
    handlers,
    via: 'http',
    caller,
    onClose(reason) {
      open.delete(conversation.id)
      yard.sessions.remove(conversation)
      if (conversation.stream instanceof EventStream) conversation.stream.end(reason)
    },
  })
  yard.sessions.add(conversation)
  open.set(conversation.id, conversation)
  return conversation
}

function sessionOf(open: Map<string, Conversation>, incoming: IncomingMessage, caller: Caller): Conversation {
  const id = incoming.headers['mcp-session-id']
  if (typeof id !== 'string' || id === '')
    throw new Failure('invalid_request', 'the header Mcp-Session-Id is missing: send initialize first, its answer has the id')
  const conversation = open.get(id)
  if (!conversation || conversation.caller.id !== caller.id) {
    throw new Failure('unknown_session', 'unknown or ended session: send initialize to begin another')
  }
  return conversation
}

/** Any version that we speak is accepted, not only the one settled in the handshake: real clients mix them up. */
function checkVersion(incoming: IncomingMessage): void {
  const version = incoming.headers['mcp-protocol-version']
  if (version === undefined || supportedVersions.includes(String(version))) return
  throw new Failure('invalid_request', `MCP-Protocol-Version must be one of ${supportedVersions.join(', ')}`, {
    data: { supported: supportedVersions },
  })
}

async function openStream(
  yard: Yard,
  open: Map<string, Conversation>,
  closing: AbortSignal,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const caller = await yard.identify(incoming.headers)
  checkVersion(incoming)
  if (!/text\/event-stream|\*\/\*/.test(incoming.headers.accept ?? '*/*')) return replyEmpty(outgoing, 406)
  const conversation = sessionOf(open, incoming, caller)
  if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
  if (conversation.stream) throw new Failure('conflict', 'this session has its stream already')
  const stream = new EventStream(
    outgoing,
    () => {
      if (conversation.stream === stream) conversation.stream = undefined
      conversation.lastActiveAt = Date.now()
    },
    { 'mcp-session-id': conversation.id },
  )
  conversation.stream = stream
}

async function endSession(
  yard: Yard,
  open: Map<string, Conversation>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const conversation = sessionOf(open, incoming, await yard.identify(incoming.headers))
  await conversation.close('ended by the client')
  replyEmpty(outgoing, 204)
}
