/** Our end of Streamable HTTP against the servers of the official SDKs, of both eras. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { declarationsOf, paramHeaders } from '../app/mcp/param-headers.ts'
import { isLostSession } from '../app/upstreams/http/errors.ts'
import { openHttpWire } from '../app/upstreams/mcp/http-wire.ts'
import type { SendOptions, Wire } from '../app/upstreams/mcp/wire.ts'
import { type Running, routedSchema, startSessionServer, startStatelessServer } from './fakes/sdk-http.ts'
import { heard } from './fakes/wire-events.ts'
import { until } from './until.ts'

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

async function serve<T extends Running>(start: () => Promise<T>) {
  const server = await start()
  undo.push(() => server.stop())
  const kept = heard()
  const wire = openHttpWire({ url: `${server.url}/mcp`, headers: {}, events: kept, waits: { min: 1, max: 20 } })
  undo.push(() => wire.close())
  return { server, kept, wire }
}

/** The response to a request, once it is there. */
function responses(kept: ReturnType<typeof heard>) {
  return async (id: string): Promise<Json> => {
    const find = () => kept.messages.find(({ message }) => message.id === id && !('method' in message))?.message
    await until(`${id} is answered`, find)
    return find()!
  }
}

const textOf = (response: Json) => (response.result as { content: { text: string }[] }).content[0]?.text

describe('the server of the era with sessions', () => {
  async function session(options?: { json: boolean }, version = '2025-11-25') {
    const opened = await serve(() => startSessionServer(options))
    const { wire, kept } = opened
    const clientInfo = { name: 'test', version: '1' }
    const params = { protocolVersion: version, capabilities: { elicitation: {} }, clientInfo }
    await wire.send({ jsonrpc: '2.0', id: 'i', method: 'initialize', params })
    const response = responses(kept)
    expect((await response('i')).result).toMatchObject({ protocolVersion: version })
    wire.version(version)
    await wire.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
    return { ...opened, response }
  }

  const call = (id: string, name: string): Json => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name, arguments: {}, _meta: { progressToken: id } },
  })

  test.each(['2025-11-25', '2025-03-26'])('tells and asks on the stream of the call it is about (%s)', async (version) => {
    const { wire, kept, response } = await session(undefined, version)
    kept.whenMessage = ({ method, id }) => {
      if (method === 'elicitation/create')
        void wire.send({ jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'Ada' } } })
    }
    await Promise.all([wire.send(call('a', 'ask')), wire.send(call('b', 'ask'))])
    for (const id of ['a', 'b']) {
      expect(textOf(await response(id))).toBe('{"name":"Ada"}')
      const own = kept.messages.filter(({ from }) => from === id).map(({ message }) => message.method)
      expect(own).toEqual(['notifications/progress', 'elicitation/create', undefined])
    }
    expect([kept.errors, kept.failures]).toEqual([[], []])
  })

  test('lets go of the stream of a call, and gives the answer on another', async () => {
    const { wire, kept, response, server } = await session()
    await wire.send(call('a', 'poll'))
    // While it is waited for, others are answered.
    await wire.send(call('b', 'echo'))
    expect(textOf(await response('b'))).toBe('echo')
    server.release()
    expect(textOf(await response('a'))).toBe('poll')
    expect(kept.messages.find(({ message }) => message.id === 'a')?.from).toBe('a')
    expect([kept.errors, kept.failures]).toEqual([[], []])
  })

  test('tells what belongs to no call, and what it said while the stream was away', async () => {
    const { kept, server } = await session()
    const changes = () =>
      kept.messages.filter(({ from, message }) => from === undefined && message.method === 'notifications/tools/list_changed')
    await until('the stream is open', async () => {
      await server.server.sendToolListChanged()
      return changes().length
    })
    const before = changes().length
    server.transport.closeStandaloneSSEStream()
    await server.server.sendToolListChanged()
    await until('it is told later', () => changes().length > before)
    expect(kept.ends).toEqual([])
  })

  test('answers with JSON where it is made to', async () => {
    const { wire, response } = await session({ json: true })
    await wire.send(call('a', 'echo'))
    expect(textOf(await response('a'))).toBe('echo')
  })

  test('hears that the session is over', async () => {
    const { wire, server, kept } = await session()
    await wire.close()
    expect(server.ended).toEqual(['sdk-session'])
    expect(kept.ends).toEqual(['closed'])
  })

  test('that has closed the session says that it is lost', async () => {
    const { wire, server } = await session()
    await server.server.close()
    expect(isLostSession(await wire.send(call('a', 'echo')).catch((error: unknown) => error))).toBe(true)
  })

  test('refuses a version that it does not know', async () => {
    const { wire } = await session()
    wire.version('1999-01-01')
    await expect(wire.send(call('a', 'echo'))).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('HTTP 400: Bad Request: Unsupported protocol version: 1999-01-01'),
    })
  })
})

