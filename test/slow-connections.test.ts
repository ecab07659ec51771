/** Connections that keep the server waiting end on time, are told why where they can be, and leave nothing behind. */
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Conversation } from '../app/mcp/conversation.ts'
import type { Session } from '../app/mcp/sessions.ts'
import { connect as connectClient } from './clients.ts'
import { type FaultProxy, openFaultProxy } from './fakes/fault-proxy.ts'
import { type McpYard, startMcpYard } from './fakes/mcp-yard.ts'
import { call, handshake } from './fakes/wire.ts'
import { until } from './until.ts'

let yard: McpYard
let proxy: FaultProxy
const opened: Socket[] = []

beforeAll(async () => {
  const slow = { MCP_HEADERS_TIMEOUT: '500ms', MCP_BODY_TIMEOUT: '500ms', MCP_READER_TIMEOUT: '2s', MCP_PING: '200ms' }
  yard = await startMcpYard({ ...slow, MCP_MAX_BODY: '512KiB' })
  proxy = await openFaultProxy(yard.url)
})
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy()
  proxy.heal()
  proxy.cut()
  await until('no session is left', () => yard.sessions.list().length === 0)
  await until('no call is left', () => yard.switch.running() === 0)
})
afterAll(async () => {
  await proxy?.stop()
  await yard?.stop()
})

/** A raw connection, and what came of it. */
function raw(port = Number(new URL(yard.url).port)) {
  const socket = connect(port, '127.0.0.1')
  opened.push(socket)
  const seen = { text: '', closed: false, broken: false }
  socket.on('data', (data) => {
    seen.text += data
  })
  socket.on('close', () => {
    seen.closed = true
  })
  socket.on('error', () => {
    seen.broken = true
  })
  return { socket, seen }
}

