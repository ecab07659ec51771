/** Every bound on every way in: what is answered, that the answer names the bound, and that whoever met it goes on. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Json } from '../app/call.ts'
import { headersFor, modern } from './fakes/modern.ts'
import { acceptBoth, handshake, request } from './fakes/wire.ts'
import { start, type TestSystem } from './start.ts'

interface Answer {
  readonly status: number
  readonly code: unknown
  readonly message: string
}

/** One way in: what a call looks like there, and how a text is sent. */
interface Way {
  call(values: unknown): string
  send(text: string): Promise<Answer>
  /** Ends what was opened for it. */
  close?(): void
}

const limit = 256 * 1024
let system: TestSystem
const ways: Record<string, Way> = {}

beforeAll(async () => {
  system = await start({ env: { MCP_MAX_BODY: String(limit) } })
  Object.assign(ways, {
    SSE: await overSse(),
    'Streamable HTTP': await overStreamable(),
    '2026-07-28': overModern(),
    WebSocket: await overWebSocket(),
    '/cmd': plain('/cmd', (values) => JSON.stringify({ command: 'echo', params: values })),
    REST: plain('/api/commands/echo', (values) => JSON.stringify(values)),
    register: plain('/register', (values) => JSON.stringify({ server_id: 'x', server_url: 'http://127.0.0.1:1', more: values })),
    token: plain('/api/v1/auth/token', signIn),
    'admin token': plain('/api/v1/auth/token', signIn, system.adminUrl),
  })
}, 60_000)
afterAll(async () => {
  for (const way of Object.values(ways)) way.close?.()
  await system?.stop()
})

const signIn = (values: unknown) => JSON.stringify({ name: 'ada', password: values })
const echo = (values: unknown) => JSON.stringify(request('tools/call', { name: 'echo', arguments: values }, 'id'))

/** A refusal, in whichever envelope the way in has; `ok` for none. */
function answerIn(status: number, text: string): Answer {
  const body = (text === '' ? {} : JSON.parse(text)) as Json
  const error = (body.error ?? {}) as { message?: string; code?: unknown; data?: { code?: string } }
  return { status, code: error.data?.code ?? error.code ?? 'ok', message: error.message ?? '' }
}

async function postTo(url: string, text: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: acceptBoth, ...headers },
    body: text,
  })
  const said = await response.text()
  return answerIn(response.status, said.startsWith('{') ? said : '')
}

const plain = (path: string, call: Way['call'], base = system.url): Way => ({ call, send: (text) => postTo(base + path, text) })

async function overSse(): Promise<Way> {
  const abort = new AbortController()
  const stream = (await fetch(`${system.url}/sse`, { signal: abort.signal })).body!.getReader()
  const [, path] = /data: (\S+)/.exec(new TextDecoder().decode((await stream.read()).value)) ?? []
  return { call: echo, send: (text) => postTo(system.url + path, text), close: () => abort.abort() }
}

