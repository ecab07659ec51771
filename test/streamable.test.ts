/** What is promised about Streamable HTTP with sessions, on /mcp. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LoggingMessageNotificationSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Json } from '../app/call.ts'
import { EventStream } from '../app/mcp/wire.ts'
import { connect } from './clients.ts'
import { type McpYard, startMcpYard } from './fakes/mcp-yard.ts'
import { call, Events, handshake, messageOf, notification, openEvents, post, request } from './fakes/wire.ts'
import { until } from './until.ts'

const sessionHeader = 'mcp-session-id'

let yard: McpYard
let mcp: string

beforeAll(async () => {
  yard = await startMcpYard()
  mcp = `${yard.url}/mcp`
})
afterAll(() => yard.stop())

/** Shakes hands and gives the headers of the session. */
async function begin(version?: string, { at = mcp, headers = {} }: { at?: string; headers?: Record<string, string> } = {}) {
  const response = await post(at, handshake(version), headers)
  expect(response.status).toBe(200)
  const session = { ...headers, [sessionHeader]: response.headers.get(sessionHeader)! }
  await post(at, notification('notifications/initialized'), session)
  return session
}

/** The status of a refusal, when to come back, and how much there may be at the same time. */
async function refusalOf(response: Response): Promise<unknown[]> {
  const { error } = (await response.json()) as { error: { data: Json } }
  return [response.status, response.headers.get('retry-after'), error.data.limit, error.data.concurrent]
}

/** What a WebSocket is refused with: there is no body then. */
async function refusedUpgrade(url: string, headers: Record<string, string>): Promise<unknown[]> {
  const socket = new WebSocket(url.replace('http', 'ws'), ['mcp'], { headers })
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
  socket.once('error', () => {}).terminate()
  return [answer.statusCode, answer.headers['retry-after']]
}