const headers = (length: number, path = '/mcp') =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\ncontent-length: ${length}\r\n\r\n`

test('a connection that never asks for anything is ended', async () => {
  const { seen } = raw()
  await until('it is closed', () => seen.closed)
  expect(seen.broken).toBe(false)
})

test('headers that come byte by byte end with 408, however steadily they come', async () => {
  const { socket, seen } = raw()
  const drip = setInterval(() => socket.write('x'), 50)
  socket.write('GET /health HTTP/1.1\r\nx-slow: ')
  await until('it is closed', () => seen.closed)
  clearInterval(drip)
  expect(seen.text).toMatch(/^HTTP\/1\.1 408 /)
  expect(seen.text).toContain('{"error":{"code":"timeout","message":"no request came within 0.5 s"}}')
})

test('a body that comes byte by byte ends with 408, however steadily it comes', async () => {
  const { socket, seen } = raw()
  const drip = setInterval(() => socket.write(' '), 50)
  socket.write(headers(100_000))
  await until('it is closed', () => seen.closed)
  clearInterval(drip)
  expect(seen.text).toMatch(/^HTTP\/1\.1 408 /)
  expect(seen.text).toContain('the request was not complete 0.5 s after its headers')
})

test('a body has its own time, whatever its headers left over', async () => {
  const patient = await startMcpYard({ MCP_HEADERS_TIMEOUT: '2m', MCP_BODY_TIMEOUT: '500ms' })
  const { socket, seen } = raw(Number(new URL(patient.url).port))
  socket.write(headers(100_000))
  await until('it is closed', () => seen.closed)
  await patient.stop()
  expect(seen.text).toContain('the request was not complete 0.5 s after its headers')
})

test('a body that comes in time over a slow line is taken', async () => {
  const body = JSON.stringify(handshake())
  const { socket, seen } = raw()
  socket.write(headers(body.length))
  for (const piece of body.match(/.{1,40}/gs) ?? []) {
    socket.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await until('it is answered', () => seen.text.includes('"protocolVersion"'))
  for (const session of yard.sessions.list()) session.close('the test is over')
})

/** Asks for more than the system takes off our hands. */
function askForMuch(client: ReturnType<typeof raw>): void {
  const body = JSON.stringify(modernCall(largeAnswer))
  client.socket.write(modernHeaders(body.length) + body)
}
const largeAnswer = 6_000_000

test('an answer that nobody reads ends with its connection', async () => {
  const client = raw()
  client.socket.pause()
  askForMuch(client)
  await until('it is cut off', () => yard.log.of('connection cut off, its client does not read').length > 0)
})

test('an answer that is read slowly arrives whole', async () => {
  const cutBefore = yard.log.of('connection cut off, its client does not read').length
  proxy.bandwidth(3_000_000)
  const client = raw(proxy.port)
  askForMuch(client)
  await until('all of it is there', () => client.seen.text.length > largeAnswer)
  expect(yard.log.of('connection cut off, its client does not read').length).toBe(cutBefore)
})

test('a call that is silent for longer than a client may be is not cut off', async () => {
  const { socket, seen } = raw()
  const body = JSON.stringify(modernCall(0, 'wait'))
  socket.write(modernHeaders(body.length, 'wait') + body)
  const before = yard.waits.begun
  await until('it runs', () => yard.waits.begun > before)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  yard.release()
  await until('it is answered', () => seen.text.includes('released'))
})

test('a WebSocket whose client has gone without a word is ended with its calls, and one whose client answers stays', async () => {
  const [gone, here] = await Promise.all([openWebSocket(proxy.url), openWebSocket(yard.url)])
  gone.send(JSON.stringify(handshake()))
  const before = yard.waits.cancelled
  gone.send(JSON.stringify(call('wait')))
  await until('its call runs', () => yard.switch.running() === 1)
  proxy.halfOpen()
  await until('its call is cancelled', () => yard.waits.cancelled > before)
  await until('its session has ended', () => yard.sessions.list().length === 1)
  expect(here.readyState).toBe(here.OPEN)
  here.terminate()
  gone.terminate()
})

describe('an event stream of a session', () => {
  const streams: [string, 'sse' | 'http'][] = [
    ['HTTP+SSE', 'sse'],
    ['Streamable HTTP', 'http'],
  ]

  test.each(streams)(
    'over %s whose client has gone without a word is ended, and one whose client is silent and there stays',
    async (_, wire) => {
      // One that nobody has been through: connections of earlier tests may still be kept for later.
      const cable = await openFaultProxy(yard.url)
      const [gone, here] = await Promise.all([connectClient(wire, cable.url), connectClient(wire, yard.url)])
      const open = () => yard.sessions.list().filter((session) => session.busy())
      await until(
        'both were asked twice and have answered',
        () => open().filter((each) => asked(each) > 1 && !waits(each)).length === 2,
      )
      cable.halfOpen()
      await until('one stream is gone', () => open().length === 1)
      const last = open()[0]!
      const before = asked(last)
      await until('the other one was asked twice more', () => asked(last) > before + 1)
      expect(open()).toEqual([last])
      expect((await here.listTools()).tools).not.toEqual([])
      await Promise.allSettled([gone.close(), here.close(), cable.stop()])
      for (const session of yard.sessions.list()) session.close('the test is over')
    },
  )

  test('is not ended where its client never answers', async () => {
    const { socket, seen } = raw()
    socket.write('GET /sse HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
    await until('it is open', () => seen.text.includes('sessionId='))
    const path = /data: (\S+)/.exec(seen.text)![1]!
    const post = (message: unknown) =>
      fetch(yard.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(message) })
    await post(handshake())
    await until('it was asked', () => seen.text.includes('"method":"ping"'))
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    await until('it was asked again', () => seen.text.split('"method":"ping"').length > 2)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(seen.closed).toBe(false)
    socket.destroy()
  })
})

/** Pings that this session was sent, and whether the last one waits for its answer. */
const asked = (session: Session): number => Number(/ping(\d+)/.exec((session as Conversation).presence.question)![1])
const waits = (session: Session): boolean => (session as Conversation).presence.waits

test('a WebSocket whose client answered while the process was held up stays', async () => {
  const here = await openWebSocket(yard.url)
  let pings = 0
  here.on('ping', () => {
    if (++pings > 1) return
    // Its answer is on its way already, and is not read before this ends.
    const end = performance.now() + 500
    while (performance.now() < end);
  })
  await until('it is asked again', () => pings > 2 || here.readyState !== here.OPEN)
  expect(here.readyState).toBe(here.OPEN)
  here.terminate()
})

test('a WebSocket message that comes piece by piece is not waited for longer than a body', async () => {
  const { socket, seen } = raw()
  socket.write(
    'GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: mcp\r\n\r\n',
  )
  await until('it is open', () => seen.text.includes(' 101 '))
  // A text frame of 400,000 bytes, of which there come fewer and fewer.
  const frame = Buffer.alloc(14)
  frame.set([0x81, 0xff])
  frame.writeBigUInt64BE(400_000n, 2)
  socket.write(Buffer.concat([frame, Buffer.alloc(100_000)]))
  const drip = setInterval(() => socket.write('x'), 50)
  await until('it is closed', () => seen.closed)
  clearInterval(drip)
  expect(seen.text).toContain('a message took longer than 0.5 s')
})

test('connections above the bound are closed at once and counted, and others go on', async () => {
  // With the usual times: nobody here is closed for being silent.
  const small = await startMcpYard({ MCP_MAX_CONNECTIONS: '10' })
  onTestFinished(() => small.stop())
  const port = Number(new URL(small.url).port)
  const refused = async () => /^switchyard_connections_refused_mcp (\d+)$/m.exec(await small.metrics.text())?.[1]
  const body = JSON.stringify(modernCall(3))
  const answers = ({ text }: { text: string }) => text.match(/HTTP\/1\.1 200 [\s\S]*?"xxx"/g)?.length ?? 0
  const ask = ({ socket }: ReturnType<typeof raw>) => socket.write(modernHeaders(body.length) + body)

  const kept = raw(port)
  ask(kept)
  await until('it is answered', () => answers(kept.seen) === 1)
  expect(await refused()).toBe('0')

  const many = Array.from({ length: 20 }, () => raw(port))
  const open = () => many.filter(({ seen }) => !seen.closed)
  await until('those above the bound are closed', async () => open().length === 9 && (await refused()) === '11')
  ask(kept)
  for (const one of open()) ask(one)
  await until('the others are answered', () => answers(kept.seen) === 2 && open().every(({ seen }) => answers(seen) === 1))
  expect(many.filter(({ seen }) => seen.text !== '')).toHaveLength(9)
  expect(await refused()).toBe('11')

  for (const { socket } of many) socket.destroy()
  await until('there is room again', async () => {
    const one = raw(port)
    ask(one)
    await until('it is answered or closed', () => answers(one.seen) === 1 || one.seen.closed)
    return answers(one.seen) === 1
  })
})

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'hand', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}
const modernCall = (bytes: number, name = 'heavy') => call(name, name === 'heavy' ? { bytes } : {}, 2, meta)
const modernHeaders = (length: number, name = 'heavy') =>
  headers(length).replace(
    '\r\n\r\n',
    `\r\nmcp-protocol-version: 2026-07-28\r\nmcp-method: tools/call\r\nmcp-name: ${name}\r\n\r\n`,
  )

async function openWebSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'mcp')
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}
