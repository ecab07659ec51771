/** What is promised about our end of Streamable HTTP, against servers that behave well, badly, and not at all. */
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { isLostSession, isUnreachable } from '../app/upstreams/http/errors.ts'
import { openHttpWire } from '../app/upstreams/mcp/http-wire.ts'
import type { Wire } from '../app/upstreams/mcp/wire.ts'
import { type RawHttp, type Script, startRawHttp } from './fakes/raw-http.ts'
import { heard } from './fakes/wire-events.ts'
import { until } from './until.ts'

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

async function serve(script: Script): Promise<RawHttp> {
  const server = await startRawHttp(script)
  undo.push(() => server.stop())
  return server
}

type Options = Partial<Parameters<typeof openHttpWire>[0]>

function open(url: string, options: Options = {}) {
  const kept = heard()
  const wire = openHttpWire({ url, headers: {}, events: kept, waits: { min: 1, max: 20 }, ...options })
  undo.push(() => wire.close())
  return { ...kept, kept, wire }
}

/** A server that speaks as the script says, and a wire to it. */
async function connect(script: Script, options?: Options) {
  const server = await serve(script)
  return { server, ...open(`${server.url}/mcp`, options) }
}

const ask = (id: string | number, method = 'tools/call'): Json => ({ jsonrpc: '2.0', id, method, params: {} })
const note = (method: string): Json => ({ jsonrpc: '2.0', method })
const answer = (id: unknown, result: Json = { content: [] }): Json => ({ jsonrpc: '2.0', id, result })
const progress = (step: number): Json => ({ jsonrpc: '2.0', method: 'notifications/progress', params: { progress: step } })
const refusal = (id: unknown, code: number, message: string): Json => ({ jsonrpc: '2.0', id, error: { code, message } })

async function shakeHands(wire: Wire): Promise<void> {
  await wire.send(ask('i', 'initialize'))
  wire.version('2025-11-25')
  await wire.send(note('notifications/initialized'))
}

/** Plays the handshake of a session and gives the rest to the script. */
const inSession =
  (script: Script, id = 'session-1'): Script =>
  (asked, reply) => {
    if (asked.message.method === 'initialize') return reply.json(answer('i'), 200, { 'mcp-session-id': id })
    if (asked.message.method === 'notifications/initialized') return reply.empty(202)
    if (asked.method === 'DELETE') return reply.empty(200)
    return script(asked, reply)
  }

const onlyPosts: Script = (asked, reply) => (asked.method === 'GET' ? reply.empty(405) : reply.json(answer(asked.message.id)))