describe('a session', () => {
  test('begins with initialize, and its id is of visible ASCII', async () => {
    const response = await post(mcp, handshake())
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get(sessionHeader)).toMatch(/^[\x21-\x7e]{16,}$/)
    expect(await messageOf(response)).toMatchObject({
      id: 1,
      result: {
        protocolVersion: '2025-11-25',
        serverInfo: { name: 'switchyard' },
        capabilities: { tools: { listChanged: true } },
      },
    })
  })

  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'speaks %s where the client asks for it',
    async (version) => {
      expect((await messageOf(await post(mcp, handshake(version)))).result?.protocolVersion).toBe(version)
    },
  )

  test('answers with its own latest version where the client asks for another', async () => {
    expect((await messageOf(await post(mcp, handshake('1999-01-01')))).result?.protocolVersion).toBe('2025-11-25')
  })

  test.each([
    ['the version', { capabilities: {}, clientInfo: { name: 'x', version: '1' } }, 'protocolVersion'],
    ['the name', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} }, 'clientInfo'],
  ])('does not begin without %s, and a sentence says so', async (_, params, named) => {
    const { error } = await messageOf(await post(mcp, request('initialize', params)))
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining(named) })
  })

  test('is asked for: without the header a request is 400', async () => {
    const response = await post(mcp, request('tools/list'))
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error).toMatchObject({ code: -32600, message: expect.stringContaining('Mcp-Session-Id') })
  })

  test.each(['POST', 'GET', 'DELETE'])('that nobody knows is 404 and -32001 for %s', async (method) => {
    const headers = { [sessionHeader]: 'no-such-session', 'content-type': 'application/json', accept: 'text/event-stream' }
    const body = method === 'POST' ? JSON.stringify(request('tools/list')) : null
    const response = await fetch(mcp, { method, headers, body })
    expect(response.status).toBe(404)
    expect((await messageOf(response)).error?.code).toBe(-32001)
  })

  test('is a new one where initialize carries the id of one that is gone', async () => {
    const response = await post(mcp, handshake(), { [sessionHeader]: 'gone-since-yesterday' })
    expect(response.status).toBe(200)
    const id = response.headers.get(sessionHeader)!
    expect(id).not.toBe('gone-since-yesterday')
    expect((await post(mcp, request('ping'), { [sessionHeader]: id })).status).toBe(200)
  })

  test('ends with DELETE, and is unknown from then on', async () => {
    const session = await begin()
    expect((await fetch(mcp, { method: 'DELETE', headers: session })).status).toBe(204)
    expect((await post(mcp, request('ping'), session)).status).toBe(404)
    expect((await fetch(mcp, { method: 'DELETE', headers: session })).status).toBe(404)
  })

  test('that ends while a call runs still answers that call, and cancels it', async () => {
    const session = await begin()
    const before = { ...yard.waits }
    const answer = post(mcp, call('wait'), session)
    await until('the call runs', () => yard.waits.begun === before.begun + 1)
    await fetch(mcp, { method: 'DELETE', headers: session })
    const { id, error } = await messageOf(await answer)
    expect({ id, message: error?.message }).toEqual({ id: 2, message: 'the session has ended: ended by the client' })
    expect(yard.waits.cancelled).toBe(before.cancelled + 1)
  })

  test('belongs to the caller who began it: for another it does not exist', async () => {
    const session = await begin('2025-11-25', { headers: { authorization: 'Bearer reader' } })
    const id = { [sessionHeader]: session[sessionHeader]! }
    expect((await post(mcp, request('ping'), session)).status).toBe(200)
    for (const other of [id, { ...id, authorization: 'Bearer admin' }]) {
      expect((await post(mcp, request('ping'), other)).status).toBe(404)
      expect((await fetch(mcp, { method: 'DELETE', headers: other })).status).toBe(404)
      expect((await openEvents(mcp, other)).response.status).toBe(404)
    }
    expect((await post(mcp, request('ping'), session)).status).toBe(200)
  })

  test('needs a valid credential at every request', async () => {
    const response = await post(mcp, request('ping'), { ...(await begin()), authorization: 'Bearer stolen' })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
  })
})