async function overStreamable(): Promise<Way> {
  const begun = await fetch(`${system.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: acceptBoth },
    body: JSON.stringify(handshake('2025-03-26')),
  })
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id')! }
  await begun.text()
  return { call: echo, send: (text) => postTo(`${system.url}/mcp`, text, session) }
}

function overModern(): Way {
  const message = modern('tools/call', { name: 'echo', arguments: {} })
  return {
    call: (values) => JSON.stringify(modern('tools/call', { name: 'echo', arguments: values as Json })),
    send: (text) => postTo(`${system.url}/mcp`, text, headersFor(message)),
  }
}

/** The status is the close code, where that is the answer; 0 where the connection stays. */
async function overWebSocket(): Promise<Way> {
  let socket: WebSocket
  const open = async () => {
    socket = new WebSocket(`${system.url.replace('http', 'ws')}/ws`, 'mcp')
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  }
  await open()
  return {
    call: echo,
    async send(text) {
      if (socket.readyState !== socket.OPEN) await open()
      const answer = new Promise<Answer>((resolve) => {
        socket.once('message', (data) => resolve(answerIn(0, String(data))))
        socket.once('close', (status, reason) => resolve({ status, code: 'closed', message: String(reason) }))
        socket.once('error', () => {})
      })
      socket.send(text)
      return answer
    },
    close: () => socket.terminate(),
  }
}

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
const members = (count: number, value: unknown = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, nth) => [`member${nth}`, value]))

const tooLarge = /^the body is larger than \d+ bytes/
const tooDeep = /^nested deeper than 64 levels$/
const tooMany = /^(more than 10000 members and elements|the body is larger)/
const tooLong = /^a batch (has 1 to|may have) 100 (messages|requests), this one has 101$/

/** What is sent, and what is said to it. The admin API has words of its own for codes. */
const bounds: [string, (way: Way) => string, number, string, RegExp][] = [
  ['a body above the bound', (way) => way.call({ message: 'x'.repeat(limit) }), 413, 'too_large', tooLarge],
  ['nested too deep', (way) => way.call({ message: nested(100) }), 400, 'invalid_request', tooDeep],
  ['too many members', (way) => way.call(members(12_000)), 413, 'too_large', tooMany],
  ['no JSON', () => '{"jsonrpc": "2.0"', 400, 'parse_error', /^not JSON: it stops making sense at character 17$/],
]
const names = ['SSE', 'Streamable HTTP', '2026-07-28', 'WebSocket', '/cmd', 'REST', 'register', 'token', 'admin token']

describe.each(names)('%s', (name) => {
  test.each(bounds)('%s is refused in a sentence, and the next request works', async (bound, textOf, status, code, message) => {
    const way = ways[name]!
    const answer = await way.send(textOf(way))
    // A frame has no status of its own; one that is too large cannot be told from the next one, so its connection is closed (RFC 6455).
    if (name === 'WebSocket' && bound === 'a body above the bound') expect(answer).toMatchObject({ status: 1009 })
    else {
      const said = name.includes('token') ? 'VALIDATION_ERROR' : code
      expect(answer).toEqual({ status: name === 'WebSocket' ? 0 : status, code: said, message: expect.stringMatching(message) })
    }
    const next = await way.send(way.call({ message: 'x' }))
    expect([413, 431]).not.toContain(next.status)
    expect(['too_large', 'parse_error']).not.toContain(next.code)
  })
})

test.each(['Streamable HTTP', '/cmd'])('a batch of 101 is refused whole over %s, and one of 100 is answered', async (name) => {
  const way = ways[name]!
  const batch = (count: number) => `[${Array.from({ length: count }, () => way.call({ message: 'x' })).join(',')}]`
  expect(await way.send(batch(101))).toEqual({ status: 400, code: 'invalid_request', message: expect.stringMatching(tooLong) })
  expect((await way.send(batch(100))).status).toBe(200)
})

test('a batch whose messages are small enough is refused when all of them together are not', async () => {
  const way = ways['/cmd']!
  const numbers = Array.from({ length: 5_500 }, () => 1)
  const batch = `[${Array.from({ length: 10 }, () => JSON.stringify({ command: 'echo', params: { message: numbers } })).join(',')}]`
  expect(batch.length).toBeLessThan(limit)
  const message = 'more than 50000 members and elements in one batch: send it in several'
  expect(await way.send(batch)).toEqual({ status: 413, code: 'too_large', message })
})

test('10,000 members below the size of a large text are counted all the same', async () => {
  const numbers = Array.from({ length: 10_001 }, () => 1)
  const answer = await ways['/cmd']!.send(JSON.stringify({ command: 'echo', params: { message: numbers } }))
  expect(answer).toMatchObject({ message: expect.stringMatching(/echo: the arguments have more than 10000 elements/) })
})

test('one long text has room, and comes back whole', async () => {
  const message = 'a "quoted, [bracketed] {text}\\'.repeat(5_000)
  const response = await fetch(`${system.url}/api/commands/echo`, { method: 'POST', body: JSON.stringify({ message }) })
  expect(response.status).toBe(200)
  expect(JSON.stringify(await response.json())).toContain(JSON.stringify(message).slice(1, -1))
})

test('headers above 16 KiB get 431 with a sentence, on both ports, and the server goes on', async () => {
  for (const url of [system.url, system.adminUrl]) {
    const response = await fetch(`${url}/health`, { headers: { 'x-long': 'x'.repeat(20_000) } })
    expect([response.status, await response.json()]).toEqual([
      431,
      { error: { code: 'too_large', message: 'the headers are larger than 16384 bytes' } },
    ])
    expect((await fetch(`${url}/health`)).status).toBe(200)
  }
})

test('a client is told how long a connection is kept for its next request, on both ports', async () => {
  for (const url of [system.url, system.adminUrl])
    expect((await fetch(`${url}/health`)).headers.get('keep-alive')).toBe('timeout=75')
})

test('what is no HTTP gets 400 with a sentence, and the server goes on', async () => {
  const { hostname, port } = new URL(system.url)
  const socket = connect(Number(port), hostname)
  let heard = ''
  socket.on('data', (data) => {
    heard += data
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write('HELO there\r\n\r\n')
  await closed
  expect(heard).toMatch(/^HTTP\/1\.1 400 /)
  expect(heard).toContain('"message":"this is not a request in HTTP/1.1"')
  expect((await fetch(`${system.url}/health`)).status).toBe(200)
})

test('nothing that was refused is left open', () => {
  expect(system.yard.switch.running()).toBe(0)
  expect(system.log.lines.filter(({ level }) => level === 'error')).toEqual([])
})
