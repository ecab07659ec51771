/** Answers that nobody asked for. To answer them would be the beginning of a quarrel without end. */
import { either, notRpc, silence, status } from '../classes.ts'
import { type Entry, type Payload, type Subject, session } from '../entry.ts'

const answer = (members: Record<string, unknown>) => ({ jsonrpc: '2.0', ...members })
const error = { code: -32600, message: 'no' }

const unasked: readonly (readonly [string, Payload])[] = [
  ['a result', answer({ id: 99, result: {} })],
  ['a result for the id 0', answer({ id: 0, result: {} })],
  ['a result for the id 1', answer({ id: 1, result: { action: 'accept', content: {} } })],
  ['a result for a negative id', answer({ id: -1, result: {} })],
  ['a result for a text', answer({ id: 'x', result: {} })],
  ['a result for __proto__', answer({ id: '__proto__', result: {} })],
  ['a result for an empty text', answer({ id: '', result: {} })],
  ['a result that is null', answer({ id: 99, result: null })],
  ['a result that is a number', answer({ id: 99, result: 5 })],
  ['a result that is a list', answer({ id: 99, result: [] })],
  ['a result of a megabyte', answer({ id: 99, result: { text: 'x'.repeat(1024 * 1024) } })],
  ['an error', answer({ id: 99, error })],
  ['an error without a message', answer({ id: 99, error: { code: 1 } })],
  ['an error without a code', answer({ id: 99, error: { message: 'no' } })],
  ['an error whose code is a text', answer({ id: 99, error: { code: 'bad', message: 'no' } })],
  ['an error with data of a megabyte', answer({ id: 99, error: { ...error, data: 'x'.repeat(1024 * 1024) } })],
  ['an empty error', answer({ id: 99, error: {} })],
  ['a result and an error', answer({ id: 99, result: {}, error })],
  // What a peer says of a message that it could not read at all (JSON-RPC 2.0, section 5; MCP leaves the id out).
  ['an error with the id null', answer({ id: null, error })],
  ['an error without an id', answer({ error })],
]

/** No answers, whatever they look like. */
const almost: readonly (readonly [string, Payload])[] = [
  ['an error that is a text', answer({ id: 99, error: 'no' })],
  ['an error that is null', answer({ id: 99, error: null })],
  ['an error that is a list', answer({ id: 99, error: [] })],
]

const quiet = either(silence, status(400))

export const unaskedAnswers: Subject = {
  name: 'an answer that nobody asked for',
  entries: [
    ...unasked.map(
      ([what, send]): Entry => ({ name: `${what} is not answered`, over: session, send, expect: silence, but: { http: quiet } }),
    ),
    ...unasked.map(
      ([what, send]): Entry => ({
        name: `${what} is not taken where servers ask nothing`,
        over: ['modern'],
        send,
        expect: quiet,
      }),
    ),
    ...almost.map(
      ([what, send]): Entry => ({
        name: `${what} is not answered, or refused`,
        over: session,
        send,
        expect: either(silence, notRpc(99)),
      }),
    ),
  ],
}
