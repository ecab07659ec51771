/** Text that is valid and odd: it comes back as it was, whatever carries it. */
import { call } from '../../fakes/wire.ts'
import { badParams, refused, result } from '../classes.ts'
import { type Entry, type Subject, ways } from '../entry.ts'

const texts: readonly (readonly [string, string])[] = [
  ['a zero byte', 'a\0b'],
  ['all control characters', String.fromCharCode(...Array.from({ length: 32 }, (_, at) => at), 127)],
  ['line breaks of every kind', 'a\nb\rc\r\nd\u0085e\u2028f\u2029g\vh\fi'],
  ['what looks like the end of an event', 'x\n\ndata: {"jsonrpc":"2.0","id":7,"result":{}}\n\n'],
  ['what looks like another answer', '"}},{"jsonrpc":"2.0","id":7,"result":{}}'],
  ['half of a surrogate pair', 'a\ud800b'],
  ['the other half', 'a\udc00b'],
  ['two halves in the wrong order', '\udc00\ud800'],
  ['a byte order mark', '\ufeffx'],
  ['characters that are none', '\ufffe\uffff\u{1ffff}'],
  ['the last character', '\u{10ffff}'],
  ['writing from right to left', '\u202etxt.exe\u202c \u2066x\u2069'],
  ['characters without a width', 'a\u200b\u200c\u200d\u2060b'],
  ['a letter with a thousand marks', `a${'\u0301'.repeat(1000)}`],
  ['one letter written in two ways', '\u00e9 e\u0301'],
  ['a family', '👩‍👩‍👧‍👦'.repeat(100)],
  ['letters that grow in capitals', 'ßŉǰΐﬃ'],
  ['letters of Turkey', 'İıIi'],
  ['escape sequences', '\u001b]0;owned\u0007\u001b[2J'],
  ['quotes and backslashes', '"\\\'`$\\u0000\\x00'],
  ['markup', '</script><!--<![CDATA[]]>'],
]

const names = [
  'ｅｃｈｏ',
  'еcho',
  'echo\u0000',
  'echo\u200b',
  'e\u0301cho',
  'ECHO',
  '\ud800',
  '👩‍👩‍👧',
  'echo\n',
  '%65cho',
  'echo\u202e',
]

export const unicode: Subject = {
  name: 'text',
  entries: [
    ...texts.map(
      ([what, message]): Entry => ({
        name: `with ${what} comes back as it was`,
        over: ways,
        send: call('echo', { message }, 7),
        expect: result(7, { structuredContent: { message } }),
      }),
    ),
    ...names.map(
      (name): Entry => ({
        name: `that looks like a name is none: ${JSON.stringify(name)}`,
        over: ways,
        send: call(name, { message: 'x' }, 7),
        expect: badParams(7),
        // What is no text in UTF-8 has no form in a header.
        but: name === '\ud800' ? { modern: refused(-32020, 7, { status: 400 }) } : {},
      }),
    ),
  ],
}