describe('a POST', () => {
  test('with a notification is 202 without a body', async () => {
    const response = await post(mcp, notification('notifications/roots/list_changed'), await begin())
    expect(response.status).toBe(202)
    expect(await response.text()).toBe('')
  })

  test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'may name %s in MCP-Protocol-Version, whatever was settled',
    async (version) => {
      const headers = { ...(await begin('2025-06-18')), 'mcp-protocol-version': version }
      expect((await post(mcp, request('ping'), headers)).status).toBe(200)
    },
  )

  test('that names another version is 400 and told which there are', async () => {
    const response = await post(mcp, request('ping'), { ...(await begin()), 'mcp-protocol-version': '1999-01-01' })
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error).toMatchObject({
      code: -32600,
      data: { supported: expect.arrayContaining(['2025-11-25']) },
    })
  })

  test.each(['text/plain', 'application/json-patch+json', 'application/x-www-form-urlencoded'])(
    'of the type %s is 415',
    async (type) => {
      expect((await post(mcp, request('ping'), { ...(await begin()), 'content-type': type })).status).toBe(415)
    },
  )

  test('of the type application/json with a charset is taken', async () => {
    const headers = { ...(await begin()), 'content-type': 'application/json; charset=utf-8' }
    expect((await post(mcp, request('ping'), headers)).status).toBe(200)
  })

  test.each([
    ['that is not JSON', '{"jsonrpc":', -32700, undefined],
    ['that is empty', '', -32700, undefined],
    ['that is no JSON-RPC', { hello: 'world' }, -32600, undefined],
    ['with the id null', { jsonrpc: '2.0', id: null, method: 'ping' }, -32600, undefined],
    ['with a fraction for an id', { jsonrpc: '2.0', id: 1.5, method: 'ping' }, -32600, undefined],
    ['with params that are a list', { jsonrpc: '2.0', id: 1, method: 'ping', params: [] }, -32600, 1],
    ['nested too deep', `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`, -32600, 1],
  ])('%s is 400, and says whose answer it is where that can be told', async (_, body, code, id) => {
    const response = await post(mcp, body, await begin())
    expect(response.status).toBe(400)
    const { error, ...rest } = await messageOf(response)
    expect(error?.code).toBe(code)
    expect(rest).toEqual({ jsonrpc: '2.0', id })
  })

  test('that is too large is 413', async () => {
    const body = JSON.stringify(call('echo', { message: 'x'.repeat(yard.settled.config.limits.body) }))
    expect((await post(mcp, body, await begin())).status).toBe(413)
  })

  test.each([
    ['an unknown method', request('tools/juggle'), -32601],
    ['a name that is none', request('tools/call', { name: 5 }), -32602],
    ['arguments that are a list', request('tools/call', { name: 'echo', arguments: [] }), -32602],
    ['a cursor of nobody', request('tools/list', { cursor: 'abc' }), -32602],
    ['a level that is none', request('logging/setLevel', { level: 'loud' }), -32602],
  ])('with %s is answered with an error', async (_, body, code) => {
    const response = await post(mcp, body, await begin())
    expect(response.status).toBe(200)
    expect(await messageOf(response)).toMatchObject({ id: 2, error: { code, data: { code: expect.any(String) } } })
  })

  test('to /mcp/ is answered without a redirect', async () => {
    const response = await post(`${mcp}/`, handshake())
    expect(response.status).toBe(200)
    const session = { [sessionHeader]: response.headers.get(sessionHeader)! }
    expect((await post(`${mcp}/`, request('ping'), session)).status).toBe(200)
  })

  test.each(['PUT', 'PATCH', 'OPTIONS'])('is what it takes, with GET and DELETE: %s is 405', async (method) => {
    const response = await fetch(mcp, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, POST, DELETE')
  })
})

describe('an answer', () => {
  test('comes as JSON where nothing comes before it', async () => {
    const response = await post(mcp, call('echo', { message: 'hi' }), await begin())
    expect(response.headers.get('content-type')).toBe('application/json')
    expect((await messageOf(response)).result).toMatchObject({ structuredContent: { message: 'hi' } })
  })

  test('comes last in an event stream where progress and log messages come first, in their order', async () => {
    const response = await post(mcp, call('steps', {}, 'a', { progressToken: 'mine' }), await begin())
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(await new Events(response).all()).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 'mine', progress: 1 } },
      { method: 'notifications/message', params: { level: 'warning', data: 'heard' } },
      { method: 'notifications/progress', params: { progressToken: 'mine', progress: 2 } },
      { id: 'a', result: { content: [{ text: 'done' }] } },
    ])
  })

  test('comes alone to a client that takes no event stream', async () => {
    const response = await post(mcp, call('steps', {}, 3, { progressToken: 1 }), {
      ...(await begin()),
      accept: 'application/json',
    })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect((await messageOf(response)).result?.content?.[0]?.text).toBe('done')
  })

  test('goes to its own request where two in flight have the same id', async () => {
    const session = await begin()
    const before = yard.waits.begun
    const slow = post(mcp, call('wait', {}, 7), session)
    await until('the first call runs', () => yard.waits.begun === before + 1)
    const quick = await messageOf(await post(mcp, call('echo', { message: 'quick' }, 7), session))
    yard.release()
    expect(quick).toMatchObject({ id: 7, result: { structuredContent: { message: 'quick' } } })
    expect(await messageOf(await slow)).toMatchObject({ id: 7, result: { content: [{ text: 'released' }] } })
  })

  test('does not come to a call that was taken back, and its response ends', async () => {
    const session = await begin()
    const before = { ...yard.waits }
    const answer = post(mcp, call('wait', {}, 'x'), session)
    await until('the call runs', () => yard.waits.begun === before.begun + 1)
    await post(mcp, notification('notifications/cancelled', { requestId: 'x' }), session)
    expect(await (await answer).text()).toBe('')
    expect(yard.waits.cancelled).toBe(before.cancelled + 1)
  })

  test('that an SDK client takes back is an error of nothing but that call', async () => {
    const client = await connect('http', yard.url)
    const complaints: Error[] = []
    client.onerror = (error) => complaints.push(error)
    const before = { ...yard.waits }
    const leaving = new AbortController()
    const answer = client.callTool({ name: 'wait' }, undefined, { signal: leaving.signal })
    await until('the call runs', () => yard.waits.begun === before.begun + 1)
    leaving.abort()
    await expect(answer).rejects.toThrow()
    await until('it was cancelled', () => yard.waits.cancelled === before.cancelled + 1)
    expect(await client.callTool({ name: 'echo', arguments: { message: 'still here' } })).not.toHaveProperty('isError')
    expect(complaints).toEqual([])
    await client.close()
  })

  test('is still made where the client only lost its connection, because it may come back', async () => {
    const session = await begin()
    const before = { ...yard.waits }
    const leaving = new AbortController()
    const answer = post(mcp, call('wait'), session, leaving.signal)
    await until('the call runs', () => yard.waits.begun === before.begun + 1)
    leaving.abort()
    await expect(answer).rejects.toThrow()
    expect((await post(mcp, request('ping'), session)).status).toBe(200)
    expect(yard.waits.cancelled).toBe(before.cancelled)
    yard.release()
  })
})