describe('a request', () => {
  test('goes out as it is, with what is configured and what only this one carries', async () => {
    const message = { ...ask('a'), 'x-unknown': { deep: [1, null, 'ü'] } }
    const { server, wire } = await connect(onlyPosts, { headers: { Authorization: 'Bearer secret', 'X-Team': 'blue' } })
    await wire.send(message, { headers: { 'Mcp-Method': 'tools/call', 'Mcp-Param-Region': 'eu' } })
    const [asked] = server.asked
    expect(asked!.message).toEqual(message)
    expect(asked!.headers).toMatchObject({
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'user-agent': 'switchyard',
      authorization: 'Bearer secret',
      'x-team': 'blue',
      'mcp-method': 'tools/call',
      'mcp-param-region': 'eu',
    })
    expect(asked!.headers).not.toHaveProperty('mcp-session-id')
    expect(asked!.headers).not.toHaveProperty('mcp-protocol-version')
  })

  test('answered with JSON is handed over as the server wrote it, with whose it is', async () => {
    const response = { ...answer('a', { 'x-kept': [1, { b: null }] }), 'x-more': true }
    const { wire, messages } = await connect((_, reply) => reply.json(response))
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length)
    expect(messages).toEqual([{ message: response, from: 'a' }])
  })

  test('with a number as its id has that number as text for its answers', async () => {
    const { wire, messages } = await connect((_, reply) => reply.json(answer(7)))
    await wire.send(ask(7))
    await until('the answer is there', () => messages.length)
    expect(messages).toEqual([{ message: answer(7), from: '7' }])
  })

  test('answered with a batch has its messages one by one', async () => {
    const { wire, messages } = await connect((_, reply) => reply.json([progress(1), answer('a')]))
    await wire.send(ask('a'))
    await until('both are there', () => messages.length === 2)
    expect(messages.map(({ message }) => message)).toEqual([progress(1), answer('a')])
  })

  test('answered with a stream has all of it, however the bytes are cut', async () => {
    const said = answer('a', { text: 'жёлтый 車 🚃' })
    const { wire, messages } = await connect(async (_, reply) => {
      reply.stream()
      await reply.drip(`: hello\r\n\r\ndata: ${JSON.stringify(progress(1))}\r\n\r\n`)
      reply.event('ignored', { name: 'ping' })
      await reply.drip(`data: [${JSON.stringify(progress(2))}]\n\ndata: ${JSON.stringify(said).replace(',', ',\ndata: ')}\n\n`)
      reply.end()
    })
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length === 3)
    expect(messages).toEqual([progress(1), progress(2), said].map((message) => ({ message, from: 'a' })))
  })

  test('has its own stream: messages say on which they came', async () => {
    const { wire, messages } = await connect((asked, reply) => {
      const { id } = asked.message
      reply
        .stream()
        .event(ask(`of-${id}`, 'elicitation/create'))
        .event(answer(id))
        .end()
    })
    await Promise.all(['a', 'b', 'c'].map((id) => wire.send(ask(id))))
    await until('all are answered', () => messages.length === 6)
    for (const id of ['a', 'b', 'c']) {
      const own = messages.filter(({ from }) => from === id).map(({ message }) => message)
      expect(own).toEqual([ask(`of-${id}`, 'elicitation/create'), answer(id)])
    }
  })

  test('whose stream stays open after the answer does not hold the connection', async () => {
    const { wire, messages, failures, server } = await connect((_, reply) => void reply.stream().event(answer('a')))
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length)
    await until('the connection was let go', () => server.asked[0]!.gone)
    expect(failures).toEqual([])
  })

  test('leaves its connection to the next one when its stream has ended', async () => {
    const ports: (number | undefined)[] = []
    const { wire, messages } = await connect(({ message }, reply) => {
      ports.push(reply.raw.socket?.remotePort)
      reply.stream().event(answer(message.id)).end()
    })
    // The answer may be heard a moment before the end of its stream.
    await until('a connection is used again', async () => {
      const before = messages.length
      await wire.send(ask(`a${before}`))
      await until('it is answered', () => messages.length > before)
      return new Set(ports).size < ports.length
    })
  })
})

describe('a notification or a response of ours', () => {
  test('is taken with 202, or whatever else is no refusal', async () => {
    const { wire, server, messages, errors } = await connect(({ message }, reply) =>
      message.method === 'one' ? reply.empty(202) : reply.json({ ok: true }),
    )
    await wire.send(note('one'))
    await wire.send(note('two'))
    await wire.send(answer('theirs'))
    expect(server.asked.map(({ message }) => message)).toEqual([note('one'), note('two'), answer('theirs')])
    expect([messages, errors]).toEqual([[], []])
  })

  test('leaves its connection to the next one', async () => {
    const ports: (number | undefined)[] = []
    const { wire } = await connect((_, reply) => {
      ports.push(reply.raw.socket?.remotePort)
      reply.text('accepted', 202)
    })
    // The first may still be on its way to its end when the second is sent; sooner or later one comes over a connection that is known.
    await until('a connection is used again', async () => {
      await wire.send(note('one'))
      return new Set(ports).size < ports.length
    })
  })

  test('is not held up by a server that answers it with more than anybody wants', async () => {
    const { wire, server } = await connect((_, reply) => void reply.raw.writeHead(200).write('x'.repeat(1_000_000)))
    await wire.send(note('one'))
    await until('the connection was let go', () => server.asked[0]!.gone)
  })

  test('that is refused is not delivered', async () => {
    const { wire } = await connect((_, reply) => reply.empty(400))
    await expect(wire.send(note('one'))).rejects.toThrow('HTTP 400: Bad Request')
  })
})

