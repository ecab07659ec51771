/** Many messages in one list: a part of 2025-03-26 and of no other revision. */
import { call, notification, request } from '../../fakes/wire.ts'
import { all, either, notRpc, result, silence, toolError, unknownMethod } from '../classes.ts'
import { type Entry, type Expected, type Payload, type Subject, session, ways } from '../entry.ts'

const ping = (id: number | string) => request('ping', {}, id)
const pings = (count: number) => Array.from({ length: count }, (_, at) => ping(at + 1))
const pongs = (count: number) => Array.from({ length: count }, (_, at) => result(at + 1))
/** Nothing comes back, in whatever way the transport says so. */
const nothing = either(silence, all())

const everywhere: readonly (readonly [string, Payload])[] = [
  ['one request', [ping(1)]],
  ['two requests', pings(2)],
  ['a hundred requests', pings(100)],
  ['ten thousand requests', pings(10_000)],
  ['a notification', [notification('notifications/initialized')]],
  ['nothing', []],
  ['numbers', [1, 2, 3]],
  ['lists', [[], [[]]]],
  ['a batch', [[ping(1)]]],
  [
    'a handshake',
    [request('initialize', { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'x', version: '1' } })],
  ],
  ['a hundred thousand zeros', Array(100_000).fill(0)],
]

/** Of the revision that has them. */
const old: readonly (readonly [string, Payload, Expected])[] = [
  ['two requests gets two answers', pings(2), all(...pongs(2))],
  ['a hundred requests gets a hundred answers', pings(100), all(...pongs(100))],
  ['a hundred and one requests is refused', pings(101), notRpc()],
  ['nothing is refused', [], notRpc()],
  ['a number gets one error', [1], all(notRpc())],
  ['three numbers gets three errors', [1, 2, 3], all(notRpc(), notRpc(), notRpc())],
  ['a batch gets one error for that', [[ping(1)]], all(notRpc())],
  ['a batch and a request gets two answers', [[ping(1)], ping(2)], all(notRpc(), result(2))],
  ['lists within lists gets one error', [[[[[]]]]], all(notRpc())],
  ['a notification is not answered', [notification('notifications/x')], nothing],
  ['a hundred notifications is not answered', Array.from({ length: 100 }, () => notification('notifications/x')), nothing],
  ['an answer that nobody asked for is not answered', [{ jsonrpc: '2.0', id: 5, result: {} }], nothing],
  ['one id twice gets two answers', [ping(1), ping(1)], all(result(1), result(1))],
  ['ids that look alike keeps them apart', [ping(1), ping('1')], all(result(1), result('1'))],
  ['an id that is null gets an error', [{ jsonrpc: '2.0', id: null, method: 'ping' }, ping(2)], all(notRpc(), result(2))],
  [
    'everything at once gets an answer for each request',
    [
      ping(1),
      5,
      notification('notifications/x'),
      request('tools/juggle', {}, 2),
      call('echo', {}, 3),
      { jsonrpc: '2.0', id: 9, result: {} },
      { jsonrpc: '2.0', id: 4, method: 5 },
    ],
    all(result(1), notRpc(), unknownMethod(2), toolError(3), notRpc(4)),
  ],
  [
    'a call and its cancellation is not answered',
    [call('hold', {}, 1), notification('notifications/cancelled', { requestId: 1 })],
    nothing,
  ],
  [
    'a call that is cancelled and a request gets one answer',
    [call('hold', {}, 1), notification('notifications/cancelled', { requestId: 1 }), ping(2)],
    all(result(2)),
  ],
  [
    'calls that wait for each other gets all answers',
    [call('hold', {}, 1), call('hold', {}, 2), call('release', {}, 3)],
    all(result(1), result(2), result(3)),
  ],
]

export const batches: Subject = {
  name: 'a batch',
  entries: [
    ...everywhere.map(
      ([what, send]): Entry => ({ name: `of ${what} is refused where there are none`, over: ways, send, expect: notRpc() }),
    ),
    ...old.map(
      ([what, send, expect]): Entry => ({
        name: `of ${what}`,
        over: session.filter((way) => way !== 'stdio'),
        version: '2025-03-26',
        send,
        expect,
      }),
    ),
    { name: 'before a handshake is refused', over: session, fresh: true, send: pings(2), expect: notRpc() },
  ],
}
