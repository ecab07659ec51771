/** Cancellations of what is not there, progress that nobody asked for, tokens that are none. */
import { call, notification, request } from '../../fakes/wire.ts'
import { all, answered, refused, result, silence } from '../classes.ts'
import { type Entry, type Payload, type Subject, session } from '../entry.ts'

const cancelled = (params: Record<string, unknown>) => notification('notifications/cancelled', params)

const nothingToCancel: readonly (readonly [string, Payload])[] = [
  ['nobody knows', cancelled({ requestId: 99 })],
  ['nobody knows, as a text', cancelled({ requestId: 'x' })],
  ['is null', cancelled({ requestId: null })],
  ['is true', cancelled({ requestId: true })],
  ['is a fraction', cancelled({ requestId: 1.5 })],
  ['is an object', cancelled({ requestId: {} })],
  ['is a list', cancelled({ requestId: [1] })],
  ['is missing', cancelled({})],
  ['is missing with all params', { jsonrpc: '2.0', method: 'notifications/cancelled' }],
  ['is called __proto__', cancelled({ requestId: '__proto__' })],
  ['has a reason that is none', cancelled({ requestId: 99, reason: { because: [1] } })],
  ['has a reason of a megabyte', cancelled({ requestId: 99, reason: 'r'.repeat(1024 * 1024) })],
]

const flights: readonly Entry[] = [
  {
    name: 'a call that is cancelled gets no answer',
    over: session,
    steps: [call('hold', {}, 7), cancelled({ requestId: 7 })],
    expect: all(),
  },
  {
    name: 'a call that is cancelled twice gets no answer',
    over: session,
    steps: [call('hold', {}, 7), cancelled({ requestId: 7 }), cancelled({ requestId: 7 })],
    expect: all(),
  },
  {
    name: 'two calls with one id are cancelled together',
    over: session,
    steps: [call('hold', {}, 7), call('hold', {}, 7), cancelled({ requestId: 7 })],
    expect: all(),
  },
  {
    name: 'what was answered can be cancelled without harm',
    over: session,
    steps: [request('ping', {}, 7), cancelled({ requestId: 7 })],
    expect: all(result(7)),
  },
  {
    name: 'a number and a text are two ids',
    over: session,
    steps: [call('hold', {}, 7), cancelled({ requestId: '7' }), call('release', {}, 8)],
    expect: all(result(7), result(8)),
  },
  {
    name: 'one of two calls is cancelled, the other answered',
    over: session,
    steps: [call('hold', {}, 7), call('hold', {}, 8), cancelled({ requestId: 7 }), call('release', {}, 9)],
    expect: all(result(8), result(9)),
  },
  {
    name: 'an id can be used again after its call was cancelled',
    over: session,
    steps: [call('hold', {}, 7), cancelled({ requestId: 7 }), request('ping', {}, 7)],
    expect: all(result(7)),
  },
  {
    name: 'a cancellation with an id is a request, and unknown',
    over: session,
    send: request('notifications/cancelled', { requestId: 1 }, 7),
    expect: refused(-32601, 7),
  },
]

const progress: readonly (readonly [string, Record<string, unknown>])[] = [
  ['for nothing', { progressToken: 'x', progress: 1 }],
  ['without a token', { progress: 1 }],
  ['without params', {}],
  ['that is no number', { progressToken: 1, progress: 'half' }],
  ['that runs backwards', { progressToken: 1, progress: -1, total: -2 }],
  ['beyond all bounds', { progressToken: 1, progress: 1e308, total: 1e-308 }],
  ['with a token that is an object', { progressToken: {}, progress: 1 }],
  ['with a message of a megabyte', { progressToken: 1, progress: 1, message: 'm'.repeat(1024 * 1024) }],
]

/** MCP: a token is a text or an integer. What is neither opts in to nothing. */
const tokens: readonly unknown[] = [null, true, 1.5, {}, { a: 1 }, [], ['x']]

export const cancellation: Subject = {
  name: 'cancellation and progress',
  entries: [
    ...nothingToCancel.map(
      ([what, send]): Entry => ({
        name: `a cancellation whose request ${what} does nothing`,
        over: session,
        send,
        expect: silence,
      }),
    ),
    ...flights,
    ...progress.map(
      ([what, params]): Entry => ({
        name: `progress ${what} from a client is not answered`,
        over: session,
        send: notification('notifications/progress', params),
        expect: silence,
      }),
    ),
    ...tokens.map(
      (progressToken): Entry => ({
        name: `the progress token ${JSON.stringify(progressToken)} brings no progress`,
        over: session,
        send: call('steps', {}, 7, { progressToken }),
        expect: answered(7),
        quiet: true,
      }),
    ),
    ...['', 0, '__proto__', 'a\nb'].map(
      (progressToken): Entry => ({
        name: `the progress token ${JSON.stringify(progressToken)} is one`,
        over: session,
        send: call('steps', {}, 7, { progressToken }),
        expect: result(7),
      }),
    ),
  ],
}
