/** What is promised about MCP over WebSocket, on /ws. */
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type RawData, WebSocket } from 'ws'
import { connect } from './clients.ts'
import { type McpYard, startMcpYard } from './fakes/mcp-yard.ts'
import { call, handshake, type Message, notification, request } from './fakes/wire.ts'
import { until } from './until.ts'

let yard: McpYard
const sockets: WebSocket[] = []

beforeAll(async () => {
  yard = await startMcpYard({ MCP_MAX_BODY: '64KiB' })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  await until('all sessions have ended', () => yard.sessions.list().length === 0)
})
afterAll(() => yard.stop())

const address = () => `${yard.url.replace('http', 'ws')}/ws`

/** A connection, with everything that came over it. */
async function open(protocols: string[] = ['mcp'], headers: Record<string, string> = {}) {
  const socket = new WebSocket(address(), protocols, { headers })
  sockets.push(socket)
  const messages: Message[] = []
  socket.on('message', (data: RawData) => void messages.push(JSON.parse(String(data)) as Message))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  const send = (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  const next = async () => {
    await until('a message comes', () => messages.length > 0)
    return messages.shift()
  }
  return { socket, messages, closed, send, next }
}

/** The HTTP status with which an upgrade was refused. */
async function refusal(headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(address(), ['mcp'], { headers }).on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  response.resume()
  return response.statusCode
}

test('the subprotocol mcp is chosen among those that the client offers', async () => {
  expect((await open(['soap', 'mcp'])).socket.protocol).toBe('mcp')
})

test('a conversation: handshake, call, progress before the answer', async () => {
  const { send, next } = await open()
  send(handshake())
  expect(await next()).toMatchObject({ id: 1, result: { serverInfo: { name: 'switchyard' } } })
  send(notification('notifications/initialized'))
  send(call('steps', {}, 2, { progressToken: 5 }))
  expect([await next(), await next(), await next(), await next()]).toMatchObject([
    { method: 'notifications/progress', params: { progressToken: 5, progress: 1 } },
    { method: 'notifications/message', params: { level: 'warning' } },
    { method: 'notifications/progress', params: { progressToken: 5, progress: 2 } },
    { id: 2, result: { content: [{ text: 'done' }] } },
  ])
})

test('what is not JSON, and what is no JSON-RPC, is answered, and the connection goes on', async () => {
  const { send, next } = await open()
  send('{"jsonrpc"')
  expect(await next()).toMatchObject({ error: { code: -32700 } })
  send({ id: 3, method: 'ping' })
  expect(await next()).toMatchObject({ id: 3, error: { code: -32600 } })
  send(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`)
  expect(await next()).toMatchObject({ error: { code: -32600 } })
  send(request('ping', {}, 4))
  expect(await next()).toEqual({ jsonrpc: '2.0', id: 4, result: {} })
})

test('a binary frame closes the connection with 1003', async () => {
  const { socket, closed } = await open()
  socket.send(Buffer.from(JSON.stringify(request('ping'))))
  expect(await closed).toBe(1003)
})

test('a frame above the largest body closes the connection with 1009', async () => {
  const { send, next, closed } = await open()
  send(call('echo', { message: 'x'.repeat(60 * 1024) }))
  expect(await next()).toMatchObject({ result: { structuredContent: expect.anything() } })
  send(call('echo', { message: 'x'.repeat(65 * 1024) }))
  expect(await closed).toBe(1009)
})

test('the end of the connection ends the session and cancels its calls', async () => {
  const { socket, send } = await open()
  const before = { ...yard.waits }
  send(call('wait'))
  await until('the call runs', () => yard.waits.begun === before.begun + 1)
  socket.terminate()
  await until('the call was cancelled', () => yard.waits.cancelled === before.cancelled + 1)
  await until('the session has ended', () => yard.sessions.list().length === 0)
})

test('a call that an SDK client takes back is cancelled', async () => {
  const client = await connect('websocket', yard.url)
  const before = { ...yard.waits }
  const leaving = new AbortController()
  const answer = client.callTool({ name: 'wait' }, undefined, { signal: leaving.signal })
  await until('the call runs', () => yard.waits.begun === before.begun + 1)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await until('the call was cancelled', () => yard.waits.cancelled === before.cancelled + 1)
  await client.close()
})

test('changed lists are told', async () => {
  const { send, next } = await open()
  send(handshake())
  await next()
  yard.offer('ws_brand_new')
  expect(await next()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
})

test('a page of another origin is refused at the upgrade', async () => {
  expect(await refusal({ origin: 'https://evil.example' })).toBe(403)
  expect(await refusal({ host: 'evil.example' })).toBe(403)
  expect(await refusal({ origin: 'http://localhost:3000' })).toBe(403)
  expect(await refusal({ origin: 'null' })).toBe(403)
  expect((await open(['mcp'], { origin: new URL(yard.url).origin })).socket.readyState).toBe(WebSocket.OPEN)
})

test('a wrong credential is refused at the upgrade', async () => {
  expect(await refusal({ authorization: 'Bearer stolen' })).toBe(401)
  expect((await open(['mcp'], { authorization: 'Bearer reader' })).socket.readyState).toBe(WebSocket.OPEN)
})

test('a request without an upgrade is told what this path speaks', async () => {
  const response = await fetch(`${yard.url}/ws`)
  expect(response.status).toBe(426)
  expect(response.headers.get('upgrade')).toBe('websocket')
})

test('a reader that does not read is cut off', async () => {
  const { socket, send } = await open()
  socket.pause()
  for (let sent = 0; sent < 40; sent++) send(call('heavy', { bytes: 512 * 1024 }))
  await until('its session has ended', () => yard.sessions.list().length === 0)
})

test('a client that leaves during the handshake leaves no session behind', async () => {
  let letThrough: (() => void) | undefined
  const slow = await startMcpYard(
    {},
    () =>
      new Promise((resolve) => {
        letThrough = resolve
      }),
  )
  const leaving = connectSocket(Number(new URL(slow.url).port), '127.0.0.1')
  const lines = ['host: localhost', 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13']
  leaving.write(`GET /ws HTTP/1.1\r\n${lines.join('\r\n')}\r\nsec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`)
  await until('it is being looked at', () => letThrough)
  leaving.destroy()
  // By the time others have been answered, the server has noticed.
  for (let others = 0; others < 3; others++) await fetch(`${slow.url}/mcp`, { method: 'PUT' })
  letThrough?.()
  await fetch(`${slow.url}/mcp`, { method: 'PUT' })
  await until('no session is left', () => slow.sessions.list().length === 0)
  await slow.stop()
})

test('many of one key that come in one moment do not take each other the place: what is above its share is refused', async () => {
  let letThrough = () => {}
  const gate = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  let waiting = 0
  const slow = await startMcpYard({ MCP_MAX_SESSIONS_PER_KEY: '2' }, () => {
    waiting++
    return gate
  })
  const ends = Array.from({ length: 10 }, () => {
    const headers = { authorization: 'Bearer reader' }
    const socket = new WebSocket(`${slow.url.replace('http', 'ws')}/ws`, ['mcp'], { headers })
    sockets.push(socket)
    return new Promise<string>((resolve) => {
      socket.once('open', () => resolve('open'))
      socket.once('error', ({ message }) => resolve(message))
    })
  })
  await until('all have come', () => waiting === ends.length)
  letThrough()
  const refused = 'Unexpected server response: 429'
  expect((await Promise.all(ends)).sort()).toEqual([...Array(8).fill(refused), 'open', 'open'])
  expect(slow.sessions.list()).toHaveLength(2)
  await slow.stop()
})

test('a session that has ended before its connection was there closes it', async () => {
  const { add } = yard.sessions
  const adding = vi.spyOn(yard.sessions, 'add').mockImplementation((session) => {
    add(session)
    queueMicrotask(() => session.close('it may not be'))
  })
  const { closed } = await open()
  adding.mockRestore()
  expect(await closed).toBe(1001)
})
