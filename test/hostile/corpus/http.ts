/** HTTP as a client of MCP would not speak it: methods, paths, content types, names, sessions, versions. */
import { handshake, request } from '../../fakes/wire.ts'
import { notJson, refused, result, status } from '../classes.ts'
import type { Asked, Entry, Expected, Headers, Subject } from '../entry.ts'
import { shown } from '../shown.ts'

const json: Headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const inSession: Headers = { ...json, 'mcp-session-id': '{http}' }
const ping = request('ping', {}, 7)
const unknown = refused(-32001, 7, { status: 404 })

type Row = readonly [name: string, ask: Asked['ask'], expect: Expected]

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

const sessions: readonly Row[] = [
  ['without the header is 400', { headers: json, body: ping }, refused(-32600, 7, { status: 400 })],
  ['that is empty is 400', { headers: { ...json, 'mcp-session-id': '' }, body: ping }, refused(-32600, 7, { status: 400 })],
  ...[
    'no-such-session',
    '00000000-0000-0000-0000-000000000000',
    '__proto__',
    'constructor',
    'null',
    'undefined',
    '0',
    '*',
    '../..',
    '%00',
    "' OR 1=1 --",
    '{"id":1}',
    'a, b',
    '\xe9\xff',
  ].map((id): Row => [`that is ${shown(id)} is unknown`, { headers: { ...json, 'mcp-session-id': id }, body: ping }, unknown]),
  ['with blanks around it is the same', { headers: { ...json, 'mcp-session-id': ' {http} ' }, body: ping }, result(7)],
  ['that stands twice is unknown', { headers: { ...json, 'mcp-session-id': '{http}, {http}' }, body: ping }, unknown],
  ['with something behind it is unknown', { headers: { ...json, 'mcp-session-id': '{http}x' }, body: ping }, unknown],
  ['of HTTP+SSE is unknown on /mcp', { headers: { ...json, 'mcp-session-id': '{sse}' }, body: ping }, unknown],
  [
    'of /mcp is unknown on /messages',
    { path: '/messages?sessionId={http}', headers: json, body: ping },
    refused(-32001, undefined, { status: 404 }),
  ],
  [
    'in the query of /mcp is none',
    { path: '/mcp?sessionId={http}', headers: json, body: ping },
    refused(-32600, 7, { status: 400 }),
  ],
  [
    'in a cookie is none',
    { headers: { ...json, cookie: 'mcp-session-id={http}' }, body: ping },
    refused(-32600, 7, { status: 400 }),
  ],
  ...[
    '',
    '?',
    '?sessionId',
    '?sessionId=',
    '?sessionId=%00',
    '?sessionId[]={sse}',
    '?sessionId=__proto__',
    '?id={sse}',
    '?sessionId=../{sse}',
  ].map(
    (query): Row => [
      `in /messages${query} is unknown`,
      { path: `/messages${query}`, headers: json, body: ping },
      refused(-32001, undefined, { status: 404 }),
    ],
  ),
  [
    'that is given twice to /messages is the first',
    { path: '/messages?sessionId={sse}&sessionId=x', headers: json, body: ping },
    status(202, 404),
  ],
  [
    'of a stream that is open has no second one',
    { method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': '{http}' } },
    status(200),
  ],
]

const versions: readonly Row[] = [
  '1999-01-01',
  '',
  ' ',
  'latest',
  '2025-11-26',
  '2025-11-25, 2025-06-18',
  '2025-11-25;q=1',
  '__proto__',
  '1',
  'v'.repeat(5000),
].map(
  (version): Row => [
    `that is ${shown(version)} is 400`,
    { headers: { ...inSession, 'mcp-protocol-version': version }, body: ping },
    refused(-32600, undefined, { status: 400 }),
  ],
)

const resumptions: readonly Row[] = [
  'x',
  's1',
  's1-',
  's1-999',
  's999-1',
  's0-0',
  '-1',
  's1-1-1',
  's1--1',
  's1-1e9',
  's1-99999999999999999999',
  '__proto__',
  's'.repeat(5000),
].map(
  (id): Row => [
    `from ${shown(id)} is refused`,
    { method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': '{http}', 'last-event-id': id } },
    refused(-32600, undefined, { status: 400 }),
  ],
)

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

const rows = (before: string, all: readonly Row[]): Entry[] =>
  all.map(([name, ask, expect]) => ({ name: `${before}${name}`, ask, expect }))

export const http: Subject = {
  name: 'over HTTP',
  entries: [
    ...rows('', methods),
    ...rows('', paths),
    ...rows('', types),
    ...rows('', bodies),
    ...rows('a session ', sessions),
    ...rows('a version ', versions),
    ...rows('to go on ', resumptions),
    ...rows('a request ', strangers),
  ],
}
