/** What is promised about event streams that break off and go on: `Last-Event-ID` over Streamable HTTP with sessions. */
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Definition } from '../app/commands/command.ts'
import { Exchange } from '../app/mcp/exchange.ts'
import { Streams } from '../app/mcp/streams.ts'
import { Trail } from '../app/mcp/trail.ts'
import { type CommandYard, startCommandYard } from './fakes/command-yard.ts'
import { askable } from './fakes/modern.ts'
import { call, type Event, Events, handshake, type Message, messageOf, notification, openEvents, post } from './fakes/wire.ts'
import { until } from './until.ts'

/** What the runs of `told` are told to say, by the name of the run; `end` ends it. */
const mouths = new Map<string, { say(text: string): void; detach(): void; end(): void }>()
const name = { name: { type: 'string', description: 'Of the run', required: true } } as const

const commands: Definition[] = [
  {
    name: 'told',
    description: 'Says what the test tells it to',
    params: name,
    run: ({ name }, { log, detach }) =>
      new Promise((resolve) => {
        mouths.set(String(name), { say: (text) => log('error', text), detach, end: () => resolve(`end of ${name}`) })
      }),
  },
  {
    name: 'asking',
    description: 'Says something, and asks when the test tells it to',
    params: name,
    run: ({ name }, { log, elicit }) =>
      new Promise((resolve) => {
        const ask = () => resolve(elicit('Who?', { type: 'object', properties: {} }))
        mouths.set(String(name), { say: (text) => log('error', text), detach() {}, end: ask })
      }),
  },
]

let yard: CommandYard
let mcp: string
beforeAll(async () => {
  yard = await startCommandYard(commands, { timeout: 3_600_000 })
  mcp = `${yard.url}/mcp`
})
afterEach(() => {
  mouths.clear()
  for (const session of yard.sessions.list()) session.close('the test is over')
})
afterAll(() => yard.stop())

async function begin(version = '2025-11-25', headers: Record<string, string> = {}) {
  const hello = handshake(version)
  const response = await post(mcp, { ...hello, params: { ...hello.params, capabilities: askable } }, headers)
  const session = { ...headers, 'mcp-session-id': response.headers.get('mcp-session-id')! }
  await post(mcp, notification('notifications/initialized'), session)
  return session
}

type Session = Awaited<ReturnType<typeof begin>>

/** A call of `told` that runs, and its stream. It has said `first` already, because only then is there a stream. */
async function tell(session: Session, run: string, tool = 'told') {
  const leaving = new AbortController()
  const response = post(mcp, call(tool, { name: run }, run), session, leaving.signal)
  await until('it runs', () => mouths.has(run))
  const mouth = mouths.get(run)!
  mouth.say('first')
  const events = new Events(await response)
  return { ...mouth, events, cut: () => leaving.abort() }
}

const resume = (session: Session, id: string) => openEvents(mcp, { ...session, 'last-event-id': id })

/** The next event that is no comment. */
async function nextEvent(events: Events): Promise<Event> {
  for (let event = await events.next(); event; event = await events.next()) if (event.name !== ':') return event
  throw new Error('the stream has ended')
}

/** Events until one says this; what they say and their ids. */
async function eventsUntil(events: Events, last: string): Promise<{ text: string; id: string }[]> {
  const found: { text: string; id: string }[] = []
  while (found.at(-1)?.text !== last) {
    const { data, id = '' } = await nextEvent(events)
    found.push({ id, text: data === '' ? '' : said(JSON.parse(data) as Message) })
  }
  return found
}

const said = ({ method, params, result }: Message): string => String(params?.data ?? result?.content?.[0]?.text ?? method)
const textsOf = async (events: Events) => (await events.all()).map(said)
const streamIn = (id: string) => id.slice(0, id.lastIndexOf('-'))