describe('a session', () => {
  test('is repeated on every later request, with the version that was settled, and ended with DELETE', async () => {
    const { wire, server } = await connect(inSession(onlyPosts, 'visible~ASCII!'))
    await shakeHands(wire)
    await wire.send(ask('a'))
    await until('the stream was asked for', () => server.of('GET').length)
    await wire.close()
    expect(server.asked[0]!.headers).not.toHaveProperty('mcp-session-id')
    expect(server.of('DELETE')).toHaveLength(1)
    for (const { headers } of server.asked.slice(1)) {
      expect(headers).toMatchObject({ 'mcp-session-id': 'visible~ASCII!', 'mcp-protocol-version': '2025-11-25' })
    }
  })

  test.each(['with space', 'ünicode'])('with the id "%s" is not begun', async (id) => {
    const { wire } = await connect(inSession(onlyPosts, id))
    await expect(wire.send(ask('i', 'initialize'))).rejects.toThrow('visible ASCII')
  })

  test('is only what the answer to initialize gives', async () => {
    const { wire, server } = await connect(({ message }, reply) =>
      reply.json(answer(message.id), 200, message.method === 'initialize' ? {} : { 'mcp-session-id': 'late' }),
    )
    for (const message of [ask('i', 'initialize'), ask('a'), ask('b')]) await wire.send(message)
    for (const { headers } of server.asked) expect(headers).not.toHaveProperty('mcp-session-id')
    await wire.close()
    expect(server.of('DELETE')).toEqual([])
  })

  test('that the server does not let us end, or does not answer for, is closed all the same', async () => {
    for (const end of [(status: number) => status, () => undefined]) {
      const { wire, ends, server } = await connect((asked, reply) => {
        const status = end(405)
        if (asked.method !== 'DELETE') return inSession(onlyPosts)(asked, reply)
        if (status) reply.empty(status)
      })
      await shakeHands(wire)
      await wire.close()
      expect(server.of('DELETE')).toHaveLength(1)
      expect(ends).toEqual(['closed'])
    }
  })

  test.each([
    ['404', 404, undefined],
    ['404 with an error', 404, refusal(null, -32001, 'Session not found')],
    ['404 with an error under our id', 404, refusal('a', -32001, 'Session not found')],
    ['400 and an error about it', 400, refusal(null, -32000, 'Bad Request: No valid session ID provided')],
  ])('that was forgotten is told apart: %s', async (_, status, body) => {
    const { wire } = await connect(inSession((_asked, reply) => (body ? reply.json(body, status) : reply.empty(status))))
    await shakeHands(wire)
    const error = await wire.send(ask('a')).catch((problem: unknown) => problem)
    expect(isLostSession(error)).toBe(true)
    expect(error).toMatchObject({ status })
  })

  test('is not lost by other refusals, nor where there was none', async () => {
    const refused = async (wire: Wire) => wire.send(ask('a')).catch((problem: unknown) => problem)
    const without = await connect((_, reply) => reply.empty(404))
    expect(isLostSession(await refused(without.wire))).toBe(false)
    const bodies = [refusal(null, -32000, 'Bad arguments'), refusal('x', -32000, 'no session here'), { error: 'session' }]
    for (const body of bodies) {
      const { wire } = await connect(inSession((_, reply) => reply.json(body, 400)))
      await shakeHands(wire)
      expect(isLostSession(await refused(wire))).toBe(false)
    }
  })
})