describe('a batch', () => {
  const batch = [call('echo', { message: 'a' }, 1), notification('notifications/x'), call('nothing', {}, 2), { broken: true }]

  test('is answered whole where 2025-03-26 is spoken', async () => {
    const response = await post(mcp, batch, await begin('2025-03-26'))
    expect(response.status).toBe(200)
    const answers = (await response.json()) as { id?: number }[]
    expect(answers).toHaveLength(3)
    expect(answers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 1, result: expect.anything() }),
        expect.objectContaining({ id: 2, error: expect.objectContaining({ code: -32602 }) }),
        expect.objectContaining({ error: expect.objectContaining({ code: -32600 }) }),
      ]),
    )
  })

  test('of notifications is 202', async () => {
    expect((await post(mcp, [notification('notifications/x')], await begin('2025-03-26'))).status).toBe(202)
  })

  test('whose calls are all taken back ends without an answer', async () => {
    const session = await begin('2025-03-26')
    const before = { ...yard.waits }
    const answer = post(mcp, [call('wait', {}, 'a'), call('wait', {}, 'b')], session)
    await until('both run', () => yard.waits.begun === before.begun + 2)
    for (const requestId of ['a', 'b']) await post(mcp, notification('notifications/cancelled', { requestId }), session)
    expect(await (await answer).text()).toBe('')
  })

  test.each(['2024-11-05', '2025-06-18', '2025-11-25'])('is 400 and -32600 where %s is spoken', async (version) => {
    const response = await post(mcp, batch, await begin(version))
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error?.code).toBe(-32600)
  })

  test.each([0, 101])('of %i is 400 and -32600', async (count) => {
    const entries = Array.from({ length: count }, (_, id) => request('ping', {}, id))
    const response = await post(mcp, entries, await begin('2025-03-26'))
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error?.code).toBe(-32600)
  })
})

