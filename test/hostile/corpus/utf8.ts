/** Bytes that are no UTF-8, and text in other encodings. */
import { closed, notJson } from '../classes.ts'
import type { Subject } from '../entry.ts'

/** A message with these bytes in the place of a text. */
const around = (...bytes: number[]) =>
  Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"message":"'),
    Buffer.from(bytes),
    Buffer.from('"}}}'),
  ])

const ping = '{"jsonrpc":"2.0","id":7,"method":"tools/list"}'

const inputs: readonly (readonly [string, Uint8Array])[] = [
  ['a continuation byte by itself', around(0x80)],
  ['a lead byte by itself', around(0xc3)],
  ['a character that is cut short', around(0xe2, 0x82)],
  ['an overlong slash', around(0xc0, 0xaf)],
  ['an overlong zero byte', around(0xc0, 0x80)],
  ['an overlong quote in three bytes', around(0xe0, 0x80, 0xa2)],
  ['half of a surrogate pair', around(0xed, 0xa0, 0x80)],
  ['a surrogate pair as six bytes', around(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
  ['a character above the last one', around(0xf4, 0x90, 0x80, 0x80)],
  ['a lead byte of five', around(0xf8, 0x88, 0x80, 0x80, 0x80)],
  ['the byte 0xff', around(0xff)],
  ['Latin-1', around(0xe9)],
  ['a message in UTF-16', Buffer.from(`\ufeff${ping}`, 'utf16le')],
  ['a bad byte after a message', Buffer.concat([Buffer.from(ping), Buffer.from([0xff])])],
  ['a gzip header', Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00])],
  ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x1a, 0x1a, 0x00])],
  ['MessagePack', Buffer.from([0x83, 0xa7, 0x6a, 0x73, 0x6f, 0x6e, 0x72, 0x70, 0x63, 0xa3, 0x32, 0x2e, 0x30])],
]

export const badUtf8: Subject = {
  name: 'what is not UTF-8',
  entries: inputs.map(([what, send]) => ({
    name: `${what} is refused`,
    over: ['http', 'modern', 'sse', 'ws', 'stdio'],
    send,
    expect: notJson,
    // WebSocket itself says what has to happen there (RFC 6455, section 8.1).
    but: { ws: closed(1007) },
  })),
}