describe('an event id', () => {
  test('is unique in its session, and names its stream', async () => {
    const session = await begin()
    const own = await openEvents(mcp, session)
    const [a, b] = [await tell(session, 'a'), await tell(session, 'b')]
    for (const text of ['x', 'y']) for (const one of [a, b]) one.say(text)
    for (const one of [a, b]) one.end()
    yard.offer([...commands, { name: 'more', description: 'x', run: () => 'x' }])
    const streams = [
      await eventsUntil(a.events, 'end of a'),
      await eventsUntil(b.events, 'end of b'),
      await eventsUntil(own, 'notifications/tools/list_changed'),
    ]
    yard.offer(commands)
    expect(streams.map((events) => events.map(({ text }) => text))).toEqual([
      ['', 'first', 'x', 'y', 'end of a'],
      ['', 'first', 'x', 'y', 'end of b'],
      ['', 'notifications/tools/list_changed'],
    ])
    const ids = streams.map((events) => events.map(({ id }) => id))
    expect(new Set(ids.flat()).size).toBe(12)
    expect(new Set(ids.flat().map(streamIn)).size).toBe(3)
    for (const own of ids) expect(new Set(own.map(streamIn)).size).toBe(1)
    await own.close()
  })

  test.each([
    ['2025-11-25', true],
    ['2025-06-18', false],
    ['2025-03-26', false],
    ['2024-11-05', false],
  ])('comes in %s before anything is said: %s', async (version, primed) => {
    const session = await begin(version)
    const own = await openEvents(mcp, session)
    const { events, end } = await tell(session, 'a')
    end()
    const first = await nextEvent(events)
    expect(first.data === '').toBe(primed)
    expect(first.id).toMatch(/./)
    const opening = await own.next()
    expect(opening).toEqual(primed ? { name: 'message', data: '', id: expect.any(String) } : { name: ':', data: 'ping' })
    await own.close()
  })
})

describe('the stream of a call that is cut', () => {
  test('goes on where the client comes back: nothing twice, nothing lost, and then the rest as it comes', async () => {
    const session = await begin()
    const { events, say, end, cut } = await tell(session, 'a')
    say('second')
    const had = await eventsUntil(events, 'first')
    cut()
    for (const text of ['third', 'fourth']) say(text)
    const again = await resume(session, had.at(-1)!.id)
    expect(again.response.status).toBe(200)
    expect((await eventsUntil(again, 'fourth')).map(({ text }) => text)).toEqual(['second', 'third', 'fourth'])
    say('fifth')
    end()
    expect(await textsOf(again)).toEqual(['fifth', 'end of a'])
  })

  test('can be cut again and again, with ids that go on', async () => {
    const session = await begin()
    let { events, say, end, cut } = await tell(session, 'a')
    let { id } = (await eventsUntil(events, 'first')).at(-1)!
    const heard: string[] = []
    for (const text of ['1', '2', '3']) {
      cut()
      say(text)
      events = await resume(session, id)
      cut = () => void events.close()
      const found = await eventsUntil(events, text)
      heard.push(...found.map((one) => one.text))
      id = found.at(-1)!.id
    }
    end()
    expect([...heard, ...(await textsOf(events))]).toEqual(['1', '2', '3', 'end of a'])
  })

  test('is whole also after the call has ended, and ends then', async () => {
    const session = await begin()
    const { events, say, end, cut } = await tell(session, 'a')
    const had = await eventsUntil(events, 'first')
    cut()
    say('second')
    end()
    await until('the call has ended', () => yard.sessions.list()[0]?.busy() === false)
    expect(await textsOf(await resume(session, had[0]!.id))).toEqual(['first', 'second', 'end of a'])
    const later = await resume(session, had[1]!.id)
    const rest = await eventsUntil(later, 'end of a')
    expect(rest.map(({ text }) => text)).toEqual(['second', 'end of a'])
    expect(await later.next()).toBeUndefined()
    // Whoever had everything gets nothing, and is told that it is over.
    expect(await textsOf(await resume(session, rest.at(-1)!.id))).toEqual([])
  })

  test('is taken up also before the server has noticed that it was cut: the older connection ends', async () => {
    const session = await begin()
    const { events, say, end } = await tell(session, 'a')
    const had = await eventsUntil(events, 'first')
    const again = await resume(session, had.at(-1)!.id)
    expect(await textsOf(events)).toEqual([])
    say('second')
    end()
    expect(await textsOf(again)).toEqual(['second', 'end of a'])
  })

  test('is alone on the stream that comes back: neither another call nor the session is heard there', async () => {
    const session = await begin()
    const own = await openEvents(mcp, session)
    const [a, b] = [await tell(session, 'a'), await tell(session, 'b')]
    const had = await eventsUntil(a.events, 'first')
    a.cut()
    yard.offer([...commands, { name: 'more', description: 'x', run: () => 'x' }])
    for (const one of [a, b]) one.say('second')
    await eventsUntil(own, 'notifications/tools/list_changed')
    const again = await resume(session, had.at(-1)!.id)
    for (const one of [a, b]) one.end()
    expect(await textsOf(again)).toEqual(['second', 'end of a'])
    expect(await textsOf(b.events)).toEqual(['first', 'second', 'end of b'])
    yard.offer(commands)
    await own.close()
  })

  test('brings a question that was asked meanwhile, and its answer is heard', async () => {
    const session = await begin()
    const { events, end, cut } = await tell(session, 'a', 'asking')
    const had = await eventsUntil(events, 'first')
    cut()
    end()
    const again = await resume(session, had.at(-1)!.id)
    const question = await again.message()
    expect(question?.method).toBe('elicitation/create')
    await post(mcp, { jsonrpc: '2.0', id: question?.id, result: { action: 'decline' } }, session)
    expect(await again.message()).toMatchObject({ id: 'a', result: { structuredContent: { action: 'decline' } } })
  })

  test('ends when the call is taken back, wherever the client is', async () => {
    const session = await begin()
    const { events, cut } = await tell(session, 'a')
    const had = await eventsUntil(events, 'first')
    cut()
    const again = await resume(session, had.at(-1)!.id)
    await post(mcp, notification('notifications/cancelled', { requestId: 'a' }), session)
    expect(await textsOf(again)).toEqual([])
  })

  test('ends with its session, and says why', async () => {
    const session = await begin()
    const { events, cut } = await tell(session, 'a')
    const had = await eventsUntil(events, 'first')
    cut()
    const again = await resume(session, had.at(-1)!.id)
    await fetch(mcp, { method: 'DELETE', headers: session })
    expect((await again.all()).map(({ error }) => error?.message)).toEqual(['the session has ended: ended by the client'])
  })
})

