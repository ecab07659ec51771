/** HTTP+SSE, the transport of 2024-11-05: a stream that begins with where to post, and a path that takes the posts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import { direct } from '../direct.ts'
import { Failure } from '../errors.ts'
import { createConversations } from '../mcp/conversations.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { createStateless } from '../mcp/stateless.ts'
import { EventStream } from '../mcp/wire.ts'
import type { Surface, Web, Yard } from '../yard.ts'
import { answering, type Handle } from './answering.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { replyEmpty } from './reply.ts'

const only =
  (method: string, handle: Handle): Handle =>
  (incoming, outgoing) =>
    incoming.method === method ? handle(incoming, outgoing) : replyEmpty(outgoing, 405, { allow: method })

const streamPaths = ['/sse', '/sse/']
/** Every path that a client of one of the servers we stand in for may have been told. */
const postPaths = ['/messages', '/messages/', '/sse/messages', '/sse/messages/']

export const sse = (handlers: Handlers): Surface =>
  function openSse(yard, closing) {
    const stateless = createStateless(yard, handlers, closing)
    const conversations = createConversations(yard, {
      via: 'sse',
      handlers,
      stateless,
      closing,
      lookEvery: yard.settled.config.limits.ping,
    })
    const app: Web = new Hono()
    // Clients that know Streamable HTTP try a POST first and fall back on a 4xx (2025-03-26, backwards compatibility).
    for (const path of streamPaths) direct(app, path, answering(yard.log, only('GET', openStream)))
    for (const path of postPaths) direct(app, path, answering(yard.log, only('POST', takePost)))
    return app

    async function openStream(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const caller = await yard.identify(incoming)
      const conversation = conversations.open(incoming, caller, (reason) => {
        if (conversation.stream instanceof EventStream) conversation.stream.end(reason)
      })
      // It lasts as long as its connection, so nothing in it has to be cut into chunks, which costs as much again as what is said.
      outgoing.shouldKeepAlive = false
      outgoing.useChunkedEncodingByDefault = false
      const stream = new EventStream(outgoing, (reason) => void conversation.close(reason))
      conversation.stream = stream
      stream.event('endpoint', `${prefixOf(yard, incoming)}/messages?sessionId=${conversation.id}`)
    }

    async function takePost(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
      const caller = await yard.identify(incoming)
      const body = await readBody(incoming, yard.settled.config.limits.body)
      const conversation = conversations.find(sessionIn(incoming.url ?? ''), caller, incoming)
      if (!conversation?.stream) {
        throw new Failure('unknown_session', 'unknown sessionId: open the event stream at /sse and post where it says')
      }
      const message = parseJson(body)
      replyEmpty(outgoing, 202)
      conversation.receive(message, conversation.stream)
    }
  }

/** The session id out of `?sessionId=` or Python's `?session_id=`. */
function sessionIn(url: string): string {
  return /[?&]session_?id=([\w-]{1,64})/i.exec(url)?.[1] ?? ''
}

/** The path that a proxy in front of us has taken away, so that the client finds its way back through it. */
function prefixOf(yard: Yard, { headers }: IncomingMessage): string {
  const { publicUrl } = yard.settled.config.server
  if (publicUrl) return new URL(publicUrl).pathname.replace(/\/+$/, '')
  // Only whoever makes the request sees what this header does.
  const forwarded = headers['x-forwarded-prefix']
  return typeof forwarded === 'string' && /^(\/[\w.-]+)+$/.test(forwarded) ? forwarded : ''
}
