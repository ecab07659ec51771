/** HTTP+SSE, the transport of 2024-11-05: a stream that begins with where to post, and a path that takes the posts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { Failure } from '../errors.ts'
import { Conversation } from '../mcp/conversation.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { EventStream } from '../mcp/wire.ts'
import type { Surface, Web, Yard } from '../yard.ts'
import { readBody } from './body.ts'
import { parseJson } from './json.ts'
import { replyEmpty, replyFailure } from './reply.ts'

const streamPaths = ['/sse', '/sse/']
/** Every path that a client of one of the servers we stand in for may have been told. */
const postPaths = ['/messages', '/messages/', '/sse/messages', '/sse/messages/']

export const sse = (handlers: Handlers): Surface =>
  function openSse(yard, closing) {
    const open = new Map<string, Conversation>()
    const app: Web = new Hono()
    yard.catalog.onChange((lists) => {
      for (const conversation of open.values()) conversation.listsChanged(lists)
    })
    closing.addEventListener('abort', () => {
      for (const conversation of open.values()) void conversation.quiet().then(() => conversation.close('the server is stopping'))
    })

    for (const path of streamPaths) {
      app.get(path, async ({ env: { incoming, outgoing } }) => {
        try {
          if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
          await openStream(yard, handlers, open, incoming, outgoing)
        } catch (error) {
          replyFailure(outgoing, error)
        }
        return RESPONSE_ALREADY_SENT
      })
      // Clients that know Streamable HTTP try a POST first and fall back on a 4xx (2025-03-26, backwards compatibility).
      app.post(path, ({ env: { outgoing } }) => {
        replyEmpty(outgoing, 405, { allow: 'GET' })
        return RESPONSE_ALREADY_SENT
      })
    }

    for (const path of postPaths) {
      app.post(path, async ({ env: { incoming, outgoing } }) => {
        try {
          await takePost(yard, open, incoming, outgoing)
        } catch (error) {
          replyFailure(outgoing, error)
        }
        return RESPONSE_ALREADY_SENT
      })
    }
    return app
  }

async function openStream(
  yard: Yard,
  handlers: Handlers,
  open: Map<string, Conversation>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const caller = await yard.identify(incoming.headers)
  const conversation = new Conversation({ yard, handlers, via: 'sse', caller, onClose: (reason) => stream?.end(reason) })
  yard.sessions.add(conversation)
  open.set(conversation.id, conversation)
  const stream = new EventStream(outgoing, (reason) => {
    open.delete(conversation.id)
    yard.sessions.remove(conversation)
    void conversation.close(reason)
  })
  conversation.stream = stream
  stream.event('endpoint', `${prefixOf(yard, incoming)}/messages?sessionId=${conversation.id}`)
}

async function takePost(
  yard: Yard,
  open: Map<string, Conversation>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const caller = await yard.identify(incoming.headers)
  const body = await readBody(incoming, yard.settled.config.limits.body)
  const conversation = open.get(sessionIn(incoming.url ?? ''))
  // Somebody else's session does not exist for this caller, and the answer is the same.
  if (!conversation?.stream || conversation.caller.id !== caller.id) {
    throw new Failure('unknown_session', 'unknown sessionId: open the event stream at /sse and post where it says')
  }
  const message = parseJson(body)
  replyEmpty(outgoing, 202)
  conversation.receive(message, conversation.stream)
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
