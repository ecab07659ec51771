/** What is promised about HTTP+SSE: a stream at /sse that says where to post. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { EventStream } from '../app/mcp/wire.ts'
import { connect } from './clients.ts'
import { type McpYard, startMcpYard } from './fakes/mcp-yard.ts'
import { call, type Events, handshake, messageOf, notification, openEvents, post, request } from './fakes/wire.ts'
import { until } from './until.ts'

let yard: McpYard
const streams: Events[] = []

beforeAll(async () => {
  yard = await startMcpYard()
})
afterEach(async () => {
  await Promise.all(streams.splice(0).map((stream) => stream.close()))
  await until('all sessions have ended', () => yard.sessions.list().length === 0)
})
afterAll(() => yard.stop())

/** Opens a stream and reads where to post. */
async function open({
  at = yard.url,
  path = '/sse',
  headers = {},
}: {
  at?: string
  path?: string
  headers?: Record<string, string>
} = {}) {
  const events = await openEvents(at + path, headers)
  streams.push(events)
  const first = await events.next()
  return { events, first, to: new URL(first?.data ?? '', at).href }
}

async function shakeHands(version?: string) {
  const opened = await open()
  await post(opened.to, handshake(version))
  await opened.events.message()
  await post(opened.to, notification('notifications/initialized'))
  return opened
}

describe('the stream', () => {
  test.each(['/sse', '/sse/'])('at %s begins with where to post', async (path) => {
    const { events, first } = await open({ path })
    expect(events.response.status).toBe(200)
    expect(events.response.headers.get('content-type')).toBe('text/event-stream')
    expect(events.response.headers.get('cache-control')).toContain('no-cache')
    expect(events.response.headers.get('x-accel-buffering')).toBe('no')
    expect(first?.name).toBe('endpoint')
    expect(first?.data).toMatch(/^\/messages\?sessionId=[\w-]{16,}$/)
  })

  test('answers a POST with 405, so that clients which try Streamable HTTP first fall back', async () => {
    const response = await post(`${yard.url}/sse`, handshake())
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET')
  })

  test.each([
    ['/gate', '/gate/messages?'],
    ['/a/b-c/d.e', '/a/b-c/d.e/messages?'],
    ['https://evil.example', '/messages?'],
    ['//evil.example', '/messages?'],
    ['/a b', '/messages?'],
  ])('behind a proxy that says X-Forwarded-Prefix: %s names a path that begins with %s', async (prefix, start) => {
    const { first } = await open({ headers: { 'x-forwarded-prefix': prefix } })
    expect(first?.data.startsWith(start)).toBe(true)
  })

  test.each([
    ['https://switch.example/gate/', '/gate/messages?'],
    ['https://switch.example', '/messages?'],
  ])('under the public URL %s names a path that begins with %s, whatever a proxy says', async (publicUrl, start) => {
    const behind = await startMcpYard({ MCP_PUBLIC_URL: publicUrl })
    const { events, first } = await open({ at: behind.url, headers: { 'x-forwarded-prefix': '/other' } })
    expect(first?.data.startsWith(start)).toBe(true)
    await events.close()
    await behind.stop()
  })

  test('is kept alive by a comment every 15 seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const { events } = await open()
      vi.advanceTimersByTime(15_000)
      expect(await events.next()).toEqual({ name: ':', data: 'ping' })
      vi.advanceTimersByTime(15_000)
      expect(await events.next()).toEqual({ name: ':', data: 'ping' })
    } finally {
      vi.useRealTimers()
    }
  })

  test('tells of changed lists, once the client has shaken hands', async () => {
    const { events } = await shakeHands()
    yard.offer('sse_brand_new')
    expect(await events.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
  })

  test('carries progress and log messages before the answer, in their order', async () => {
    const { events, to } = await shakeHands()
    await post(to, call('steps', {}, 9, { progressToken: 'mine' }))
    expect([await events.message(), await events.message(), await events.message(), await events.message()]).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 'mine', progress: 1 } },
      { method: 'notifications/message', params: { level: 'warning' } },
      { method: 'notifications/progress', params: { progressToken: 'mine', progress: 2 } },
      { id: 9, result: { content: [{ text: 'done' }] } },
    ])
  })

  test('carries the answers of a batch in one message, where 2025-03-26 is spoken', async () => {
    const { events, to } = await shakeHands('2025-03-26')
    await post(to, [request('ping', {}, 1), request('ping', {}, 2)])
    expect(await events.message()).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: 2, result: {} },
    ])
  })
})