describe('the server of 2026-07-28', () => {
  const version = '2026-07-28'
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }

  const ask = (wire: Wire, id: string, method: string, params: Json = {}, { headers, signal }: SendOptions = {}) =>
    wire.send(
      { jsonrpc: '2.0', id, method, params: { ...params, _meta: { ..._meta, progressToken: id } } },
      { headers: { 'MCP-Protocol-Version': version, 'Mcp-Method': method, ...headers }, signal },
    )
  const call = (wire: Wire, id: string, name: string, args: Json = {}, { headers, signal }: SendOptions = {}) =>
    ask(wire, id, 'tools/call', { name, arguments: args }, { headers: { 'Mcp-Name': name, ...headers }, signal })

  async function stateless() {
    const opened = await serve(startStatelessServer)
    return { ...opened, response: responses(opened.kept) }
  }

  test('answers without any handshake, and without a session', async () => {
    const { wire, response } = await stateless()
    await ask(wire, 'a', 'server/discover')
    expect((await response('a')).result).toMatchObject({ supportedVersions: [version] })
  })

  test('tells on the stream of the call', async () => {
    const { wire, response, kept } = await stateless()
    await call(wire, 'a', 'steps')
    expect(textOf(await response('a'))).toBe('done')
    expect(kept.messages.map(({ message, from }) => [message.method, from])).toEqual([
      ['notifications/progress', 'a'],
      [undefined, 'a'],
    ])
  })

  test.each([
    { region: 'eu', options: { size: 3 }, dry: true },
    { region: ' Лондон \n', options: { size: -7 }, dry: false },
    { region: '=?base64?x?=' },
    { region: '', dry: null, options: {} },
  ])('takes the headers that we make of %j', async (args) => {
    const { wire, response } = await stateless()
    const { declarations } = declarationsOf(routedSchema)
    await call(wire, 'a', 'routed', args, { headers: paramHeaders(declarations, args) })
    const said = await response('a')
    // null is no boolean, which the tool says itself: the headers have passed.
    if (args.dry === null) expect(said).toMatchObject({ result: { isError: true } })
    else expect(JSON.parse(textOf(said)!)).toEqual(args)
  })

  test('refuses a call without its headers, and an unknown method, with a response that arrives', async () => {
    const { wire, kept } = await stateless()
    await call(wire, 'a', 'routed', { region: 'eu' })
    await ask(wire, 'b', 'no/such/method')
    expect(kept.messages).toMatchObject([
      { from: 'a', message: { id: 'a', error: { code: -32020 } } },
      { from: 'b', message: { id: 'b', error: { code: -32601 } } },
    ])
  })

  test('is told that a call is cancelled by the end of its connection', async () => {
    const { wire, kept, server } = await stateless()
    const giveUp = new AbortController()
    const sent = call(wire, 'a', 'wait', {}, { signal: giveUp.signal })
    await until('the call has begun', () => server.waits().begun)
    giveUp.abort(new Error('nobody waits'))
    await expect(sent).rejects.toThrow('nobody waits')
    await until('the call was cancelled', () => server.waits().cancelled)
    expect([kept.messages, kept.failures, kept.ends]).toEqual([[], [], []])
  })

  test('tells of changes as long as it is listened to', async () => {
    const { wire, kept, server } = await stateless()
    const enough = new AbortController()
    await ask(wire, 'l', 'subscriptions/listen', { notifications: { toolsListChanged: true } }, { signal: enough.signal })
    await until('it is acknowledged', () => kept.messages.length)
    server.handler.notify.toolsChanged()
    await until('the change is told', () => kept.messages.length === 2)
    expect(kept.messages.map(({ message, from }) => [message.method, from])).toEqual([
      ['notifications/subscriptions/acknowledged', 'l'],
      ['notifications/tools/list_changed', 'l'],
    ])
    enough.abort()
    server.handler.notify.toolsChanged()
    await ask(wire, 'a', 'server/discover')
    await until('the next is answered', () => kept.messages.length === 3)
    expect(kept.failures).toEqual([])
  })

  test('that stops says the end of what was listened to', async () => {
    const { wire, kept, server } = await stateless()
    await ask(wire, 'l', 'subscriptions/listen', { notifications: { toolsListChanged: true } })
    await until('it is acknowledged', () => kept.messages.length)
    await server.handler.close()
    await until('the end is known', () => kept.failures.length || kept.messages.length === 2)
  })
})
