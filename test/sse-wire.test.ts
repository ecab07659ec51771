/** What is promised about our end of HTTP+SSE (2024-11-05), against the SDK's server and against servers that do it wrong. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { isLostSession, isUnreachable } from '../app/upstreams/http/errors.ts'
import { openSseWire } from '../app/upstreams/mcp/sse-wire.ts'
import { type Reply, type Script, startRawHttp } from './fakes/raw-http.ts'
import { startSseServer } from './fakes/sdk-http.ts'
import { heard } from './fakes/wire-events.ts'
import { until } from './until.ts'

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

type Options = Partial<Parameters<typeof openSseWire>[0]>

function open(url: string, options: Options = {}) {
  const kept = heard()
  const wire = openSseWire({ url, headers: {}, events: kept, ...options })
  undo.push(() => wire.close())
  return { kept, wire }
}

async function serve(script: Script) {
  const server = await startRawHttp(script)
  undo.push(() => server.stop())
  return server
}

/** A server that opens its stream with this endpoint, takes messages with 202, and says what it is told to. */
async function connect(endpoint: string, options?: Options) {
  let stream!: Reply
  const server = await serve((asked, reply) => {
    if (asked.method !== 'GET') return reply.empty(202)
    stream = reply.stream().event(endpoint, { name: 'endpoint' })
  })
  const opened = open(`${server.url}/sub/sse?key=1`, options)
  return { server, ...opened, stream: () => stream }
}

const ask = (id: string, method = 'tools/call', params: Json = {}): Json => ({ jsonrpc: '2.0', id, method, params })
const answer = (id: string, result: Json = {}): Json => ({ jsonrpc: '2.0', id, result })

test('the server of the SDK is shaken hands with, called, and heard', async () => {
  const server = await startSseServer()
  undo.push(() => server.stop())
  const { wire, kept } = open(`${server.url}/sse`)
  await wire.start()
  const clientInfo = { name: 'test', version: '1' }
  await wire.send(ask('i', 'initialize', { protocolVersion: '2024-11-05', capabilities: {}, clientInfo }))
  await until('the handshake is answered', () => kept.messages.length)
  wire.version('2024-11-05')
  await wire.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  await wire.send(ask('a', 'tools/call', { name: 'grüße', arguments: {} }))
  await until('the call is answered', () => kept.messages.length === 2)
  await server.servers[0]!.sendToolListChanged()
  await until('the change is told', () => kept.messages.length === 3)
  expect(kept.messages.slice(1)).toEqual([
    { from: undefined, message: answer('a', { content: [{ type: 'text', text: 'grüße' }] }) },
    { from: undefined, message: { jsonrpc: '2.0', method: 'notifications/tools/list_changed' } },
  ])
  expect([kept.errors, kept.ends]).toEqual([[], []])
  await server.stop()
  undo.pop()
  await until('the end is known', () => kept.ends.length)
})

describe('the endpoint', () => {
  test.each([
    ['/messages?session=1', '/messages?session=1'],
    ['messages', '/sub/messages'],
    ['?session=1', '/sub/sse?session=1'],
  ])('%s is where messages go, as they are, with all headers', async (endpoint, path) => {
    const { wire, server } = await connect(endpoint, { headers: { Authorization: 'Bearer secret' } })
    await wire.start()
    wire.version('2024-11-05')
    const message = { ...ask('a'), 'x-unknown': [null] }
    await wire.send(message, { headers: { 'X-Own': 'yes' } })
    const [got] = server.of('POST')
    expect([got!.path, got!.message]).toEqual([path, message])
    expect(got!.headers).toMatchObject({
      authorization: 'Bearer secret',
      'x-own': 'yes',
      'content-type': 'application/json',
      'mcp-protocol-version': '2024-11-05',
    })
    expect(server.of('GET')[0]!.headers).toMatchObject({ authorization: 'Bearer secret', accept: 'text/event-stream' })
  })

  test('may be absolute', async () => {
    const server = await serve((asked, reply) => {
      if (asked.method === 'POST') return reply.empty(202)
      reply.stream().event(`http://${asked.headers.host}/far`, { name: 'endpoint' })
    })
    const { wire } = open(`${server.url}/sse`)
    await wire.start()
    await wire.send(ask('a'))
    expect(server.of('POST')[0]!.path).toBe('/far')
  })

  test('on another server is refused: it gets nothing', async () => {
    const other = await serve((_, reply) => reply.empty(202))
    const { wire, kept } = await connect(`${other.url}/messages`)
    await expect(wire.start()).rejects.toThrow(`the server wants messages at ${other.url}`)
    await expect(wire.send(ask('a'))).rejects.toThrow('the connection is closed')
    expect(other.asked).toEqual([])
    expect(kept.ends).toHaveLength(1)
  })

  test('that is none is refused', async () => {
    const { wire } = await connect('http://')
    await expect(wire.start()).rejects.toThrow('an endpoint that is no URL')
  })

  test('counts once', async () => {
    const { wire, server, stream } = await connect('/first')
    await wire.start()
    stream().event('/second', { name: 'endpoint' }).event(answer('x'))
    await wire.send(ask('a'))
    await wire.send(ask('b'))
    expect(server.of('POST').map(({ path }) => path)).toEqual(['/first', '/first'])
  })

  test('is found from where a redirect within the server led', async () => {
    const server = await serve((asked, reply) => {
      if (asked.method === 'POST') return reply.empty(202)
      if (asked.path === '/sse') return reply.empty(307, { location: '/v2/sse' })
      reply.stream().event('messages', { name: 'endpoint' })
    })
    const { wire } = open(`${server.url}/sse`)
    await wire.start()
    await wire.send(ask('a'))
    expect(server.of('POST')[0]!.path).toBe('/v2/messages')
  })
})

