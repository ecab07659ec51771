/** 2026-07-28 over HTTP: headers that do not say what the body says. */
import { either, refused, result, silence, status, toolError } from '../classes.ts'
import type { Entry, Expected, Headers, Subject } from '../entry.ts'
import { base64Text, modernRequest, modernVersion } from '../modern.ts'
import { shown } from '../shown.ts'

const mismatch = refused(-32020, 7, { status: 400 })
const list = modernRequest('tools/list')
const echo = modernRequest('tools/call', { name: 'echo', arguments: { message: 'x' } })

const wrong: readonly (readonly [object, Headers])[] = [
  ...[
    null,
    '',
    '2025-11-25',
    '2025-06-18',
    '1999-01-01',
    '2026-07-28;q=1',
    'v2026-07-28',
    ['2026-07-28', '2026-07-28'],
    ['2026-07-28', '2025-11-25'],
  ].map((version) => [list, { 'mcp-protocol-version': version }] as const),
  ...[
    null,
    '',
    'tools/call',
    'Tools/List',
    'TOOLS/LIST',
    'tools/list/',
    'tools%2flist',
    base64Text('tools/list'),
    ['tools/list', 'tools/list'],
    ['tools/call', 'tools/list'],
  ].map((method) => [list, { 'mcp-method': method }] as const),
  ...[
    null,
    '',
    'other',
    'Echo',
    'ECHO',
    'echo2',
    '"echo"',
    'ech\xf6',
    ['echo', 'echo'],
    base64Text('other'),
    '=?base64?ZWNobw?=',
    '=?base64?ZWNobw===?=',
    '=?base64?ZWNo bw==?=',
    '=?base64?ZWNobw==?=x',
    '=?base64?!!!!?=',
    '=?base64?/w==?=',
    '=?base64??=',
    '=?base64?',
    '=?BASE64?ZWNobw==?=',
    '=?utf-8?b?ZWNobw==?=',
  ].map((name) => [echo, { 'mcp-name': name }] as const),
  [modernRequest('prompts/get', { name: 'greet', arguments: { name: 'x' } }), { 'mcp-name': null }],
  [modernRequest('prompts/get', { name: 'greet', arguments: { name: 'x' } }), { 'mcp-name': 'other' }],
  [modernRequest('resources/read', { uri: 'notes://all' }), { 'mcp-name': null }],
  [modernRequest('resources/read', { uri: 'notes://all' }), { 'mcp-name': 'notes://ALL' }],
  [modernRequest('resources/read', { uri: 'notes://all' }), { 'mcp-name': 'file:///etc/passwd' }],
]

const right: readonly (readonly [object, Headers, string])[] = [
  [list, { 'mcp-name': 'echo' }, 'a name that nothing asks for'],
  [list, { 'mcp-protocol-version': ` ${modernVersion} ` }, 'blanks around a value'],
  [echo, { 'mcp-name': '=?base64?ZWNobw==?=' }, 'a name in Base64'],
  [list, { 'mcp-session-id': 'no-such-session' }, 'the id of a session'],
  [list, { 'last-event-id': 's1-1' }, 'the id of an event'],
  [list, { 'mcp-param-region': 'x', 'mcp-param-': 'y', 'mcp-param-__proto__': 'z' }, 'parameters that nobody declared'],
  [list, { accept: 'application/json' }, 'no place for an event stream'],
]

