/** 2026-07-28: what every request must say of itself in `_meta`, missing, wrong or strange; and methods that this revision has no more. */
import type { Json } from '../../../app/call.ts'
import { answered, either, headersTooLarge, refused, result, unknownMethod } from '../classes.ts'
import { type Entry, modernWays, type Subject } from '../entry.ts'
import { fitsHeader, metaKeys, modernRequest, modernVersion } from '../modern.ts'
import { shown } from '../shown.ts'

const malformed = refused(-32602, 7, { status: 400 })
const nothings: readonly unknown[] = [null, 'x', '', 5, true, [], ['x']]

/** Without a word of the revision in it, a message is one of that only where the header says so. */
const metas: readonly unknown[] = [undefined, ...nothings, {}, { progressToken: 1 }, { [metaKeys.capabilities]: {} }]

const wrong: readonly Json[] = [
  ...[null, 5, true, {}, [], ['2026-07-28']].map((version) => ({ [metaKeys.version]: version })),
  ...[undefined, ...nothings].map((capabilities) => ({ [metaKeys.capabilities]: capabilities })),
  ...nothings.map((client) => ({ [metaKeys.client]: client })),
  ...['loud', '', 'INFO', 5, null, {}, [], '__proto__', 'l'.repeat(100_000)].map((level) => ({ [metaKeys.level]: level })),
]

const strange: readonly Json[] = [
  { [metaKeys.client]: {} },
  { [metaKeys.client]: { name: 5, version: [] } },
  { [metaKeys.client]: { name: 'n'.repeat(100_000), version: '1' } },
  { [metaKeys.capabilities]: { elicitation: 'yes', sampling: 5, roots: null, extensions: [] } },
  { [metaKeys.capabilities]: JSON.parse('{"__proto__":{"elicitation":{}}}') },
  { 'io.modelcontextprotocol/unknown': { a: 1 } },
  { 'io.modelcontextprotocol/subscriptionId': 5 },
  { 'io.modelcontextprotocol/serverInfo': 'switchyard' },
  { traceparent: 'not a trace', tracestate: 5, baggage: {} },
  { '': 1, '/': 2, 'a/b/c': 3 },
]

const versions = [
  '',
  ' ',
  '1999-01-01',
  '2025-11-25',
  '2026-07-29',
  '2026-07-2',
  'latest',
  'DRAFT-2026-v1',
  '__proto__',
  '2026-07-28 ',
  'v'.repeat(100_000),
]

const removed = [
  'ping',
  'initialize',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'roots/list',
  'sampling/createMessage',
  'elicitation/create',
  'notifications/initialized',
  'tasks/list',
  'tasks/result',
  'server/Discover',
  'subscriptions/unlisten',
]

export const modernEnvelope: Subject = {
  name: 'in 2026-07-28 a request',
  entries: [
    ...metas.map(
      (_meta): Entry => ({
        name: `whose _meta is ${shown(_meta)} is refused`,
        over: ['modern'],
        exact: true,
        send: { jsonrpc: '2.0', id: 7, method: 'tools/list', params: _meta === undefined ? {} : { _meta } },
        expect: malformed,
      }),
    ),
    {
      name: 'without params is refused',
      over: ['modern'],
      exact: true,
      send: { jsonrpc: '2.0', id: 7, method: 'tools/list' },
      expect: malformed,
    },
    ...wrong.map(
      (more): Entry => ({
        name: `with ${shown(more)} is refused`,
        over: modernWays,
        send: modernRequest('tools/list', {}, more),
        expect: malformed,
      }),
    ),
    ...strange.map(
      (more): Entry => ({
        name: `with ${shown(more)} is taken`,
        over: modernWays,
        send: modernRequest('tools/list', {}, more),
        expect: result(7),
      }),
    ),
    ...[null, true, 1.5, {}, ['x']].map(
      (progressToken): Entry => ({
        name: `with the progress token ${shown(progressToken)} brings no progress`,
        over: modernWays,
        send: modernRequest('tools/call', { name: 'steps' }, { progressToken }),
        expect: either(malformed, result(7)),
        quiet: true,
      }),
    ),
    ...versions.map(
      (version): Entry => ({
        name: `of the version ${shown(version)} is told which there are`,
        over: modernWays,
        send: modernRequest('tools/list', {}, { [metaKeys.version]: version }),
        expect: refused(-32022, 7, { status: 400, ...(version.length < 40 ? { data: { requested: version } } : {}) }),
        // Blanks do not arrive at the end of a header.
        but: fitsHeader(version)
          ? version.trim() === version
            ? {}
            : { modern: refused([-32020, -32022], 7, { status: 400 }) }
          : { modern: headersTooLarge },
      }),
    ),
    {
      name: 'of a version that is not spoken gets the list of those that are',
      over: modernWays,
      send: modernRequest('server/discover', {}, { [metaKeys.version]: '2099-01-01' }),
      expect: refused(-32022, 7, { status: 400, data: { supported: [modernVersion], requested: '2099-01-01' } }),
    },
    ...removed.map(
      (method): Entry => ({
        name: `for ${method} is unknown there`,
        over: modernWays,
        send: modernRequest(method, { level: 'info', uri: 'notes://all' }),
        expect: unknownMethod(7),
      }),
    ),
    {
      name: 'in a session over HTTP, without the headers of the revision, is refused',
      over: ['http'],
      send: modernRequest('tools/list'),
      expect: refused(-32020, 7, { status: 400 }),
    },
    {
      name: 'with a broken tool is an error without its text',
      over: modernWays,
      send: modernRequest('tools/call', { name: 'broken' }),
      expect: either(refused(-32603, 7), { kind: 'toolError', id: 7 }),
      logs: 1,
    },
    {
      name: 'in a session of another era is answered all the same',
      over: ['sse', 'ws', 'stdio'],
      version: '2024-11-05',
      send: modernRequest('server/discover'),
      expect: answered(7),
    },
    {
      name: 'without an id is not answered',
      over: ['sse', 'ws', 'stdio'],
      send: { ...modernRequest('tools/list'), id: undefined },
      expect: { kind: 'silence' },
    },
    {
      name: 'with the id null is refused',
      over: modernWays,
      send: { ...modernRequest('tools/list'), id: null },
      expect: refused(-32600),
    },
    {
      name: 'with params by position is refused',
      over: modernWays,
      send: { ...modernRequest('tools/list'), params: [] },
      expect: refused(-32600, 7),
    },
    { name: 'in a list is refused', over: modernWays, send: [modernRequest('tools/list')], expect: refused(-32600) },
  ],
}