describe('a post', () => {
  const paths = ['/messages', '/messages/', '/sse/messages', '/sse/messages/']
  test.each(paths.flatMap((path) => ['sessionId', 'session_id'].map((name) => [path, name])))(
    'to %s with %s is taken, and answered on the stream',
    async (path, name) => {
      const { events, to } = await open()
      const id = new URL(to).searchParams.get('sessionId')
      const response = await post(`${yard.url}${path}?${name}=${id}`, request('ping', {}, 'here'))
      expect(response.status).toBe(202)
      expect(await events.message()).toEqual({ jsonrpc: '2.0', id: 'here', result: {} })
    },
  )

  test.each(['', '?sessionId=', '?sessionId=no-such-session', '?session=x'])(
    'to /messages%s is 404 and -32001: nobody has that session',
    async (query) => {
      const response = await post(`${yard.url}/messages${query}`, request('ping'))
      expect(response.status).toBe(404)
      expect((await messageOf(response)).error?.code).toBe(-32001)
    },
  )

  test("to somebody else's session is 404", async () => {
    const { to } = await open({ headers: { authorization: 'Bearer reader' } })
    expect((await post(to, request('ping'))).status).toBe(404)
    expect((await post(to, request('ping'), { authorization: 'Bearer admin' })).status).toBe(404)
    expect((await post(to, request('ping'), { authorization: 'Bearer reader' })).status).toBe(202)
  })

  test('without a valid credential is 401', async () => {
    const { to } = await open()
    expect((await post(to, request('ping'), { authorization: 'Bearer stolen' })).status).toBe(401)
  })

  test('that is not JSON is 400', async () => {
    const { to } = await open()
    const response = await post(to, '{"jsonrpc"')
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error?.code).toBe(-32700)
  })

  test('that is no JSON-RPC is answered on the stream', async () => {
    const { events, to } = await open()
    await post(to, { jsonrpc: '2.0', id: 5, method: 7 })
    expect(await events.message()).toMatchObject({ id: 5, error: { code: -32600 } })
  })

  test('that is too large is 413', async () => {
    const { to } = await open()
    expect((await post(to, `"${'x'.repeat(yard.settled.config.limits.body)}"`)).status).toBe(413)
  })
})

describe('the end', () => {
  test('of the stream ends the session and cancels its calls', async () => {
    const { events, to } = await shakeHands()
    const before = { ...yard.waits }
    await post(to, call('wait'))
    await until('the call runs', () => yard.waits.begun === before.begun + 1)
    await events.close()
    await until('the call was cancelled', () => yard.waits.cancelled === before.cancelled + 1)
    expect((await post(to, request('ping'))).status).toBe(404)
  })

  test('of one call leaves the others alone', async () => {
    const { events, to } = await shakeHands()
    const before = { ...yard.waits }
    await post(to, call('wait', {}, 'first'))
    await post(to, call('wait', {}, 'second'))
    await until('both run', () => yard.waits.begun === before.begun + 2)
    await post(to, notification('notifications/cancelled', { requestId: 'first' }))
    await until('one was cancelled', () => yard.waits.cancelled === before.cancelled + 1)
    yard.release()
    expect(await events.message()).toMatchObject({ id: 'second', result: { content: [{ text: 'released' }] } })
  })

  test('of the server waits for the answers in flight, then ends the streams', async () => {
    const leaving = await startMcpYard()
    const { events, to } = await open({ at: leaving.url })
    await post(to, call('wait', {}, 'last'))
    await until('the call runs', () => leaving.waits.begun === 1)
    const stopped = leaving.stop()
    await until('the port is closed', () =>
      fetch(leaving.url).then(
        () => false,
        () => true,
      ),
    )
    leaving.release()
    expect(await events.message()).toMatchObject({ id: 'last', result: { content: [{ text: 'released' }] } })
    expect(await events.next()).toBeUndefined()
    await stopped
  })
})

describe('a reader that does not read', () => {
  test('is cut off, and the others do not notice', async () => {
    const other = await connect('sse', yard.url)
    const [stuck, id] = await openAndStopReading()
    const to = `${yard.url}/messages?sessionId=${id}`
    let status = 202
    for (let sent = 0; status === 202 && sent < 200; sent++) {
      status = (await post(to, call('heavy', { bytes: 512 * 1024 }))).status
    }
    expect(status).toBe(404)
    expect(await other.callTool({ name: 'echo', arguments: { message: 'fine' } })).toMatchObject({
      structuredContent: { message: 'fine' },
    })
    stuck.destroy()
    await other.close()
  })

  test('has never much more than 1 MiB waiting', async () => {
    const waiting: number[] = []
    let reason = ''
    const piece = 'x'.repeat(64 * 1024)
    const server = createServer((_request, response) => {
      const stream = new EventStream(response, (why) => {
        reason = why
      })
      while (reason === '') {
        stream.write(piece)
        waiting.push(response.writableLength)
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await until('it was cut', () => reason !== '')
    expect(reason).toContain('does not read')
    expect(Math.max(...waiting)).toBeGreaterThan(1024 * 1024)
    expect(Math.max(...waiting)).toBeLessThan(1024 * 1024 + 2 * piece.length)
    socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})

/** A stream that nobody reads after its first event. */
async function openAndStopReading() {
  const socket = connectSocket(Number(new URL(yard.url).port), '127.0.0.1').on('error', () => {})
  socket.write('GET /sse HTTP/1.1\r\nhost: localhost\r\n\r\n')
  let text = ''
  while (!text.includes('sessionId=')) text += String(await once(socket, 'data'))
  socket.pause()
  return [socket, /sessionId=([\w-]+)/.exec(text)?.[1] ?? ''] as const
}
