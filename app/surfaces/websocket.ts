/** MCP over WebSocket on /ws, subprotocol `mcp`: one text frame a message, one session a connection. */
import { upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import type { WebSocket } from 'ws'
import { Failure } from '../errors.ts'
import { Conversation, type Sink } from '../mcp/conversation.ts'
import type { Handlers } from '../mcp/handlers.ts'
import { errorText } from '../mcp/message.ts'
import type { Surface, Web, Yard } from '../yard.ts'
import { parseJson } from './json.ts'

/** What may wait for one slow reader, in bytes. */
const mostWaiting = 1024 * 1024
/** Close codes of RFC 6455, section 7.4.1. */
const goingAway = 1001
const onlyText = 1003
const tooSlow = 1008

export const websocket = (handlers: Handlers): Surface =>
  function openWebsocket(yard, closing) {
    const open = new Set<Conversation>()
    const app: Web = new Hono()
    yard.catalog.onChange((lists) => {
      for (const conversation of open) conversation.listsChanged(lists)
    })
    closing.addEventListener('abort', () => {
      for (const conversation of open) void conversation.quiet().then(() => conversation.close('the server is stopping'))
    })

    app.get(
      '/ws',
      upgradeWebSocket(async (c) => {
        if (closing.aborted) throw new Failure('unavailable', 'the server is stopping')
        const caller = await yard.identify(c.env.incoming.headers)
        const conversation: Conversation = new Conversation({
          yard,
          handlers,
          via: 'websocket',
          caller,
          onClose(reason) {
            open.delete(conversation)
            yard.sessions.remove(conversation)
            socket?.close(goingAway, reason.slice(0, 100))
          },
        })
        let socket: WebSocket | undefined
        yard.sessions.add(conversation)
        open.add(conversation)
        return {
          onOpen(_event, { raw }) {
            socket = raw as unknown as WebSocket
            converse(conversation, socket, yard)
          },
        }
      }),
      // Reached only where the request asked for no upgrade.
      (c) =>
        c.json(
          { error: { code: 'invalid_request', message: 'this path speaks WebSocket: connect with the subprotocol mcp' } },
          426,
          { upgrade: 'websocket' },
        ),
    )
    return app
  }

function converse(conversation: Conversation, socket: WebSocket, yard: Yard): void {
  const sink: Sink = {
    write(text) {
      if (socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > mostWaiting) socket.close(tooSlow, 'the client does not read')
      else socket.send(text)
    },
  }
  conversation.stream = sink
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return socket.close(onlyText, 'MCP messages are text frames')
    try {
      conversation.receive(parseJson(data), sink)
    } catch (error) {
      sink.write(errorText(undefined, error))
    }
  })
  socket.on('close', () => void conversation.close('the client went away'))
  // A broken frame or a reset: the close event follows.
  socket.on('error', (error) => yard.log.debug('websocket', { session: conversation.id, error: error.message }))
}
