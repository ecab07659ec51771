/** Too much of everything: text, members, bytes. */
import { call, request } from '../../fakes/wire.ts'
import { answered, closed, either, headersTooLarge, notRpc, refused, result, silence, status, toolError } from '../classes.ts'
import { type Entry, type Expected, type Lazy, type Subject, session, type Way, ways } from '../entry.ts'

const mega = 1024 * 1024
/** The largest body, by default. */
const limit = 4 * mega

/** A message that has exactly so many bytes, most of them blanks. */
const padded = (bytes: number) => () => JSON.stringify(request('tools/list', {}, 7)).padEnd(bytes)

/** Too large as a body, too long as a line. */
const tooLarge: Expected = refused(-32600, undefined, { status: 413 })
const onLines: Partial<Record<Way, Expected>> = { stdio: notRpc(), ws: closed(1009), sse: notRpc() }

/** Bounds of one call: whether the model is told or its client is left open. */
const tooMany: Expected = either(refused([-32600, -32602], 7), toolError(7))

const bounds: readonly (readonly [string, Lazy, Expected])[] = [
  ['10,001 elements in a list', () => call('anything', { a: Array(10_001).fill(0) }, 7), tooMany],
  ['10,001 members', () => call('anything', membersOf(10_001), 7), tooMany],
  ['200,000 members', () => call('anything', membersOf(200_000), 7), tooMany],
  ['1.4 million elements', () => call('anything', { a: Array(1_400_000).fill(0) }, 7), tooMany],
  ['a million empty lists', () => call('anything', { a: Array(1_000_000).fill([]) }, 7), tooMany],
  ['10,001 elements for a text', () => call('echo', { message: Array(10_001).fill(0) }, 7), tooMany],
  ['9,000 elements', () => call('anything', { a: Array(9000).fill(0) }, 7), result(7)],
  ['a text of a megabyte', () => call('anything', { a: 'x'.repeat(mega) }, 7), result(7)],
  ['a name of a megabyte', () => call('anything', { ['n'.repeat(mega)]: 1 }, 7), result(7)],
  ['a name of a megabyte that is not allowed', () => call('echo', { message: 'x', ['n'.repeat(mega)]: 1 }, 7), toolError(7)],
  ['a text of three megabytes where a number should be', () => call('picky', { id: 'x'.repeat(3 * mega) }, 7), toolError(7)],
  ['a million and a half escapes', () => call('anything', { a: '\n'.repeat(1_500_000) }, 7), result(7)],
  [
    'a number of a million digits',
    () => `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"anything","arguments":{"a":${'9'.repeat(mega)}}}}`,
    answered(7),
  ],
  [
    'a fraction of a million digits',
    () => `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"picky","arguments":{"id":0.${'9'.repeat(mega)}}}}`,
    answered(7),
  ],
  ['an id of a million digits', () => `{"jsonrpc":"2.0","id":${'9'.repeat(mega)},"method":"tools/list"}`, notRpc()],
  [
    'a hundred thousand members that nobody knows',
    () => ({ ...membersOf(100_000), jsonrpc: '2.0', id: 7, method: 'tools/list' }),
    answered(7),
  ],
  ['a hundred thousand params that nobody knows', () => request('tools/list', membersOf(100_000), 7), answered(7)],
  ['a megabyte of _meta', () => call('anything', {}, 7, { note: 'm'.repeat(mega) }), answered(7)],
]

const rejected: Entry[] = [
  ['one byte above the bound', padded(limit + 1)],
  ['twelve megabytes', padded(12 * mega)],
  ['twelve megabytes that are not JSON', () => 'x'.repeat(12 * mega)],
].map(([what, send]) => ({
  name: `${what}: refused, and the next one works`,
  over: ways,
  send: send as Lazy,
  expect: tooLarge,
  but: onLines,
}))

const others: readonly Entry[] = [
  { name: 'exactly the bound: taken', over: session, send: padded(limit), expect: result(7) },
  {
    name: 'the bound in blanks: nothing',
    over: ways,
    send: () => ' '.repeat(limit),
    expect: refused(-32700),
    but: { stdio: silence },
  },
  {
    name: 'a handshake with a name of a megabyte: answered',
    over: ['http', 'sse', 'ws'],
    fresh: true,
    send: () =>
      request(
        'initialize',
        { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'n'.repeat(mega), version: 'v'.repeat(mega) } },
        7,
      ),
    expect: answered(7),
  },
  {
    name: 'a handshake with a version of a megabyte: answered with one of ours',
    over: ['http', 'sse', 'ws'],
    fresh: true,
    send: () =>
      request('initialize', { protocolVersion: '2'.repeat(mega), capabilities: {}, clientInfo: { name: 'x', version: '1' } }, 7),
    expect: result(7, { protocolVersion: '2025-11-25' }),
  },
  {
    name: 'a thousand messages in one frame, or on one line: refused as one',
    over: session,
    send: JSON.stringify(request('tools/list', {}, 7)).repeat(1000),
    expect: refused(-32700),
  },
  {
    name: 'two hundred lines at once: answered one by one',
    over: ['stdio'],
    send: Array.from({ length: 200 }, () => JSON.stringify(request('ping', {}, 7))).join('\n'),
    expect: { kind: 'all', of: Array.from({ length: 200 }, () => result(7)) },
  },
  {
    name: 'a session id of 10 KB: unknown',
    ask: { headers: { 'mcp-session-id': 'a'.repeat(10_000) } },
    expect: status(404, 400, 415),
  },
  { name: 'a header of 20 KB: refused', ask: { headers: { 'mcp-session-id': 'a'.repeat(20_000) } }, expect: headersTooLarge },
  { name: 'a path of 20 KB: refused', ask: { path: `/mcp?${'a'.repeat(20_000)}` }, expect: headersTooLarge },
  {
    name: 'a thousand headers: refused',
    ask: { headers: Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x-${at}`, 'a'.repeat(20)])) },
    expect: headersTooLarge,
  },
  {
    name: 'a query of 10 KB on /messages: unknown',
    ask: { path: `/messages?sessionId=${'a'.repeat(10_000)}`, body: '{}' },
    expect: status(404),
  },
]

export const large: Subject = {
  name: 'size',
  entries: [
    ...bounds.map(([what, send, expect]) => ({ name: `${what}: bounded`, over: ways, send, expect })),
    ...rejected,
    ...others,
  ],
}

function membersOf(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, at]))
}