describe('detach', () => {
  test('ends the stream after it has said when to come back, and the answer is there then', async () => {
    const session = await begin()
    const response = post(mcp, call('told', { name: 'a' }, 'a'), session)
    await until('it runs', () => mouths.has('a'))
    const { say, detach, end } = mouths.get('a')!
    detach()
    const text = await (await response).text()
    const id = /^id: (\S+)\ndata:\n\nretry: 500\n\n$/.exec(text)?.[1]
    expect(id, text).toBeDefined()
    say('meanwhile')
    const again = await resume(session, id!)
    expect((await eventsUntil(again, 'meanwhile')).map((event) => event.text)).toEqual(['meanwhile'])
    detach()
    expect(await again.next()).toMatchObject({ data: '' })
    expect(await again.next()).toBeUndefined()
    end()
    expect(await textsOf(await resume(session, id!))).toEqual(['meanwhile', 'end of a'])
  })

  test.each([
    ['of an older revision', '2025-06-18', {}],
    ['that takes no event stream', '2025-11-25', { accept: 'application/json' }],
  ])('does nothing to a client %s', async (_, version, headers) => {
    const session = await begin(version)
    const response = post(mcp, call('told', { name: 'a' }, 'a'), { ...session, ...headers })
    await until('it runs', () => mouths.has('a'))
    mouths.get('a')!.detach()
    mouths.get('a')!.end()
    const answered = await response
    expect(answered.headers.get('content-type')).toBe('application/json')
    expect(said(await messageOf(answered))).toBe('end of a')
  })
})