describe('the stream of a session', () => {
  test('needs a session', async () => {
    expect((await openEvents(mcp)).response.status).toBe(400)
  })

  test('is one: the second is 409, and after the first has ended there may be another', async () => {
    const session = await begin()
    const first = await openEvents(mcp, session)
    expect(first.response.status).toBe(200)
    expect(first.response.headers.get('content-type')).toBe('text/event-stream')
    expect((await openEvents(mcp, session)).response.status).toBe(409)
    await first.close()
    let next: Events | undefined
    await until('another may be opened', async () => {
      next = await openEvents(mcp, session)
      return next.response.status === 200
    })
    await next?.close()
  })

  test('is for event streams only', async () => {
    expect((await fetch(mcp, { headers: { ...(await begin()), accept: 'application/json' } })).status).toBe(406)
  })

  test('tells of changed lists', async () => {
    const session = await begin()
    const events = await openEvents(mcp, session)
    yard.offer('brand_new')
    expect(await events.message()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })
    await events.close()
  })

  test('and the answers of calls do not mix: an SDK client hears both', async () => {
    const client = await connect('http', yard.url)
    const changed = new Promise((resolve) => client.setNotificationHandler(ToolListChangedNotificationSchema, resolve))
    const heard: unknown[] = []
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.level))
    await client.setLoggingLevel('debug')
    await client.callTool({ name: 'steps' })
    expect(heard).toEqual(['debug', 'warning'])
    await until('the stream is open', () => yard.sessions.list().some((session) => session.via === 'http' && session.busy()))
    yard.offer('newer_still')
    await changed
    await client.close()
  })

  test('ends with its session', async () => {
    const session = await begin()
    const events = await openEvents(mcp, session)
    await fetch(mcp, { method: 'DELETE', headers: session })
    expect(await events.all()).toEqual([])
  })
})