describe('the stream for what belongs to no request', () => {
  test('is opened after the handshake and not before, and hands over messages of nobody', async () => {
    const { wire, messages, server } = await connect(
      inSession((_, reply) => void reply.stream().event(note('notifications/tools/list_changed'))),
    )
    await wire.send(ask('i', 'initialize'))
    wire.version('2025-11-25')
    expect(server.of('GET')).toEqual([])
    await wire.send(note('notifications/initialized'))
    await until('it has spoken', () => messages.length === 2)
    expect(messages[1]).toEqual({ message: note('notifications/tools/list_changed'), from: undefined })
    expect(server.of('GET')[0]!.headers.accept).toBe('text/event-stream')
  })

  test.each([405, 404])('that the server answers with %i does not exist, and is not asked for again', async (status) => {
    const { wire, server, errors, messages, ends } = await connect(
      inSession((asked, reply) => (asked.method === 'GET' ? reply.empty(status) : onlyPosts(asked, reply))),
    )
    await shakeHands(wire)
    await until('it was asked for', () => server.of('GET').length)
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length === 2)
    await wire.close()
    expect(server.of('GET')).toHaveLength(1)
    expect(errors).toEqual([])
    expect(ends).toEqual(['closed'])
  })

  test('is opened again from where it broke off', async () => {
    const { wire, server, messages } = await connect(
      inSession((_, reply) => {
        const times = server.of('GET').length
        reply.stream().event(note(`n${times}`), { id: `é${times}`, retry: 100 })
        if (times === 1) reply.end()
        if (times === 2) setImmediate(() => reply.cut())
      }),
    )
    await shakeHands(wire)
    await until('it was opened three times', () => messages.length === 4)
    expect(messages.slice(1).map(({ message }) => message)).toEqual([note('n1'), note('n2'), note('n3')])
    const places = server.of('GET').map(({ headers }) => headers['last-event-id'])
    expect(places.map((place) => place && Buffer.from(String(place), 'latin1').toString())).toEqual([undefined, 'é1', 'é2'])
  })

  test('is tried again while the server is busy, also at first', async () => {
    const statuses = [503, 409, 429]
    const { wire, messages, errors } = await connect(
      inSession((_, reply) => {
        const status = statuses.shift()
        if (status) reply.empty(status)
        else reply.stream().event(note('n'))
      }),
    )
    await shakeHands(wire)
    await until('it is open', () => messages.length === 2)
    expect(errors.map(({ message }) => message.slice(0, 8))).toEqual(['HTTP 503', 'HTTP 409', 'HTTP 429'])
  })

  test('is there once, however often the handshake is said to be over', async () => {
    const { wire, server, messages } = await connect(
      inSession((asked, reply) => (asked.method === 'GET' ? void reply.stream().event(note('n')) : onlyPosts(asked, reply))),
    )
    await shakeHands(wire)
    await wire.send(note('notifications/initialized'))
    await wire.send(ask('a'))
    await until('all has come', () => messages.length === 3)
    expect(server.of('GET')).toHaveLength(1)
  })

  test('that is refused otherwise is given up and said', async () => {
    const { wire, server, errors } = await connect(inSession((_, reply) => reply.empty(401)))
    await shakeHands(wire)
    await until('it is said', () => errors.length)
    expect(errors[0]!.message).toContain('HTTP 401')
    expect(server.of('GET')).toHaveLength(1)
  })

  test('that comes back with 404 says that the session is forgotten: the wire is over', async () => {
    const { wire, server, ends } = await connect(
      inSession((_, reply) => {
        if (server.of('GET').length === 1) reply.stream().event(note('n')).end()
        else reply.empty(404)
      }),
    )
    await shakeHands(wire)
    await until('the wire is over', () => ends.length)
    expect(ends).toEqual(['the server has forgotten the session'])
    await expect(wire.send(ask('a'))).rejects.toThrow('the connection is closed')
    await wire.close()
    expect(ends).toHaveLength(1)
    expect(server.of('DELETE')).toEqual([])
  })

  test('goes on behind an event that is too large, which is not asked for again', async () => {
    const { wire, server, messages, errors } = await connect(
      inSession((_, reply) => {
        reply.stream()
        if (server.of('GET').length > 1) reply.event(note('small'))
        else reply.event(note('n'), { id: '1' }).event('x'.repeat(2_000), { id: '2' })
      }),
      { max: 1_000 },
    )
    await shakeHands(wire)
    await until('it goes on', () => messages.length === 3)
    expect(errors[0]!.message).toContain('larger than 1000 bytes')
    expect(server.of('GET')[1]!.headers).not.toHaveProperty('last-event-id')
  })
})

describe('a stream that ends before the answer', () => {
  test('is taken up by GET where it broke off, after the time that the server wants', async () => {
    const { wire, server, messages } = await connect(
      inSession((asked, reply) => {
        if (asked.method === 'POST') return reply.stream().event('', { id: 'e1', retry: 120 }).end()
        if (asked.headers['last-event-id'] === 'e1') return reply.stream().event(progress(1), { id: 'e2' }).end()
        if (asked.headers['last-event-id'] === 'e2') return reply.stream().event(answer('a'), { id: 'e3' }).end()
        return reply.empty(405)
      }),
    )
    await shakeHands(wire)
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length === 3)
    expect(messages.slice(1)).toEqual([
      { message: progress(1), from: 'a' },
      { message: answer('a'), from: 'a' },
    ])
    const resumed = server.of('GET').filter(({ headers }) => headers['last-event-id'])
    for (const { headers } of resumed) expect(headers).toMatchObject({ 'mcp-session-id': 'session-1' })
  })

  test('is taken up also after a broken connection, and while the server is away for a moment', async () => {
    const troubles = [503, 'cut', 409] as const
    let tried = 0
    const { wire, messages } = await connect(
      inSession((asked, reply) => {
        if (asked.method === 'POST')
          return void reply
            .stream()
            .event(progress(1), { id: 'e1' })
            .raw.write('data: {"ha', () => reply.cut())
        if (!asked.headers['last-event-id']) return reply.empty(405)
        const trouble = troubles[tried++]
        if (trouble === 'cut') reply.cut()
        else if (trouble) reply.empty(trouble)
        else reply.stream().event(answer('a')).end()
      }),
    )
    await shakeHands(wire)
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length === 3)
    expect(messages.map(({ message }) => message)).toEqual([answer('i'), progress(1), answer('a')])
  })

  test('without ids fails the request, and says why', async () => {
    const { wire, failures, ends } = await connect(
      inSession((asked, reply) => (asked.method === 'POST' ? reply.stream().event(progress(1)).end() : reply.empty(405))),
    )
    await shakeHands(wire)
    await wire.send(ask('a'))
    await until('it has failed', () => failures.length)
    expect(failures[0]!.from).toBe('a')
    expect(failures[0]!.error.message).toBe(
      'the event stream ended before the response came, and the server cannot take it up again',
    )
    expect(ends).toEqual([])
  })

  test.each([
    [400, 1],
    [404, 1],
    [503, 8],
  ])('fails the request when taking it up is answered with %i, after %i tries', async (status, tries) => {
    const { wire, server, failures } = await connect(
      inSession((asked, reply) => {
        if (asked.method === 'POST') return reply.stream().event('', { id: 'e1' }).end()
        return reply.empty(asked.headers['last-event-id'] ? status : 405)
      }),
    )
    await shakeHands(wire)
    await wire.send(ask('a'))
    await until('it has failed', () => failures.length)
    expect(server.of('GET').filter(({ headers }) => headers['last-event-id'])).toHaveLength(tries)
    expect(failures[0]!.error).toMatchObject({ status, message: expect.stringContaining(`HTTP ${status}`) })
    expect(isLostSession(failures[0]!.error)).toBe(status === 404)
  })

  test('is not taken up in the era without sessions', async () => {
    const { wire, server, failures } = await connect((_, reply) => reply.stream().event('', { id: 'e1' }).end())
    await wire.send(ask('a'), { headers: { 'MCP-Protocol-Version': '2026-07-28' } })
    await until('it has failed', () => failures.length)
    expect(server.of('GET')).toEqual([])
  })
})