describe('a start', () => {
  test.each([
    ['405', (_, reply) => reply.empty(405), 'HTTP 405'],
    ['401', (_, reply) => reply.empty(401), 'the server wants a credential'],
    ['JSON', (_, reply) => reply.json({}), 'the server did not open an event stream'],
    ['an end', (_, reply) => reply.stream().end(), 'the server ended the event stream'],
    ['a break', (_, reply) => reply.cut(), 'closed'],
  ] as [string, Script, string][])('answered with %s fails, and the wire is over', async (_, script, text) => {
    const { wire, kept } = open((await serve(script)).url)
    await expect(wire.start()).rejects.toThrow(text)
    expect(kept.ends).toHaveLength(1)
  })

  test('with nobody there says so', async () => {
    const server = await startRawHttp(() => {})
    await server.stop()
    const error = await open(server.url)
      .wire.start()
      .catch((problem: unknown) => problem)
    expect(isUnreachable(error)).toBe(true)
  })

  test('is bounded by its signal, before the stream and before the endpoint; afterwards the signal means nothing', async () => {
    for (const script of [() => {}, (_, reply) => void reply.stream()] as Script[]) {
      const server = await serve(script)
      const { wire } = open(server.url)
      const giveUp = new AbortController()
      const started = wire.start(giveUp.signal)
      await until('the server is asked', () => server.asked.length)
      giveUp.abort(new Error('too slow'))
      await expect(started).rejects.toThrow('too slow')
      await until('the server sees the end', () => server.asked[0]!.gone)
    }
    const giveUp = new AbortController()
    const { wire, kept, stream } = await connect('/messages')
    await wire.start(giveUp.signal)
    giveUp.abort()
    stream().event(answer('a'))
    await until('it goes on', () => kept.messages.length)
  })
})

describe('the stream', () => {
  test('is read however its bytes are cut; other events and what is no message are passed over', async () => {
    const { wire, kept, stream } = await connect('/messages')
    await wire.start()
    stream().event('x', { name: 'ping' }).event('junk')
    await stream().drip(`: hello\r\n\r\nevent: message\r\ndata: ${JSON.stringify(answer('a', { text: '車🚃' }))}\r\n\r\n`)
    await until('the message is there', () => kept.messages.length)
    expect(kept.messages).toEqual([{ message: answer('a', { text: '車🚃' }), from: undefined }])
    expect(kept.errors.map(({ message }) => message)).toEqual(['the server sent what is no message: junk'])
  })

  test.each(['end', 'cut'] as const)('is not opened again after its %s: that is the end of the wire, told once', async (how) => {
    const { wire, kept, stream, server } = await connect('/messages')
    await wire.start()
    stream().event(answer('a'), { id: '1', retry: 1 })
    await until('the message is there', () => kept.messages.length)
    stream()[how]()
    await until('the end is known', () => kept.ends.length)
    await expect(wire.send(ask('b'))).rejects.toThrow('the connection is closed')
    await wire.close()
    expect(kept.ends).toHaveLength(1)
    expect(server.of('GET')).toHaveLength(1)
  })

  test('with an event that is too large is ended', async () => {
    const { wire, kept, stream } = await connect('/messages', { max: 1_000 })
    await wire.start()
    stream().event('x'.repeat(2_000))
    await until('the end is known', () => kept.ends.length)
    expect(kept.ends[0]).toContain('larger than 1000 bytes')
  })

  test('is let go of at a close, from inside a message too, and nothing is heard afterwards', async () => {
    const { wire, kept, stream, server } = await connect('/messages')
    kept.whenMessage = () => void wire.close()
    await wire.start()
    stream().raw.write(`data: ${JSON.stringify(answer('a'))}\n\ndata: ${JSON.stringify(answer('b'))}\n\n`)
    await until('the server sees the end', () => server.asked[0]!.gone)
    await wire.close()
    expect(kept.messages).toHaveLength(1)
    expect(kept.ends).toEqual(['closed'])
  })
})

describe('a message', () => {
  test('before the start is refused', async () => {
    const { wire } = await connect('/messages')
    await expect(wire.send(ask('a'))).rejects.toThrow('has not said yet where messages go')
  })

  test('that is refused is not delivered, and 404 says that the session is lost', async () => {
    let status = 500
    const server = await serve((asked, reply) => {
      if (asked.method === 'POST') reply.json({ error: { code: -32000, message: 'not today' } }, status)
      else reply.stream().event('/messages', { name: 'endpoint' })
    })
    const { wire } = open(server.url)
    await wire.start()
    const refused = () => wire.send(ask('a')).catch((error: unknown) => error as Error)
    expect(await refused()).toMatchObject({ status: 500, message: 'HTTP 500: not today' })
    expect(isLostSession(await refused())).toBe(false)
    status = 404
    expect(isLostSession(await refused())).toBe(true)
  })

  test('whose signal aborts before it is taken is given up', async () => {
    const server = await serve((asked, reply) => {
      if (asked.method === 'GET') reply.stream().event('/messages', { name: 'endpoint' })
    })
    const { wire, kept } = open(server.url)
    await wire.start()
    const giveUp = new AbortController()
    const sent = wire.send(ask('a'), { signal: giveUp.signal })
    await until('the server has it', () => server.of('POST').length)
    giveUp.abort(new Error('nobody waits'))
    await expect(sent).rejects.toThrow('nobody waits')
    expect(kept.ends).toEqual([])
  })
})