describe('sessions end by themselves', () => {
  test('when nobody used them for a while, but not while their stream is open', async () => {
    const hasty = await startMcpYard({ MCP_SESSION_IDLE: '1s' })
    const at = `${hasty.url}/mcp`
    const idle = await begin('2025-11-25', { at })
    const watching = await begin('2025-11-25', { at })
    const events = await openEvents(at, watching)
    const working = await begin('2025-11-25', { at })
    const answer = post(at, call('wait'), working)
    await until('the idle one has ended', () => hasty.sessions.list().length === 2)
    expect((await post(at, request('ping'), idle)).status).toBe(404)
    expect((await post(at, request('ping'), watching)).status).toBe(200)
    hasty.release()
    expect((await answer).status).toBe(200)
    expect((await post(at, request('ping'), working)).status).toBe(200)
    await events.close()
    await until('all have ended', () => hasty.sessions.list().length === 0)
    await hasty.stop()
  })

  test('oldest first when another needs the place, but none that is in use', async () => {
    const small = await startMcpYard({ MCP_MAX_SESSIONS: '3' })
    const at = `${small.url}/mcp`
    const watching = await begin('2025-11-25', { at })
    const events = await openEvents(at, watching)
    const older = await begin('2025-11-25', { at })
    await until('a millisecond has passed', () => Date.now() > small.sessions.list()[1]!.lastActiveAt)
    const younger = await begin('2025-11-25', { at })
    await until('a millisecond has passed', () => Date.now() > small.sessions.list()[2]!.lastActiveAt)
    expect((await post(at, request('ping'), older)).status).toBe(200)

    await begin('2025-11-25', { at })
    expect((await post(at, request('ping'), younger)).status).toBe(404)
    expect((await post(at, request('ping'), older)).status).toBe(200)
    expect((await post(at, request('ping'), watching)).status).toBe(200)
    await events.close()
    await small.stop()
  })

  test('and where all are in use, another is refused with 429 and told when to come back', async () => {
    const small = await startMcpYard({ MCP_MAX_SESSIONS: '1' })
    const at = `${small.url}/mcp`
    const events = await openEvents(at, await begin('2025-11-25', { at }))
    expect(await refusalOf(await post(at, handshake()))).toEqual([429, '5', 1, true])
    await events.close()
    await small.stop()
  })

  describe('within the share of one key', () => {
    const headers = { authorization: 'Bearer reader' }
    let shared: McpYard
    let at: string
    beforeAll(async () => {
      shared = await startMcpYard({ MCP_MAX_SESSIONS_PER_KEY: '3' })
      at = `${shared.url}/mcp`
    })
    afterEach(async () => {
      for (const session of shared.sessions.list()) session.close('the test is over')
      await until('nothing is left', () => shared.sessions.list().length === 0)
    })
    afterAll(() => shared.stop())
    const isThere = async (session: Record<string, string>) => (await post(at, request('ping'), session)).status === 200
    /** Begins one that is younger than those before it. */
    async function beginNext(who: Record<string, string> = headers) {
      const session = await begin('2025-11-25', { at, headers: who })
      const { lastActiveAt } = shared.sessions.list().at(-1)!
      await until('a millisecond has passed', () => Date.now() > lastActiveAt)
      return session
    }

    test('oldest first when the same key needs the place, however long others have been silent', async () => {
      const strangers = await beginNext({ authorization: 'Bearer ann' })
      const locals = await beginNext({})
      const first = await beginNext()
      const second = await beginNext()
      const third = await beginNext()
      expect(await isThere(first)).toBe(true)
      const next = await beginNext()
      expect(shared.log.of('session closed').at(-1)).toMatchObject({ fields: { session: second['mcp-session-id'] } })
      for (const session of [first, third, next, strangers, locals]) expect(await isThere(session)).toBe(true)
      expect(await isThere(second)).toBe(false)
    })

    test('again and again: a client that never ends its sessions is never locked out', async () => {
      for (let nth = 0; nth < 12; nth++) await beginNext()
      expect(shared.sessions.list()).toHaveLength(3)
    })

    test('but none that is in use: where all are, another is refused with 429 and told when to come back', async () => {
      const watching = await beginNext()
      const stream = await openEvents(at, watching)
      await openEvents(`${shared.url}/sse`, headers)
      const sse = await openEvents(`${shared.url}/sse`, headers)
      expect(await refusalOf(await post(at, handshake(), headers))).toEqual([429, '5', 3, true])
      expect(await refusalOf(await fetch(`${shared.url}/sse`, { headers }))).toEqual([429, '5', 3, true])
      expect(await refusedUpgrade(`${shared.url}/ws`, headers)).toEqual([429, '5'])
      expect(shared.sessions.list()).toHaveLength(3)
      expect(await isThere(watching)).toBe(true)
      await begin('2025-11-25', { at })

      await sse.close()
      await until('one has ended', () => shared.sessions.list().length === 3)
      await begin('2025-11-25', { at, headers })
      await stream.close()
    })
  })
})

test('a client that left before its stream could open keeps no session busy', async () => {
  let letThrough: (() => void) | undefined
  const slow = await startMcpYard(
    {},
    () =>
      new Promise((resolve) => {
        letThrough = resolve
      }),
  )
  const leaving = httpRequest(`${slow.url}/sse`).on('error', () => {})
  leaving.end()
  await until('it is being looked at', () => letThrough)
  leaving.destroy()
  // By the time others have been answered, the server has noticed.
  for (let others = 0; others < 3; others++) await fetch(`${slow.url}/mcp`, { method: 'PUT' })
  letThrough?.()
  await until('it was let in and has gone', () => slow.log.of('session closed').length === 1)
  expect(slow.sessions.list()).toEqual([])
  await slow.stop()
})

test('an event stream on a response that has gone ends at once', async () => {
  const ended: string[] = []
  const server = createServer((_request, response) => {
    response.once('close', () => new EventStream(response, (reason) => ended.push(reason)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const leaving = httpRequest({ port: (server.address() as AddressInfo).port }).on('error', () => {})
  leaving.end()
  leaving.once('socket', (socket) => socket.once('connect', () => setImmediate(() => leaving.destroy())))
  await until('the stream has ended', () => ended.length === 1)
  expect(ended).toEqual(['the client went away'])
  await new Promise((resolve) => server.close(resolve))
})
