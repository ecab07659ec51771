/** Calls of commands that fail, or return what cannot be sent: the answer says no more than that. */
import { call } from '../../fakes/wire.ts'
import { answered, either, refused, toolError } from '../classes.ts'
import { type Entry, type Subject, session } from '../entry.ts'

const failed = either(refused(-32603, 7), toolError(7))

/** What a command gives, and how many lines the log may have of it. */
const gifts: readonly (readonly [string, number])[] = [
  ['nothing', 0],
  ['nan', 0],
  ['function', 0],
  ['symbol', 0],
  ['a text that lies', 0],
  ['half a character', 0],
  ['a zero byte', 0],
]
const unsendable = ['bigint', 'circle', 'deep', 'a getter that throws']

export const outcomes: Subject = {
  name: 'a command',
  entries: [
    { name: 'that throws is an error without its text', over: session, send: call('broken', {}, 7), expect: failed, logs: 1 },
    ...gifts.map(
      ([what, logs]): Entry => ({
        name: `that returns ${what} is answered`,
        over: session,
        send: call('gives', { what }, 7),
        expect: answered(7),
        logs,
      }),
    ),
    ...unsendable.map(
      (what): Entry => ({
        name: `that returns ${what} is an error without its text`,
        over: session,
        send: call('gives', { what }, 7),
        expect: failed,
        logs: 1,
      }),
    ),
  ],
}