describe('the stream of the session', () => {
  test('is taken up where it broke off, with what was said meanwhile', async () => {
    const session = await begin()
    const first = await openEvents(mcp, session)
    const { id = '' } = await nextEvent(first)
    await first.close()
    await until('the server has noticed', () => yard.sessions.list()[0]?.busy() === false)
    yard.offer([...commands, { name: 'more', description: 'x', run: () => 'x' }])
    yard.offer([...commands, { kind: 'prompt', name: 'more', description: 'x', get: () => 'x' }])
    const again = await resume(session, id)
    const missed = await eventsUntil(again, 'notifications/prompts/list_changed')
    expect(missed.map(({ text }) => text)).toEqual(['notifications/tools/list_changed', 'notifications/prompts/list_changed'])
    yard.offer([...commands, { name: 'another', description: 'x', run: () => 'x' }])
    expect((await again.message())?.method).toBe('notifications/tools/list_changed')
    expect((await openEvents(mcp, session)).response.status).toBe(409)
    yard.offer(commands)
    await again.close()
  })

  test('is taken up also before the server has noticed that it broke off: the older connection ends', async () => {
    const session = await begin()
    const first = await openEvents(mcp, session)
    const { id = '' } = await nextEvent(first)
    const again = await resume(session, id)
    expect(await first.all()).toEqual([])
    yard.offer([...commands, { name: 'more', description: 'x', run: () => 'x' }])
    expect((await again.message())?.method).toBe('notifications/tools/list_changed')
    yard.offer(commands)
    await again.close()
  })

  test('is there for its own client alone', async () => {
    const session = await begin('2025-11-25', { authorization: 'Bearer admin' })
    const own = await openEvents(mcp, session)
    const { id = '' } = await nextEvent(own)
    const foreign = await resume({ 'mcp-session-id': session['mcp-session-id'] }, id)
    expect(foreign.response.status).toBe(404)
    await own.close()
  })
})

describe('an id that cannot be gone on from is refused with 400 and a sentence', () => {
  async function refusal(session: Session, id: string): Promise<void> {
    const response = await fetch(mcp, { headers: { accept: 'text/event-stream', ...session, 'last-event-id': id } })
    expect(response.status, id).toBe(400)
    expect((await messageOf(response)).error).toMatchObject({
      code: -32600,
      message: 'Last-Event-ID names no event that is still kept: what came after it is lost',
    })
  }

  test('where nobody gave it', async () => {
    const session = await begin()
    const { events, cut } = await tell(session, 'a')
    const { id } = (await eventsUntil(events, 'first')).at(-1)!
    cut()
    for (const other of [
      'x',
      '0',
      `${id}0`,
      `${id}x`,
      `${streamIn(id)}-`,
      `${streamIn(id)}9-1`,
      '-1',
      `${streamIn(id)}--1`,
      `x${id}`,
    ])
      await refusal(session, other)
    expect((await resume(session, id)).response.status).toBe(200)
  })

  test('where it is of another session, however much the two are alike', async () => {
    const [one, other] = [await begin(), await begin()]
    const [a, b] = [await tell(one, 'a'), await tell(other, 'b')]
    const { id } = (await eventsUntil(a.events, 'first')).at(-1)!
    await eventsUntil(b.events, 'first')
    b.say('second')
    await refusal(other, id)
    expect(await eventsUntil(b.events, 'second')).toHaveLength(1)
    for (const { cut } of [a, b]) cut()
  })

  test('where something that came after it is not kept any more', async () => {
    const session = await begin()
    const [a, b] = [await tell(session, 'a'), await tell(session, 'b')]
    const had = await eventsUntil(a.events, 'first')
    const quiet = await eventsUntil(b.events, 'first')
    a.cut()
    b.cut()
    // More than is kept of one session, three times over.
    const piece = 'x'.repeat(256 * 1024)
    for (let sent = 0; sent < 24; sent++) a.say(piece)
    a.say('last')
    await refusal(session, had.at(-1)!.id)
    // Nothing of the other stream is missing, so it goes on.
    b.end()
    expect(await textsOf(await resume(session, quiet.at(-1)!.id))).toEqual(['end of b'])
  })
})