/** Arguments of the tool `routed`, which wants three of them in headers. */
const params: readonly (readonly [object, Headers, Expected])[] = [
  [{ region: 'west' }, {}, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': 'east' }, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': 'West' }, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': '' }, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': ['west', 'west'] }, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': 'w\xebst' }, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': '=?base64?d2VzdA?=' }, mismatch],
  [{ region: 'wést' }, { 'mcp-param-region': '=?base64?d+lzdA==?=' }, mismatch],
  [{ count: 42 }, { 'mcp-param-count': '43' }, mismatch],
  [{ count: 42 }, { 'mcp-param-count': '0x2a' }, mismatch],
  [{ count: 42 }, { 'mcp-param-count': '4.2e1' }, mismatch],
  [{ count: 42 }, {}, mismatch],
  [{ flag: true }, { 'mcp-param-flag': 'TRUE' }, mismatch],
  [{ flag: true }, { 'mcp-param-flag': '1' }, mismatch],
  [{ region: 'west' }, { 'mcp-param-region': 'west' }, result(7)],
  [{ region: 'wést' }, { 'mcp-param-region': base64Text('wést') }, result(7)],
  [{ region: 'west' }, { 'MCP-PARAM-REGION': base64Text('west') }, result(7)],
  [{ count: 42 }, { 'mcp-param-count': '42.0' }, result(7)],
  [{ flag: false }, { 'mcp-param-flag': 'false' }, result(7)],
  [{}, {}, result(7)],
  [{ region: null }, {}, toolError(7)],
  [{ region: { a: 1 } }, { 'mcp-param-region': 'x' }, either(mismatch, toolError(7))],
  [JSON.parse('{"__proto__":{"region":"west"}}') as object, {}, either(mismatch, toolError(7), result(7))],
]

const json = { 'content-type': 'application/json' }
const named = { 'mcp-protocol-version': modernVersion }
const handshake = {
  jsonrpc: '2.0',
  id: 7,
  method: 'initialize',
  params: { protocolVersion: modernVersion, capabilities: {}, clientInfo: { name: 'x', version: '1' } },
}

export const modernHeaders: Subject = {
  name: 'in 2026-07-28 a header',
  entries: [
    ...wrong.map(
      ([send, headers]): Entry => ({
        name: `that is wrong is refused: ${shown(headers)} for ${nameIn(send)}`,
        over: ['modern'],
        send: { ...send },
        headers,
        expect: mismatch,
      }),
    ),
    ...right.map(
      ([send, headers, what]): Entry => ({
        name: `may be there: ${what}`,
        over: ['modern'],
        send: { ...send },
        headers,
        expect: result(7),
      }),
    ),
    ...params.map(
      ([values, headers, expect]): Entry => ({
        name: `repeats arguments: ${shown(values)} with ${shown(headers)}`,
        over: ['modern'],
        send: modernRequest('tools/call', { name: 'routed', arguments: values }),
        headers,
        expect,
      }),
    ),
    ...['GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'].map(
      (method): Entry => ({
        name: `that names the revision: ${method} is 405`,
        ask: { method, headers: { ...named, accept: 'text/event-stream' } },
        expect: status(405),
      }),
    ),
    {
      name: 'that names the revision: GET with a session is 405',
      ask: { method: 'GET', headers: { ...named, 'mcp-session-id': '{http}', accept: 'text/event-stream' } },
      expect: status(405),
    },
    {
      name: 'that names the revision: DELETE with a session is 405',
      ask: { method: 'DELETE', headers: { ...named, 'mcp-session-id': '{http}' } },
      expect: status(405),
    },
    {
      name: 'that names the revision: a handshake is none there',
      ask: { headers: { ...json, ...named, 'mcp-method': 'initialize' }, body: handshake },
      expect: status(400, 404),
    },
    {
      name: 'that names the revision: another content type is 415',
      ask: { headers: { ...named, 'content-type': 'text/plain' }, body: list },
      expect: status(415),
    },
    {
      name: 'that names the revision: an answer is not taken',
      over: ['modern'],
      exact: true,
      send: { jsonrpc: '2.0', id: 7, result: {} },
      expect: either(silence, status(400)),
    },
    {
      name: 'that names the revision: a notification is acknowledged or refused',
      over: ['modern'],
      exact: true,
      send: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } },
      expect: either(silence, status(400)),
    },
  ],
}

function nameIn(message: object): string {
  return 'method' in message ? String(message.method) : ''
}
