/** Messages over WebSocket: one text frame each. */
import { WebSocket } from 'ws'
import { until } from '../../until.ts'
import { type Opening, patience, shakeHands, streamTalk, type Talk } from './talk.ts'

export async function openWebsocket(url: string, { fresh = false, version }: Opening): Promise<Talk> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, ['mcp'])
  let over = false
  const { talk, take, end } = streamTalk(
    (bytes) => new Promise((resolve) => socket.send(bytes, { binary: false }, () => resolve())),
    async () => {
      socket.close()
      await until('the connection is closed', () => over, patience)
    },
  )
  socket.on('message', (data: Buffer) => take(data.toString()))
  socket.on('error', () => {}) // the close event follows
  socket.on('close', (code) => {
    over = true
    end(code)
  })
  await until('the connection is open', () => socket.readyState === socket.OPEN, patience)
  if (!fresh) await shakeHands(talk, version)
  return talk
}