describe('a refusal', () => {
  const refusedWith = async (script: Script, options?: Options) => {
    const { wire, ...rest } = await connect(script, options)
    const thrown = await wire.send(ask('a')).then(
      () => undefined,
      (problem: unknown) => problem as Error & { status: number; body?: Json },
    )
    return { ...rest, thrown }
  }

  test.each([
    [400, -32020],
    [400, -32021],
    [404, -32601],
    [500, -32603],
  ])('with status %i and a response under our id (%i) is that response', async (status, code) => {
    const response = refusal('a', code, 'no')
    const { thrown, messages } = await refusedWith((_, reply) => reply.json(response, status))
    expect(thrown).toBeUndefined()
    expect(messages).toEqual([{ message: response, from: 'a' }])
  })

  test('in a session with 404 is that response where it says that the method is unknown', async () => {
    const { wire, messages } = await connect(
      inSession((asked, reply) =>
        asked.method === 'GET' ? reply.empty(405) : reply.json(refusal(asked.message.id, -32601, 'unknown'), 404),
      ),
    )
    await shakeHands(wire)
    await wire.send(ask('a'))
    expect(messages.at(-1)).toEqual({ message: refusal('a', -32601, 'unknown'), from: 'a' })
  })

  test('with an error for nobody in particular is thrown, with the error in it', async () => {
    const body = refusal(null, -32000, 'Unsupported protocol version')
    const { thrown, messages } = await refusedWith((_, reply) => reply.json(body, 400))
    expect(thrown).toMatchObject({ status: 400, body, message: 'HTTP 400: Unsupported protocol version' })
    expect(messages).toEqual([])
  })

  test.each([401, 403])('with %i says what to configure', async (status) => {
    const { thrown } = await refusedWith((_, reply) => reply.json(refusal('a', -32000, 'who are you?'), status))
    expect(thrown!.message).toBe(
      `HTTP ${status}: who are you?; ${status === 401 ? 'the server wants' : 'it may want'} a credential: configure it in its headers, for example Authorization: Bearer ...`,
    )
  })

  test.each([401, 403])('with %i names what is configured already, and never shows it', async (status) => {
    const script: Script = ({ headers }, reply) =>
      reply.json(refusal('a', -32000, `bad ${headers.authorization} and ${headers['x-api-key']} and token-in-url`), status)
    const server = await serve(script)
    const { wire } = open(`${server.url}/mcp?key=token-in-url`, {
      headers: { Authorization: 'Bearer sesame-open', 'X-API-Key': 'k-123456789' },
    })
    const error = (await wire.send(ask('a')).catch((problem: unknown) => problem)) as Error
    expect(error.message).toContain('authorization, x-api-key')
    for (const secret of ['sesame', 'k-123456789', 'token-in-url']) expect(error.message).not.toContain(secret)
    expect(server.asked[0]!.path).toBe('/mcp?key=token-in-url')
  })

  test('does not repeat pages of HTML', async () => {
    const { thrown } = await refusedWith((_, reply) => reply.text('<html>nothing here</html>', 404, 'text/html'))
    expect(thrown!.message).toBe('HTTP 404: Not Found; look at the path of its url')
  })

  test.each([
    ['HTML', (_, reply) => reply.text('<html>', 200, 'text/html'), 'the answer is text/html, which is not MCP'],
    ['nothing', (_, reply) => reply.empty(200), 'the answer is of no type'],
    ['202', (_, reply) => reply.empty(202), 'took the request for a notification'],
  ] as [string, Script, string][])('is what a request answered with %s is, too', async (_, script, text) => {
    expect((await refusedWith(script)).thrown!.message).toContain(text)
  })

  test('by nobody at all is told apart', async () => {
    const server = await startRawHttp(onlyPosts)
    await server.stop()
    const error = await open(server.url)
      .wire.send(ask('a'))
      .catch((problem: unknown) => problem)
    expect(isUnreachable(error)).toBe(true)
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    const cut = await refusedWith((_, reply) => reply.cut())
    expect(cut.thrown).toBeInstanceOf(Error)
    expect(isUnreachable(cut.thrown)).toBe(false)
  })
})

