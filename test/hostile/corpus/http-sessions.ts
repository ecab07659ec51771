/** Sessions over HTTP: ids that are none, of somebody else, in the wrong place; versions and events that there are not. */
import { request } from '../../fakes/wire.ts'
import { refused, result, status } from '../classes.ts'
import type { Subject } from '../entry.ts'
import { inSession, json, type Row, rows } from '../rows.ts'
import { shown } from '../shown.ts'

const ping = request('ping', {}, 7)
const unknown = refused(-32001, 7, { status: 404 })

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

export const httpSessions: Subject = {
  name: 'sessions over HTTP',
  entries: [...rows('a session ', sessions), ...rows('a version ', versions), ...rows('to go on ', resumptions)],
}
