/** WebSocket frames that no library would send (RFC 6455). */
import { handshake, request } from '../../fakes/wire.ts'
import { closed, notJson, result } from '../classes.ts'
import type { Entry, Expected, Subject } from '../entry.ts'
import { frame, opcodes } from '../ways/frames.ts'

const { text, binary, continuation, ping, pong, close } = opcodes
const message = JSON.stringify(request('ping', {}, 7))
const code = (number: number, reason = '') => Buffer.concat([Buffer.from([number >> 8, number & 255]), Buffer.from(reason)])
const [front, back] = [message.slice(0, 10), message.slice(10)]
const mega = 1024 * 1024

const wrong: readonly (readonly [string, readonly Buffer[], ...codes: number[]])[] = [
  ['bytes', [frame(binary, message)], 1003],
  ['no bytes at all', [frame(binary)], 1003],
  ['bytes in two parts', [frame(binary, front, { more: true }), frame(continuation, back)], 1003],
  ['a frame without a mask', [frame(text, message, { unmasked: true })], 1002],
  ['the first reserved bit', [frame(text, message, { reserved: 4 })], 1002],
  ['the second reserved bit', [frame(text, message, { reserved: 2 })], 1002],
  ['the third reserved bit', [frame(text, message, { reserved: 1 })], 1002],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`the reserved opcode ${opcode}`, [frame(opcode, message)], 1002] as const,
  ),
  ['a continuation of nothing', [frame(continuation, message)], 1002],
  ['a new message inside another', [frame(text, front, { more: true }), frame(text, message)], 1002],
  ['a ping in two parts', [frame(ping, 'x', { more: true })], 1002],
  ['a ping that is too long', [frame(ping, 'x'.repeat(126))], 1002],
  ['a close in two parts', [frame(close, code(1000), { more: true })], 1002],
  ['a close that is too long', [frame(close, code(1000, 'x'.repeat(124)))], 1002],
  ['a close of one byte', [frame(close, Buffer.from([3]))], 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map(
    (number) => [`the close code ${number}`, [frame(close, code(number))], 1002] as const,
  ),
  ['a reason that is no UTF-8', [frame(close, Buffer.concat([code(1000), Buffer.from([0xff])]))], 1007],
  ['text that is no UTF-8', [frame(text, Buffer.from([0x22, 0xff, 0x22]))], 1007],
  [
    'text that is no UTF-8 in two parts',
    [frame(text, Buffer.from([0x22, 0xc3]), { more: true }), frame(continuation, Buffer.from([0x22]))],
    1007,
  ],
  ['half of a surrogate pair', [frame(text, Buffer.from([0xed, 0xa0, 0x80]))], 1007],
  ['a frame that says it has 2^63 bytes', [frame(text, 'x', { length: 2n ** 63n })], 1009, 1002],
  ['a frame that says it has 2^53 bytes', [frame(text, 'x', { length: 2n ** 53n })], 1009],
  ['a frame that says it has 5 MiB', [frame(text, 'x', { length: BigInt(5 * mega) })], 1009],
  [
    'parts that are too large together',
    Array.from({ length: 6 }, (_, at) => frame(at === 0 ? text : continuation, 'x'.repeat(mega), { more: true })),
    1009,
  ],
  ['a close without a code', [frame(close)], 1005],
  ['a close', [frame(close, code(1000, 'bye'))], 1000],
  ['a close with a code of its own', [frame(close, code(4999))], 4999],
  ['two closes', [frame(close, code(1001)), frame(close, code(1000))], 1001],
  ['a message after the close', [frame(close, code(1000)), frame(text, message)], 1000],
]

const right: readonly (readonly [string, readonly Buffer[], Expected])[] = [
  ['an empty text is not JSON', [frame(text)], notJson],
  ['a message in two parts is answered', [frame(text, front, { more: true }), frame(continuation, back)], result(7)],
  [
    'a message byte by byte is answered',
    [...message].map((sign, at) => frame(at === 0 ? text : continuation, sign, { more: at < message.length - 1 })),
    result(7),
  ],
  [
    'a message in a thousand empty parts is answered',
    [
      frame(text, message, { more: true }),
      ...Array.from({ length: 1000 }, () => frame(continuation, '', { more: true })),
      frame(continuation),
    ],
    result(7),
  ],
  [
    'a ping inside a message does not disturb it',
    [frame(text, front, { more: true }), frame(ping, 'x'), frame(continuation, back)],
    result(7),
  ],
  ['a pong that nobody asked for does no harm', [frame(pong, 'x'), frame(text, message)], result(7)],
  [
    'a thousand pongs do no harm',
    [...Array.from({ length: 1000 }, () => frame(pong, 'x'.repeat(125))), frame(text, message)],
    result(7),
  ],
  [
    'a message in a frame that is cut anywhere is answered',
    [...frame(text, message)].map((byte) => Buffer.from([byte])),
    result(7),
  ],
  [
    'a handshake in parts is answered',
    [
      frame(text, JSON.stringify(handshake('2025-11-25', 7)).slice(0, 50), { more: true }),
      frame(continuation, JSON.stringify(handshake('2025-11-25', 7)).slice(50)),
    ],
    result(7),
  ],
]

export const frames: Subject = {
  name: 'over WebSocket',
  entries: [
    ...wrong.map(
      ([what, sent, ...codes]): Entry => ({
        name: `${what}: closed with ${codes.join(' or ')}`,
        frames: sent,
        expect: closed(...codes),
      }),
    ),
    ...right.map(([what, sent, expect]): Entry => ({ name: what, frames: sent, expect })),
  ],
}