describe('a credential', () => {
  test('in the URL is sent as what it means', async () => {
    const server = await serve(onlyPosts)
    const { wire } = open(`${server.url.replace('//', '//robot:p%40ss@')}/mcp`)
    await wire.send(ask('a'))
    expect(server.asked[0]!.headers.authorization).toBe(`Basic ${Buffer.from('robot:p@ss').toString('base64')}`)
    expect(server.asked[0]!.path).toBe('/mcp')
  })

  test('that no header can carry is refused before anything is sent, without showing it', () => {
    expect(() => open('http://127.0.0.1:1/mcp', { headers: { Authorization: 'Bearer a\nb' } })).toThrow(/authorization/i)
    expect(() => open('http://127.0.0.1:1/mcp', { headers: { Authorization: 'Bearer a\nb' } })).not.toThrow(/Bearer/)
    expect(() => open('http://127.0.0.1:1/mcp', { headers: { 'no header': 'x' } })).toThrow('no header')
  })
})

describe('a redirect', () => {
  test.each([301, 302, 307, 308])('with %i within the server is followed with everything', async (status) => {
    const { wire, server, messages } = await connect(
      (asked, reply) =>
        asked.path === '/mcp' ? reply.empty(status, { location: '/mcp/' }) : reply.json(answer(asked.message.id)),
      { headers: { Authorization: 'Bearer secret' } },
    )
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length)
    expect(server.asked.map(({ method, path, headers, message }) => [method, path, headers.authorization, message])).toEqual([
      ['POST', '/mcp', 'Bearer secret', ask('a')],
      ['POST', '/mcp/', 'Bearer secret', ask('a')],
    ])
  })

  test('to another server is not followed: it gets neither the message nor the credentials', async () => {
    const other = await serve(onlyPosts)
    const { wire } = await connect((_, reply) => reply.empty(307, { location: `${other.url}/mcp` }))
    await expect(wire.send(ask('a'))).rejects.toThrow(`redirects to ${other.url}, where it is not followed`)
    expect(other.asked).toEqual([])
  })

  test('in a circle, to nowhere, or to something else than a POST ends', async () => {
    const circle = await connect((_, reply) => reply.empty(307, { location: '/mcp' }))
    await expect(circle.wire.send(ask('a'))).rejects.toThrow('redirects more than 3 times')
    expect(circle.server.asked).toHaveLength(4)
    const nowhere = await connect((_, reply) => reply.empty(307))
    await expect(nowhere.wire.send(ask('a'))).rejects.toThrow('without saying where to')
    const other = await connect((_, reply) => reply.empty(303, { location: '/mcp/' }))
    await expect(other.wire.send(ask('a'))).rejects.toThrow('HTTP 303')
  })
})

