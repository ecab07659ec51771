/** The proxy that other tests break connections with: it must do what they think it does. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FaultProxy, openFaultProxy } from './fakes/fault-proxy.ts'
import { until } from './until.ts'

let echo: Server
let proxy: FaultProxy
let behind: Socket[]

beforeEach(async () => {
  behind = []
  echo = createServer((socket) => {
    behind.push(socket)
    socket.on('error', () => {}).pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  proxy = await openFaultProxy(`tcp://127.0.0.1:${(echo.address() as AddressInfo).port}`)
})

afterEach(async () => {
  await proxy.stop()
  await new Promise((resolve) => echo.close(resolve))
})

/** A client through the proxy, and what it has heard. */
async function client() {
  const socket = connect(proxy.port, '127.0.0.1')
  const seen = { text: '', closed: false, error: '' }
  socket.on('data', (data) => {
    seen.text += data
  })
  socket.on('close', () => {
    seen.closed = true
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    seen.error = error.code ?? ''
  })
  socket.write('hello')
  await until('it works without faults', () => seen.text === 'hello')
  return { socket, seen }
}

test('what was held while the connection was half open arrives when it heals, in its order', async () => {
  const { socket, seen } = await client()
  proxy.halfOpen()
  socket.write(' one')
  socket.write(' two')
  await until('the piece is on its way', () => socket.bytesWritten === 13)
  expect(seen.text).toBe('hello')
  proxy.heal()
  await until('it arrived', () => seen.text === 'hello one two')
  socket.destroy()
})

test('a half-open connection does not tell either side that the other has gone', async () => {
  const { socket } = await client()
  proxy.halfOpen()
  const before = behind.length
  socket.destroy()
  await until('the client has gone', () => socket.closed)
  const second = connect(proxy.port, '127.0.0.1').on('error', () => {})
  await until('a later connection got through to the target', () => behind.length > before)
  expect(behind[0]?.destroyed).toBe(false)
  second.destroy()
})

test('a stranded connection carries nothing any more, after a heal neither, and the next one works', async () => {
  const { socket, seen } = await client()
  proxy.strand()
  socket.write(' lost')
  const next = await client()
  proxy.heal()
  next.socket.write(' there')
  await until('the other one goes on', () => next.seen.text === 'hello there')
  expect(seen).toEqual({ text: 'hello', closed: false, error: '' })
  socket.destroy()
  next.socket.destroy()
})

test('a connection on which something certain is said is silent from then on, the others are not', async () => {
  const { socket, seen } = await client()
  const other = await client()
  proxy.silenceAt('secret')
  socket.write(' a secret')
  socket.write(' more')
  other.socket.write(' public')
  await until('the other one goes on', () => other.seen.text === 'hello public')
  expect(seen.text).toBe('hello')
  proxy.heal()
  await until('it arrived', () => seen.text === 'hello a secret more')
  socket.destroy()
  other.socket.destroy()
})

test('a cut ends a connection orderly, and the next one works', async () => {
  const { seen } = await client()
  proxy.cut()
  await until('it is closed', () => seen.closed)
  expect(seen.error).toBe('')
  const next = await client()
  next.socket.destroy()
})

test('a reset arrives as a reset', async () => {
  const { seen } = await client()
  proxy.reset()
  await until('it is closed', () => seen.closed)
  expect(seen.error).toBe('ECONNRESET')
})

test('an answer is cut after so many bytes', async () => {
  const { socket, seen } = await client()
  proxy.cutAfter(3)
  socket.write('abcdef')
  await until('it is closed', () => seen.closed)
  expect(seen.text).toBe('helloabc')
})

test('no more bytes pass than the line is wide', async () => {
  const { socket, seen } = await client()
  proxy.bandwidth(100_000)
  const begun = performance.now()
  socket.write('x'.repeat(50_000))
  await until('all of it came back', () => seen.text.length === 50_005)
  // A lower bound of what the line takes, and no promise about the machine: half a second each way.
  expect(performance.now() - begun).toBeGreaterThan(450)
  socket.destroy()
})

test('a url keeps its scheme, its password and its path', async () => {
  const other = await openFaultProxy('postgres://me:secret@127.0.0.1:5432/db?x=1')
  expect(other.url).toBe(`postgres://me:secret@127.0.0.1:${other.port}/db?x=1`)
  await other.stop()
})
