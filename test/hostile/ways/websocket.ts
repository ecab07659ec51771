/** Messages over WebSocket: one text frame each. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { type Opening, shakeHands, streamTalk, type Talk, within } from './talk.ts'

export async function openWebsocket(url: string, { fresh = false, version }: Opening): Promise<Talk> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, ['mcp'])
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const { talk, take, end } = streamTalk(
    (bytes) => new Promise((resolve) => socket.send(bytes, { binary: false }, () => resolve())),
    async () => {
      socket.close()
      await within('the connection is closed', over)
    },
  )
  socket.on('message', (data: Buffer) => take(data.toString()))
  socket.on('error', () => {}) // the close event follows
  socket.on('close', end)
  await within('the connection is open', once(socket, 'open'))
  if (!fresh) await shakeHands(talk, version)
  return talk
}