describe('what is too much', () => {
  const max = 10_000
  const failed = async (script: Script) => {
    const { wire, failures, server } = await connect(script, { max })
    await wire.send(ask('a'))
    await until('it has failed', () => failures.length)
    await until('the connection was let go', () => server.asked[0]!.gone || server.asked.length > 1)
    return failures[0]!.error.message
  }
  const large = 'x'.repeat(max)

  test('of JSON is not read to its end', async () => {
    const endless: Script = (_, reply) => {
      reply.raw.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (!reply.raw.destroyed && reply.raw.write(large));
      }
      reply.raw.on('drain', more)
      more()
    }
    expect(await failed(endless)).toBe('the answer is larger than 10000 bytes, more is not taken')
  })

  test('of JSON that says so before is not read at all', async () => {
    const declared: Script = (_, reply) => {
      reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': max + 1 }).write('{')
    }
    expect(await failed(declared)).toContain('larger than 10000 bytes')
  })

  test('of one event, or of one line, ends the stream', async () => {
    expect(await failed((_, reply) => void reply.stream().event(large))).toContain('larger than 10000 bytes')
    expect(await failed((_, reply) => void reply.stream().raw.write(`: ${large}`))).toContain('larger than 10000 bytes')
  })

  test('or packed, although plain text was asked for, is not unpacked', async () => {
    const packed: Script = ({ headers }, reply) => {
      expect(headers['accept-encoding']).toBe('identity')
      reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).write('...')
    }
    expect(await failed(packed)).toContain('gzip')
  })

  test('just within the bound arrives', async () => {
    const fits = answer('a', { text: 'x'.repeat(max - 100) })
    const { wire, messages } = await connect(
      ({ message }, reply) => (message.method === 'json' ? reply.json({ ...fits, id: 'b' }) : reply.stream().event(fits).end()),
      { max },
    )
    await wire.send(ask('a'))
    await wire.send(ask('b', 'json'))
    await until('both are there', () => messages.length === 2)
  })
})

describe('what is no message', () => {
  test('is told and passed over', async () => {
    const { wire, messages, errors } = await connect((_, reply) => {
      reply.stream()
      for (const junk of ['not json', '42', 'null', '[1]', '"text"']) reply.event(junk)
      reply.event(answer('a')).end()
    })
    await wire.send(ask('a'))
    await until('the answer is there', () => messages.length)
    expect(messages).toEqual([{ message: answer('a'), from: 'a' }])
    expect(errors).toHaveLength(5)
    expect(errors[0]!.message).toBe('the server sent what is no message: not json')
  })

  test('in the place of an answer fails the request', async () => {
    const { wire, failures } = await connect((_, reply) => reply.json(answer('another')))
    await wire.send(ask('a'))
    await until('it has failed', () => failures.length)
    expect(failures[0]!.error.message).toBe('the server answered with JSON that has no response to this request')
  })

  test.each(['JSON', 'a stream'])('but an error without an id, in %s, fails the request with its words', async (kind) => {
    const body = refusal(null, -32700, 'I could not read that')
    const { wire, failures } = await connect((_, reply) =>
      kind === 'JSON' ? reply.json(body) : reply.stream().event(body).end(),
    )
    await wire.send(ask('a'))
    await until('it has failed', () => failures.length)
    expect(failures[0]!.error.message).toBe('I could not read that')
  })
})

describe('whoever hears a message', () => {
  test('may throw: the next ones come all the same', async () => {
    const { wire, kept } = await connect((_, reply) => reply.stream().event(progress(1)).event(answer('a')).end())
    kept.whenMessage = (message) => {
      if (message.method) throw new Error('handler')
    }
    await wire.send(ask('a'))
    await until('the answer is there', () => kept.messages.length === 2)
    expect(kept.errors.map(({ message }) => message)).toEqual(['handler'])
    expect(kept.failures).toEqual([])
  })

  test('may give up the request: nothing more of it comes, not even what was read already', async () => {
    const { wire, kept, server } = await connect((_, reply) => {
      reply.stream().raw.write([progress(1), progress(2), answer('a')].map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''))
    })
    const giveUp = new AbortController()
    kept.whenMessage = () => giveUp.abort()
    await wire.send(ask('a'), { signal: giveUp.signal })
    await until('the server sees the end', () => server.asked[0]!.gone)
    expect(kept.messages).toEqual([{ message: progress(1), from: 'a' }])
    expect([kept.failures, kept.errors, kept.ends]).toEqual([[], [], []])
  })

  test('may close the wire, and hears nothing after its end', async () => {
    const { wire, kept } = await connect((_, reply) => {
      reply.stream().raw.write([progress(1), answer('a')].map((one) => `data: ${JSON.stringify(one)}\n\n`).join(''))
    })
    kept.whenMessage = () => void wire.close()
    await wire.send(ask('a'))
    await until('it is closed', () => kept.ends.length)
    await wire.close()
    expect(kept.messages).toHaveLength(1)
    expect(kept.ends).toEqual(['closed'])
  })
})