describe('a reader that does not read', () => {
  test.each([10, 64, 500])('is cut at 1 MiB, and finds the rest when it comes back, in pieces of %i KiB', async (size) => {
    const streams = new Streams({}, () => '2025-11-25')
    const padding = 'x'.repeat(size * 1024)
    const waiting: number[] = []
    let sent = 0
    let cut = false
    let exchange: Exchange

    async function flood(outgoing: ServerResponse): Promise<void> {
      for (; !outgoing.destroyed; sent++) {
        exchange.tell(JSON.stringify({ jsonrpc: '2.0', method: String(sent), params: { padding } }))
        waiting.push(outgoing.writableLength)
        await new Promise((resolve) => setImmediate(resolve))
      }
      cut = true
      exchange.tell(JSON.stringify({ jsonrpc: '2.0', method: 'after it was cut' }))
    }
    const server = createServer((incoming, outgoing) => {
      const id = incoming.headers['last-event-id']
      if (typeof id === 'string') {
        streams.resume(id, outgoing, () => {})
        // Before the client can have read what it missed.
        exchange.tell(JSON.stringify({ jsonrpc: '2.0', method: 'when it is back' }))
        exchange.write(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }))
      } else {
        exchange = new Exchange(incoming, outgoing, {}, streams)
        void flood(outgoing)
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

    const request = get(url, { headers: { accept: 'text/event-stream' } })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.on('error', () => {}).pause()
    await until('it was cut', () => cut)
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    response.resume()
    await new Promise((resolve) => response.once('close', resolve))
    expect(Math.max(...waiting)).toBeGreaterThan(1024 * 1024)
    expect(Math.max(...waiting)).toBeLessThan(1024 * 1024 + 2 * size * 1024)

    const whole = text.split('\n\n').slice(0, -1)
    const had = whole.filter((block) => block.includes('"method"')).map((block) => /"method":"(\d+)"/.exec(block)?.[1])
    const last = /^id: (\S+)/m.exec(whole.at(-1) ?? '')?.[1] ?? ''
    const again = await new Events(await fetch(url, { headers: { 'last-event-id': last } })).all()
    const expected = Array.from({ length: sent }, (_, index) => String(index))
    expect([...had, ...again.map(({ method }) => method)]).toEqual([
      ...expected,
      'after it was cut',
      'when it is back',
      undefined,
    ])
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('what is kept', () => {
  const half = 'x'.repeat(1024 * 1024)
  /** A stream of which something is kept, and the id of an event before that. */
  function kept(...texts: string[]) {
    const trail = new Trail()
    const stream = trail.begin()
    const start = trail.mark(stream)
    for (const text of texts) trail.add(stream, text)
    return { trail, stream, start, missed: () => trail.after(start)?.events.map(({ text }) => text) }
  }

  test('of one session is 2 MiB, and its newest event however long it is', () => {
    const one = kept(half, half)
    expect(one.missed()).toEqual([half, half])
    one.trail.add(one.stream, 'x')
    expect(one.missed()).toBeUndefined()
    const long = kept(half.repeat(5))
    expect(long.missed()).toHaveLength(1)
    for (const { trail } of [one, long]) trail.clear()
  })

  test('of all sessions is 64 MiB: who was silent longest loses first', () => {
    const sessions = Array.from({ length: 64 }, () => kept(half))
    expect(sessions.every(({ missed }) => missed())).toBe(true)
    sessions[0]?.trail.add(sessions[0].stream, 'x')
    expect(sessions.map(({ missed }) => missed() !== undefined)).toEqual(sessions.map((_, index) => index !== 1))
    sessions[40]?.trail.clear()
    const more = kept(half)
    expect(sessions.filter(({ missed }) => missed() === undefined).length).toBe(2)
    for (const { trail } of [...sessions, more]) trail.clear()
  })

  test('is nothing after the end of the session, whatever is still said', () => {
    const over = kept('x')
    over.trail.clear()
    over.trail.add(over.stream, half)
    expect(over.missed()).toBeUndefined()
  })

  test('of a stream that is over goes with its last event, and is not confused with one that lost nothing', () => {
    const { trail, stream, start } = kept('a')
    const other = trail.begin()
    const before = trail.mark(other)
    trail.finish(stream)
    expect(trail.after(start)?.events).toHaveLength(1)
    for (const text of [half, half, 'b']) trail.add(other, text)
    expect(trail.after(start)).toBeUndefined()
    expect(trail.after(before)).toBeUndefined()
    trail.clear()
  })
})
