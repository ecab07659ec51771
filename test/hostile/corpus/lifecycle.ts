/** Everything out of its order: before the handshake, twice, after the end. */
import { call, notification, request } from '../../fakes/wire.ts'
import { all, answered, badParams, notRpc, refused, result, silence, status } from '../classes.ts'
import { type Entry, type Expected, type Subject, session, type Way } from '../entry.ts'
import { initialize } from './handshakes.ts'

/** Over HTTP there is no session yet, which is 400 whatever was sent. */
const noSession: Partial<Record<Way, Expected>> = { http: status(400) }

const early: readonly (readonly [string, unknown, Expected])[] = [
  ['a ping', request('ping', {}, 7), result(7)],
  ['a list', request('tools/list', {}, 7), answered(7)],
  ['a call', call('echo', { message: 'x' }, 7), answered(7)],
  ['a call of nothing', call('no_such_tool', {}, 7), answered(7)],
  ['a level', request('logging/setLevel', { level: 'info' }, 7), answered(7)],
  ['an unknown method', request('tools/juggle', {}, 7), answered(7)],
  ['the word that the handshake is over', notification('notifications/initialized'), silence],
  ['a cancellation', notification('notifications/cancelled', { requestId: 1 }), silence],
  ['an answer', { jsonrpc: '2.0', id: 0, result: {} }, silence],
  ['an unknown notification', notification('notifications/x'), silence],
]

const again: readonly Entry[] = [
  { name: 'a second handshake gets one answer', over: session, send: initialize(), expect: answered(7) },
  {
    name: 'a second handshake for another version gets one answer',
    over: ['sse', 'ws'],
    send: initialize({ protocolVersion: '2024-11-05' }),
    expect: answered(7),
  },
  {
    name: 'a third handshake gets one answer',
    over: ['sse', 'ws'],
    steps: [initialize({}, 7), initialize({}, 8)],
    expect: all(answered(7), answered(8)),
  },
  {
    name: 'a refused handshake can be tried again',
    over: ['sse', 'ws'],
    fresh: true,
    steps: [initialize({ capabilities: 5 }, 7), initialize({}, 8)],
    expect: all(badParams(7), result(8)),
  },
  {
    name: 'two handshakes in one go get an answer each',
    over: ['sse', 'ws'],
    fresh: true,
    steps: [initialize({}, 7), initialize({}, 7)],
    expect: all(answered(7), answered(7)),
  },
  {
    name: 'the word that the handshake is over may come twice',
    over: session,
    steps: [notification('notifications/initialized'), notification('notifications/initialized')],
    expect: silence,
  },
  {
    name: 'a handshake cannot be cancelled',
    over: ['sse', 'ws'],
    fresh: true,
    steps: [initialize(), notification('notifications/cancelled', { requestId: 7 })],
    expect: result(7),
  },
  {
    name: 'a handshake with an id that is null is refused',
    over: session,
    fresh: true,
    send: { ...initialize(), id: null },
    expect: notRpc(),
  },
  {
    name: 'a handshake with params by position is refused',
    over: session,
    fresh: true,
    send: { ...initialize(), params: ['2025-11-25'] },
    expect: notRpc(7),
  },
  {
    name: 'a handshake without params is refused',
    over: session,
    fresh: true,
    send: { jsonrpc: '2.0', id: 7, method: 'initialize' },
    expect: badParams(7),
  },
]

const afterTheEnd: readonly Entry[] = [
  {
    name: 'a session that has ended takes no message',
    ask: { headers: { 'mcp-session-id': '{ended}', 'content-type': 'application/json' }, body: request('ping') },
    expect: refused(-32001, 2, { status: 404 }),
  },
  {
    name: 'a session that has ended has no stream',
    ask: { method: 'GET', headers: { 'mcp-session-id': '{ended}', accept: 'text/event-stream' } },
    expect: refused(-32001, undefined, { status: 404 }),
  },
  {
    name: 'a session that has ended cannot end again',
    ask: { method: 'DELETE', headers: { 'mcp-session-id': '{ended}' } },
    expect: refused(-32001, undefined, { status: 404 }),
  },
]

export const lifecycle: Subject = {
  name: 'the order of things',
  entries: [
    ...early.map(
      ([what, send, expect]): Entry => ({
        name: `${what} before the handshake`,
        over: session,
        fresh: true,
        send: send as Record<string, unknown>,
        expect,
        but: noSession,
      }),
    ),
    ...again,
    ...afterTheEnd,
  ],
}