describe('a signal', () => {
  test('that aborts before the answer begins ends the exchange', async () => {
    const { wire, server, kept } = await connect(() => {})
    const giveUp = new AbortController()
    const sent = wire.send(ask('a'), { signal: giveUp.signal })
    await until('the server has it', () => server.asked.length)
    giveUp.abort(new Error('nobody waits'))
    await expect(sent).rejects.toThrow('nobody waits')
    await until('the server sees the end', () => server.asked[0]!.gone)
    expect([kept.messages, kept.failures, kept.errors, kept.ends]).toEqual([[], [], [], []])
  })

  test('that has aborted sends nothing', async () => {
    const { wire, server } = await connect(onlyPosts)
    await expect(wire.send(ask('a'), { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late')
    expect(server.asked).toEqual([])
  })

  test('that aborts while there is no connection yet is heard at once', async () => {
    const sockets: Socket[] = []
    // It takes connections, and never answers the TLS handshake.
    const mute = createServer((socket) => void sockets.push(socket.resume().on('error', () => {})))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    undo.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => mute.close(resolve))
    })
    const { wire } = open(`https://127.0.0.1:${(mute.address() as { port: number }).port}/mcp`)
    const giveUp = new AbortController()
    const sent = wire.send(ask('a'), { signal: giveUp.signal })
    await until('the connection is begun', () => sockets.length)
    giveUp.abort(new Error('nobody waits'))
    await expect(sent).rejects.toThrow('nobody waits')
    await expect(wire.send(ask('a'), { signal: giveUp.signal })).rejects.toThrow('nobody waits')
    const other = wire.send(ask('b'))
    await wire.close()
    await expect(other).rejects.toThrow('closed')
    await until('every connection is given up', () => sockets.every(({ closed }) => closed))
  })

  test('that aborts while a stream is waited for ends that too', async () => {
    const { wire, server, kept } = await connect(
      inSession((asked, reply) => {
        if (asked.method === 'POST') return reply.stream().event('', { id: 'e1', retry: 3_600_000 }).end()
        reply.empty(405)
      }),
    )
    await shakeHands(wire)
    const giveUp = new AbortController()
    await wire.send(ask('a'), { signal: giveUp.signal })
    giveUp.abort()
    await wire.send(note('n'))
    expect(kept.failures).toEqual([])
    expect(server.of('GET').filter(({ headers }) => headers['last-event-id'])).toEqual([])
  })

  test('leaves other requests alone', async () => {
    const { wire, kept, server } = await connect(({ message }, reply) => {
      if (message.id === 'b') setImmediate(() => reply.json(answer('b')))
    })
    const giveUp = new AbortController()
    const sent = wire.send(ask('a'), { signal: giveUp.signal })
    await until('the server has it', () => server.asked.length)
    giveUp.abort()
    await expect(sent).rejects.toThrow()
    await wire.send(ask('b'))
    await until('the other is answered', () => kept.messages.length)
  })
})

test('close ends what is open, on both sides, and says so once', async () => {
  const { wire, server, kept } = await connect(inSession((_, reply) => void reply.stream().event(progress(1))))
  await shakeHands(wire)
  await wire.send(ask('a'))
  await wire.send(ask('b'))
  await until('all streams are open', () => kept.messages.length === 4)
  await Promise.all([wire.close(), wire.close()])
  await until('the server sees the ends', () => server.asked.filter(({ gone }) => gone).length === 3)
  expect(kept.ends).toEqual(['closed'])
  expect(kept.failures).toEqual([])
  await expect(wire.send(ask('c'))).rejects.toThrow('the connection is closed')
})

test('nothing piles up between the server and whoever hears it', async () => {
  const event = `data: ${JSON.stringify(progress(1))}\n\n`
  const piece = event.repeat(1_000)
  const all = 30_000_000
  let written = 0
  let took = 0
  let mostBetween = 0
  const { wire, kept, server } = await connect((_, reply) => {
    reply.stream()
    const more = () => {
      while (written < all && !reply.raw.destroyed) {
        written += piece.length
        if (!reply.raw.write(piece)) return
      }
    }
    reply.raw.on('drain', more)
    more()
  })
  const giveUp = new AbortController()
  kept.whenMessage = () => {
    took += event.length
    mostBetween = Math.max(mostBetween, written - took)
    kept.messages.length = 0
  }
  await wire.send(ask('a'), { signal: giveUp.signal })
  await until('all was heard', () => took >= all)
  giveUp.abort()
  await until('the server sees the end', () => server.asked[0]!.gone)
  // What the sockets of the system hold, on both sides.
  expect(mostBetween).toBeLessThan(all / 3)
})
