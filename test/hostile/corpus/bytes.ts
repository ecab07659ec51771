/** Bytes on the port that are no HTTP, or HTTP with a lie in it (RFC 9112). */
import { closed, either, status } from '../classes.ts'
import type { Entry, Expected, Subject } from '../entry.ts'

const crlf = '\r\n'
const head = (...lines: string[]) => `${lines.join(crlf)}${crlf}${crlf}`
const post = (...headers: string[]) => head('POST /mcp HTTP/1.1', 'host: localhost', 'content-type: application/json', ...headers)
const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}'

/** Either a word about it, or the end of the connection. */
const refusedOrClosed: Expected = either(status(400, 403, 404, 405, 408, 411, 413, 414, 417, 426, 431, 501, 505), closed())

const wrong: readonly (readonly [string, string | Uint8Array])[] = [
  ['nothing', ''],
  ['a line break', crlf],
  ['a word', `hello${crlf}${crlf}`],
  ['JSON', `${ping}\n`],
  ['a hello of TLS', Buffer.from('1603010200010001fc0303', 'hex')],
  ['the preface of HTTP/2', `PRI * HTTP/2.0${crlf}${crlf}SM${crlf}${crlf}`],
  ['SSH', `SSH-2.0-OpenSSH_9.2${crlf}`],
  ['zero bytes', Buffer.alloc(1000)],
  ['a megabyte of one letter', Buffer.alloc(1024 * 1024, 'a')],
  ['a method that there is not', head('JUGGLE /mcp HTTP/1.1', 'host: localhost')],
  ['a method in small letters', head('post /mcp HTTP/1.1', 'host: localhost')],
  ['a version that there is not', head('POST /mcp HTTP/9.9', 'host: localhost')],
  ['a request without a version', head('POST /mcp')],
  ['a request without a host', head('POST /mcp HTTP/1.1', 'content-length: 0')],
  ['two hosts', head('POST /mcp HTTP/1.1', 'host: localhost', 'host: evil.example', 'content-length: 0')],
  ['a path with a blank', head('POST /mcp x HTTP/1.1', 'host: localhost')],
  ['a path with a zero byte', head('POST /mcp\0 HTTP/1.1', 'host: localhost')],
  ['a path in Latin-1', Buffer.from(head('POST /mcp\xe9 HTTP/1.1', 'host: localhost', 'content-length: 0'), 'latin1')],
  ['a header without a colon', post('content-length 2')],
  ['a header with a blank in its name', post('content length: 2')],
  ['a header with a zero byte', post('x: a\0b', 'content-length: 0')],
  ['a header that is folded', post(`x: a${crlf} b`, 'content-length: 0')],
  ['a header without a name', post(': x', 'content-length: 0')],
  ['a lone carriage return in a header', post('x: a\rb', 'content-length: 0')],
  ['a length that is negative', post('content-length: -1')],
  ['a length that is no number', `${post('content-length: many')}${ping}`],
  ['a length in hexadecimal', `${post('content-length: 0x28')}${ping}`],
  ['a length beyond all bounds', post('content-length: 99999999999999999999999')],
  ['two lengths', `${post(`content-length: ${ping.length}`, 'content-length: 4')}${ping}`],
  ['a length and chunks', `${post(`content-length: ${ping.length}`, 'transfer-encoding: chunked')}0${crlf}${crlf}`],
  ['chunks twice', `${post('transfer-encoding: chunked, chunked')}0${crlf}${crlf}`],
  ['an encoding that there is not', `${post('transfer-encoding: juggled')}${ping}`],
  ['a chunk whose length is none', `${post('transfer-encoding: chunked')}zz${crlf}${ping}${crlf}`],
  ['a chunk of negative length', `${post('transfer-encoding: chunked')}-1${crlf}`],
  ['a chunk beyond all bounds', `${post('transfer-encoding: chunked')}ffffffffffffffffff${crlf}`],
  ['a body that is shorter than it says', `${post('content-length: 100')}${ping}`],
  ['chunks that do not end', `${post('transfer-encoding: chunked')}5${crlf}{"jso`],
  ['half of the headers', `POST /mcp HTTP/1.1${crlf}host: loc`],
  ['an expectation that there is not', `${post('expect: miracle', `content-length: ${ping.length}`)}${ping}`],
  ['an upgrade to nothing', `${post('connection: upgrade', 'upgrade: juggling', `content-length: ${ping.length}`)}${ping}`],
  [
    'an upgrade to HTTP/2',
    `${post('connection: upgrade, http2-settings', 'upgrade: h2c', 'http2-settings: AAA', `content-length: ${ping.length}`)}${ping}`,
  ],
  [
    'an upgrade to WebSocket on /mcp',
    head(
      'GET /mcp HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    ),
  ],
  [
    'an upgrade to WebSocket without a key',
    head('GET /ws HTTP/1.1', 'host: localhost', 'connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'),
  ],
  [
    'an upgrade to WebSocket with a key that is none',
    head(
      'GET /ws HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: x',
    ),
  ],
  [
    'an upgrade to a WebSocket of the future',
    head(
      'GET /ws HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 99',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    ),
  ],
  [
    'an upgrade to WebSocket by POST',
    head(
      'POST /ws HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
      'content-length: 0',
    ),
  ],
]

/** Broken off in the middle: there is nobody to answer, and nothing may stay behind. */
const left: readonly (readonly [string, string])[] = [
  ['before the first byte', ''],
  ['in the request line', 'POST /mc'],
  ['in the headers', `POST /mcp HTTP/1.1${crlf}host: localhost${crlf}content-le`],
  ['in the body', `${post('content-length: 4000000')}{"jsonrpc":`],
  ['in a chunk', `${post('transfer-encoding: chunked')}ffff${crlf}{"jsonrpc":`],
  ['after the request', `${post(`content-length: ${ping.length}`)}${ping}`],
  ['in the handshake of a WebSocket', `GET /ws HTTP/1.1${crlf}host: localhost${crlf}upgrade: websocket${crlf}`],
  [
    'after the handshake of a WebSocket',
    head(
      'GET /ws HTTP/1.1',
      'host: localhost',
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    ),
  ],
  ['after it asked for an event stream', head('GET /sse HTTP/1.1', 'host: localhost', 'accept: text/event-stream')],
  ['after ten requests in one go', `${post(`content-length: ${ping.length}`)}${ping}`.repeat(10)],
]

export const bytes: Subject = {
  name: 'on the port',
  entries: [
    ...wrong.map(([what, sent]): Entry => ({ name: `${what}: refused, or the end`, bytes: sent, expect: refusedOrClosed })),
    ...left.map(
      ([what, sent]): Entry => ({
        name: `a connection that breaks off ${what} leaves nothing behind`,
        bytes: sent,
        leave: true,
        expect: closed(),
      }),
    ),
    { name: 'a request in HTTP/1.0: answered', bytes: head('GET /health/live HTTP/1.0', 'host: localhost'), expect: status(200) },
    {
      name: 'three requests in one go: answered one by one',
      bytes: head('GET /health/live HTTP/1.1', 'host: localhost').repeat(3),
      expect: status(200),
    },
  ],
}
