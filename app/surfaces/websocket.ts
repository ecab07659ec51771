/** MCP over WebSocket on /ws, subprotocol `mcp`: one text frame a message, one session a connection. */
import type { IncomingMessage } from 'node:http'
import { upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import type { WebSocket } from 'ws'
import { Failure } from '../errors.ts'
import type { Conversation } from '../mcp/conversation.ts'
import { createConversations } from '../mcp/conversations.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { errorText, idOf } from '../mcp/message.ts'
import type { Sink } from '../mcp/sink.ts'
import { SlowReader } from '../mcp/slow-reader.ts'
import { createStateless } from '../mcp/stateless.ts'
import type { Surface, Web, Yard } from '../yard.ts'
import { createHeartbeat } from './heartbeat.ts'
import { parseJson, refusedId } from './json.ts'

/** Close codes of RFC 6455, section 7.4.1. */
const goingAway = 1001
const onlyText = 1003
const tooSlow = 1008
/** Ours, after the HTTP status: 4000 to 4999 are for such. */
const notAllowed = 4401

const noUpgrade = {
  error: { code: 'invalid_request', message: 'this path speaks WebSocket: connect with the subprotocol mcp' },
}

export const websocket = (handlers: Handlers): Surface =>
  function openWebsocket(yard, closing) {
    const stateless = createStateless(yard, handlers, closing)
    const conversations = createConversations(yard, { via: 'websocket', handlers, stateless, closing })
    const { ping, bodyTimeout } = yard.settled.config.limits
    const watch = createHeartbeat({ ping, bodyTimeout, closing })
    const upgrade = upgradeWebSocket(async (c) => {
      const caller = await yard.identify(c.env.incoming)
      const connection = c.env.incoming.socket
      if (connection.destroyed) throw new Failure('cancelled', 'the client went away')
      let socket: WebSocket | undefined
      let ended: [code: number, reason: string] | undefined
      const conversation = conversations.open(c.env.incoming, caller, (reason, why) => {
        ended = [why ? notAllowed : goingAway, reason.slice(0, 100)]
        socket?.close(...ended)
      })
      // It is in use from now on: many that come at once must not take each other's place before they are there.
      conversation.stream = notYet
      // Also where the client leaves during the handshake: its socket never opens then, and never closes.
      connection.once('close', () => void conversation.close('the client went away'))
      return {
        onOpen(_event, { raw }) {
          socket = raw as unknown as WebSocket
          watch(socket, connection)
          if (ended) socket.close(...ended)
          else converse(conversation, socket, yard)
        },
      }
    })
    const app: Web = new Hono()
    // Before the helper, which begins a conversation with whoever comes.
    app.use('/ws', async (c, next) => {
      if (wantsUpgrade(c.env.incoming)) return next()
      return c.json(noUpgrade, 426, { upgrade: 'websocket' })
    })
    app.get('/ws', upgrade)
    return app
  }

const notYet: Sink = { write() {}, tell() {} }

const wantsUpgrade = ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket'

function converse(conversation: Conversation, socket: WebSocket, yard: Yard): void {
  const reader = new SlowReader()
  const send = (text: string) => {
    if (socket.readyState !== socket.OPEN) return
    const problem = reader.problem(socket.bufferedAmount, text.length)
    if (problem) socket.close(tooSlow, problem)
    else socket.send(text)
  }
  const sink: Sink = { write: send, tell: send }
  conversation.stream = sink
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    // What comes after our goodbye is not answered any more.
    if (socket.readyState !== socket.OPEN) return
    if (isBinary) return socket.close(onlyText, 'MCP messages are text frames')
    try {
      const message = parseJson(data)
      const { refusal } = conversation.held ?? {}
      if (refusal) sink.write(errorText(idOf(message), refusal))
      else conversation.receive(message, sink)
    } catch (error) {
      sink.write(errorText(refusedId(error), error))
    }
  })
  socket.on('close', () => void conversation.close('the client went away'))
  // A broken frame or a reset: the close event follows.
  socket.on('error', (error) => yard.log.debug('websocket', { session: conversation.id, error: error.message }))
}
