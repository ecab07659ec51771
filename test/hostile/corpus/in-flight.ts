/** The same id again while the first one has no answer yet: each request gets its own. */
import { call, notification, request } from '../../fakes/wire.ts'
import { all, answered, result, unknownMethod } from '../classes.ts'
import { type Entry, type Expected, modernWays, type Payload, type Subject, session, streams } from '../entry.ts'
import { metaKeys, modernRequest } from '../modern.ts'

const hold = call('hold', {}, 7)
const release = call('release', {}, 8)
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

const flights: readonly (readonly [string, readonly Payload[], Expected])[] = [
  ['a call and a ping', [hold, request('ping', {}, 7), release], all(result(7), result(7), result(8))],
  [
    'a call and a call',
    [hold, call('echo', { message: 'x' }, 7), release],
    all(result(7, { structuredContent: { message: 'x' } }), result(7, { structuredContent: { result: 'released' } }), result(8)),
  ],
  ['two calls that wait', [hold, hold, release], all(result(7), result(7), result(8))],
  ['forty calls that wait', [...many(40, hold), release], all(...many(40, result(7)), result(8))],
  ['a call and an unknown method', [hold, request('tools/juggle', {}, 7), release], all(result(7), unknownMethod(7), result(8))],
  [
    'a call and a handshake',
    [
      hold,
      request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }, 7),
      release,
    ],
    all(result(7), answered(7), result(8)),
  ],
  ['a call, and an answer from the client', [hold, { jsonrpc: '2.0', id: 7, result: {} }, release], all(result(7), result(8))],
  [
    'a call, and an error from the client',
    [hold, { jsonrpc: '2.0', id: 7, error: { code: 1, message: 'x' } }, release],
    all(result(7), result(8)),
  ],
  ['a call, and its own release', [hold, call('release', {}, 7)], all(result(7), result(7))],
  ['a number and a text', [hold, call('hold', {}, '7'), release], all(result(7), result('7'), result(8))],
  ['a call, and the handshake over', [hold, notification('notifications/initialized'), release], all(result(7), result(8))],
]

/** Calls of 2026-07-28 that say when they have begun. */
const level = { [metaKeys.level]: 'info' }
const modernHold = modernRequest('tools/call', { name: 'hold' }, level)
const modernRelease = modernRequest('tools/call', { name: 'release' }, level, 8)

const modernFlights: readonly Entry[] = [
  {
    name: 'two calls of 2026-07-28 that wait: an answer each',
    over: modernWays,
    steps: [modernHold, modernHold, modernRelease],
    expect: all(result(7), result(7), result(8)),
  },
  {
    name: 'a call of 2026-07-28 and one that is refused: an answer each',
    over: modernWays,
    steps: [modernHold, modernRequest('tools/juggle'), modernRelease],
    expect: all(result(7), unknownMethod(7), result(8)),
  },
  {
    name: 'a call of each era: an answer each',
    over: streams,
    steps: [hold, modernHold, modernRelease],
    expect: all(result(7), result(7, { resultType: 'complete' }), result(8)),
  },
  {
    name: 'calls of each era that are cancelled: no answer',
    over: streams,
    steps: [hold, modernHold, notification('notifications/cancelled', { requestId: 7 })],
    expect: all(),
  },
]

export const inFlight: Subject = {
  name: 'in flight with one id',
  entries: [
    ...flights.map(([what, steps, expect]): Entry => ({ name: `${what}: an answer each`, over: session, steps, expect })),
    ...modernFlights,
  ],
}
