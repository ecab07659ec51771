/** HTTP as a client of MCP would not speak it: methods, paths, content types, strange origins. */
import { handshake, request } from '../../fakes/wire.ts'
import { notJson, refused, result, status } from '../classes.ts'
import type { Subject } from '../entry.ts'
import { inSession, json, type Row, rows } from '../rows.ts'
import { shown } from '../shown.ts'

const ping = request('ping', {}, 7)

const methods: readonly Row[] = [
  ...['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE'].map(
    (method): Row => [`${method} /mcp is 405`, { method }, status(405)],
  ),
  ['HEAD /mcp is refused', { method: 'HEAD' }, status(400, 405, 406)],
  [
    'GET /mcp without a session is 400',
    { method: 'GET', headers: { accept: 'text/event-stream' } },
    refused(-32600, undefined, { status: 400 }),
  ],
  ['DELETE /mcp without a session is 400', { method: 'DELETE' }, refused(-32600, undefined, { status: 400 })],
  [
    'GET /mcp that takes no event stream is 406',
    { method: 'GET', headers: { accept: 'text/html', 'mcp-session-id': '{http}' } },
    status(406),
  ],
  ['POST /sse is 405', { path: '/sse', headers: json, body: handshake() }, status(405)],
  ['DELETE /sse is refused', { method: 'DELETE', path: '/sse' }, status(404, 405)],
  ['GET /messages is refused', { method: 'GET', path: '/messages' }, status(404, 405)],
  ['PUT /messages is refused', { method: 'PUT', path: '/messages?sessionId={sse}', body: ping }, status(404, 405)],
  ['POST /ws is refused', { path: '/ws', headers: json, body: ping }, status(404, 405, 426)],
  ['GET /ws without an upgrade is 426', { method: 'GET', path: '/ws' }, status(426)],
]

const paths: readonly Row[] = [
  '//mcp',
  '/mcp//',
  '/MCP',
  '/mcp.json',
  '/mcp%00',
  '/mcp%2f',
  '/mcp/../mcp/x',
  '/%6dcp/x',
  '/mcp;a=b',
  '/mcp/tools/list',
  '/..%2f..%2fetc/passwd',
  '/messages/../../etc',
].map((path): Row => [`POST ${path} is not there`, { path, headers: json, body: ping }, status(404)])

const types: readonly Row[] = [
  undefined,
  '',
  'text/plain',
  'text/json',
  'application/jsonp',
  'application/json-seq',
  'application/x-json',
  'application',
  'json',
  '*/*',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json, text/plain',
  'application/xml; a=application/json',
  'application/octet-stream',
].map(
  (type): Row => [
    `a POST of the type ${shown(type)} is 415`,
    { headers: { ...inSession, 'content-type': type ?? null }, body: ping },
    status(415),
  ],
)

const bodies: readonly Row[] = [
  [
    'a type with a charset is taken',
    { headers: { ...inSession, 'content-type': 'application/json;charset=UTF-8' }, body: ping },
    result(7),
  ],
  [
    'a type in capital letters is taken',
    { headers: { ...inSession, 'content-type': 'APPLICATION/JSON' }, body: ping },
    result(7),
  ],
  [
    'a body that says that it is gzip is not JSON',
    {
      headers: { ...inSession, 'content-encoding': 'gzip' },
      body: Buffer.from('H4sIAAAAAAAAA6tWKkktLlGyUlAqS8wpTVWqBQBbJ2nHFAAAAA==', 'base64'),
    },
    status(400, 415),
  ],
  ['a POST without a body is not JSON', { headers: inSession }, notJson],
  [
    'a form is 415',
    { headers: { ...inSession, 'content-type': 'application/x-www-form-urlencoded' }, body: 'jsonrpc=2.0&id=7&method=ping' },
    status(415),
  ],
]

const strangers: readonly Row[] = [
  ...[
    'https://evil.example',
    'null',
    '',
    'http://',
    'file://',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'javascript:alert(1)',
    'http://localhost@evil.example',
  ].map(
    (origin): Row => [`of the origin ${shown(origin)} is 403`, { headers: { ...json, origin }, body: handshake() }, status(403)],
  ),
  ...[
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost:80:80',
    'localhost@evil.example',
    '[::2]',
    '0',
  ].map(
    (host): Row => [
      `for the host ${shown(host)} is refused`,
      { headers: { ...json, host }, body: handshake() },
      status(400, 403),
    ],
  ),
  ['for another host on /sse is 403', { method: 'GET', path: '/sse', headers: { host: 'evil.example' } }, status(403)],
  [
    'of another origin on /messages is 403',
    { path: '/messages?sessionId={sse}', headers: { ...json, origin: 'https://evil.example' }, body: ping },
    status(403),
  ],
  [
    'with a credential that is none is 401',
    { headers: { ...inSession, authorization: 'Bearer stolen' }, body: ping },
    status(401),
  ],
  ['with a key of 10 KB is 401', { headers: { ...inSession, 'x-api-key': 'k'.repeat(10_000) }, body: ping }, status(401)],
  [
    'with a credential of another kind is 401',
    { headers: { ...inSession, authorization: 'Basic YTpi' }, body: ping },
    status(401),
  ],
]

export const http: Subject = {
  name: 'over HTTP',
  entries: [...rows('', methods), ...rows('', paths), ...rows('', types), ...rows('', bodies), ...rows('a request ', strangers)],
}
