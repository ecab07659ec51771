/** Ids: those that are none, those that are odd and right, and those that no answer should repeat. */
import { either, notRpc, result, unknownMethod } from '../classes.ts'
import { type Entry, modernWays, type Subject, session, ways } from '../entry.ts'
import { modernRequest } from '../modern.ts'

const withId = (text: string) => `{"jsonrpc":"2.0","id":${text},"method":"tools/list"}`
/** The same as a request of 2026-07-28, which any way takes. */
const modernWithId = (text: string) => JSON.stringify({ ...modernRequest('tools/list'), id: 'ID' }).replace('"ID"', text)
const long = 'i'.repeat(1024 * 1024)

const none: readonly (readonly [string, string])[] = [
  ['null', 'null'],
  ['a fraction', '1.5'],
  ['a negative fraction', '-0.5'],
  ['a fraction below all others', '5e-324'],
  ['a number beyond all numbers', '1e400'],
  ['a number below all numbers', '-1e400'],
  ['true', 'true'],
  ['false', 'false'],
  ['an object', '{}'],
  ['an object with an id', '{"id":7}'],
  ['an empty list', '[]'],
  ['a list', '[7]'],
  // Read as a number it becomes another one, and an answer must carry the id that was sent.
  ['an integer that no double can hold', '9007199254740993'],
  ['a negative integer that no double can hold', '-9007199254740993'],
]

const odd: readonly (readonly [string, string])[] = [
  ['zero', '0'],
  ['minus one', '-1'],
  ['the largest safe integer', '9007199254740991'],
  ['the smallest safe integer', '-9007199254740991'],
  ['an integer with a point', '7.0'],
  ['an integer with an exponent', '7e2'],
  ['an empty text', '""'],
  ['a blank', '" "'],
  ['a number as a text', '"7"'],
  ['the text null', '"null"'],
  ['the text __proto__', '"__proto__"'],
  ['the text constructor', '"constructor"'],
  ['a text with quotes and backslashes', '"\\"},{\\\\\\""'],
  ['a text with line breaks', '"a\\r\\ndata: b\\n\\n"'],
  ['a text with a zero byte', '"\\u0000"'],
  ['half of a surrogate pair', '"\\ud800"'],
  ['an emoji', '"👩‍👩‍👧"'],
  ['a line separator', '"a\u2028b"'],
  ['a text of a thousand characters', `"${'i'.repeat(1000)}"`],
]

const others: readonly Entry[] = [
  {
    name: 'a megabyte comes back whole with a result, or is refused without it',
    over: session,
    send: () => withId(JSON.stringify(long)),
    expect: either(result(long), notRpc()),
  },
  {
    name: 'a megabyte does not come back with an error',
    over: ways,
    send: () => ({ jsonrpc: '2.0', id: long, method: 'tools/juggle' }),
    expect: either(notRpc(), unknownMethod(long)),
  },
  {
    name: 'a megabyte does not come back where the message is none',
    over: ways,
    send: () => ({ jsonrpc: '2.0', id: long, method: 5 }),
    expect: either(notRpc(), notRpc(long)),
  },
]

export const ids: Subject = {
  name: 'an id',
  entries: [
    ...none.map(([what, text]) => ({ name: `that is ${what} is none`, over: ways, send: withId(text), expect: notRpc() })),
    ...odd.flatMap(([what, text]): Entry[] => {
      const expect = result(JSON.parse(text) as string | number)
      return [
        { name: `that is ${what} comes back as it was`, over: session, send: withId(text), expect },
        { name: `that is ${what} comes back as it was in 2026-07-28`, over: modernWays, send: modernWithId(text), expect },
      ]
    }),
    ...others,
  ],
}
