/** Bytes on a connection to the port, as no HTTP client would send them, and the statuses of what comes back. */
import { connect } from 'node:net'
import { nothingSeen, type Seen } from '../seen.ts'
import { within } from './talk.ts'

/** @param leave breaks the connection off as soon as everything has been sent, and waits for nothing */
export async function sendBytes(url: string, bytes: Buffer, leave = false): Promise<Seen> {
  const seen = nothingSeen()
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {}) // a reset is an end too
  const over = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
  // Half of the connection is shut: a server that wants more than there was learns that nothing comes.
  if (leave) socket.destroy()
  else socket.end()
  await within('the server has ended the connection', over)
  seen.closed = 0
  seen.statuses.push(...[...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)))
  if (text !== '') seen.texts.push(text)
  return seen
}
