/** Params of the wrong shape, method by method. */
import { request } from '../../fakes/wire.ts'
import { answered, badParams, headersTooLarge, refused, result, toolError } from '../classes.ts'
import { type Entry, type Expected, type Subject, session, ways } from '../entry.ts'
import { fitsHeader } from '../modern.ts'
import { shown } from '../shown.ts'

type Params = Record<string, unknown>

const lists = ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list']
const cursors: readonly unknown[] = [
  'abc',
  'MTA=',
  '__proto__',
  0,
  null,
  true,
  {},
  [],
  [['']],
  // Made a text without a look, this one would throw.
  { toString: 1, valueOf: 1 },
  'c'.repeat(1024 * 1024),
]
/** As the server makes them, and what only looks like it: were they taken, each would be one more page to remember. */
const cursorOf = (value: unknown, spaces = 0) => Buffer.from(JSON.stringify(value, null, spaces)).toString('base64url')
const forged = [
  `${cursorOf(['tools', 'echo'])}${'!'.repeat(1024 * 1024)}`,
  `${cursorOf(['tools', 'echo'])}!!!!`,
  `${cursorOf(['tools', 'echo'])}\n`,
  `${cursorOf(['tools', 'echo'])}====`,
  cursorOf(['tools', 'echo'], 2),
  cursorOf(['tools', 'echo', 1]),
  cursorOf(['resources', 'echo']),
  cursorOf(['tools', 'no_such_tool']),
  cursorOf({ 0: 'tools', 1: 'echo' }),
]

const calls: readonly Params[] = [
  {},
  { name: null },
  { name: 5 },
  { name: true },
  { name: [] },
  { name: ['echo'] },
  { name: {} },
  { name: '' },
  { name: 'Echo' },
  { name: ' echo' },
  { name: 'echo\0' },
  { name: 'no_such_tool' },
  { name: '../echo' },
  { name: '__proto__' },
  { name: 'constructor' },
  { name: 't'.repeat(1024 * 1024) },
  { name: 'echo', arguments: 'x' },
  { name: 'echo', arguments: 5 },
  { name: 'echo', arguments: true },
  { name: 'echo', arguments: [] },
  { name: 'echo', arguments: ['hello'] },
  { name: 'no_such_tool', arguments: 'x' },
  { tool: 'echo', input: { message: 'x' } },
  { command: 'echo', params: { message: 'x' } },
]

/** What the schema of a tool does not allow is the model's business. */
const wrongArguments: readonly (readonly [string, unknown])[] = [
  ['echo', undefined],
  ['echo', null],
  ['echo', {}],
  ['echo', { message: null }],
  ['echo', { message: 5 }],
  ['echo', { message: ['x'] }],
  ['echo', { message: 'x', extra: 1 }],
  ['echo', { Message: 'x' }],
  ['echo', { message: 'x', ['e'.repeat(100_000)]: 1 }],
  ['echo', { message: Array(1000).fill('x'.repeat(100)) }],
  ['picky', {}],
  ['picky', { id: 0 }],
  ['picky', { id: 10 }],
  ['picky', { id: 1.5 }],
  ['picky', { id: '1' }],
  ['picky', { id: null }],
  ['picky', { id: 1e308 }],
  ['picky', { id: 1, kind: 'c' }],
  ['picky', { id: 1, kind: 'k'.repeat(100_000) }],
  ['picky', { id: 1, kind: { a: 'a' } }],
  ['picky', { id: 1, mail: 'nobody' }],
  ['picky', { id: 1, mail: `${'m'.repeat(100_000)}@example.com` }],
  ['picky', { id: 1, mail: `${'a.'.repeat(50_000)}@` }],
  ['picky', { id: 1, lines: {} }],
  ['picky', { id: 1, lines: [{}, {}] }],
  ['picky', { id: 1, lines: [{ n: 'x' }] }],
  ['picky', { id: 1, lines: Array(9000).fill(0) }],
  ['gives', { what: 'something else' }],
]

const reads: readonly Params[] = [
  {},
  { uri: null },
  { uri: 5 },
  { uri: [] },
  { uri: {} },
  { uri: ['notes://all'] },
  { name: 'notes://all' },
]
const nowhere = [
  '',
  ' ',
  'nowhere',
  'nowhere://at/all',
  'file:///etc/passwd',
  'file:///../../etc/passwd',
  '../../../etc/passwd',
  '/etc/passwd',
  'http://127.0.0.1:1/',
  'data:text/plain,hello',
  'javascript:alert(1)',
  '{+x}',
  'notes://{id}',
  'http://[::1',
  'a:\0',
  `notes://${'%2e%2e/'.repeat(1000)}`,
  'u'.repeat(1024 * 1024),
]

const prompts: readonly Params[] = [
  {},
  { name: null },
  { name: 5 },
  { name: {} },
  { name: '' },
  { name: 'no_such_prompt' },
  { name: 'constructor' },
  { name: 'p'.repeat(1024 * 1024) },
  { name: 'no_such_prompt', arguments: [] },
  { name: 'no_such_prompt', arguments: 'x' },
]

const levels: readonly Params[] = [
  {},
  { level: null },
  { level: 5 },
  { level: 0 },
  { level: 'loud' },
  { level: 'INFO' },
  { level: 'warn' },
  { level: 'info ' },
  { level: [] },
  { level: ['info'] },
  { level: {} },
  { level: '__proto__' },
  { level: 'l'.repeat(1024 * 1024) },
]

const metas: readonly unknown[] = [null, 'x', 5, true, [], [1]]

const refuse = (method: string, over: Entry['name'], all: readonly Params[], expect: Expected = badParams(7)): Entry[] =>
  all.map((params) => ({
    name: `${method} with ${shown(params)} ${over}`,
    over: method === 'logging/setLevel' ? session : ways,
    send: request(method, params, 7),
    expect,
    but: { modern: fitsHeader(params.name) && fitsHeader(params.uri) ? badParams(7) : headersTooLarge },
  }))

export const wrongParams: Subject = {
  name: 'params',
  entries: [
    ...lists.flatMap((method) =>
      refuse(
        method,
        'is refused',
        cursors.map((cursor) => ({ cursor })),
      ),
    ),
    ...lists.map(
      (method): Entry => ({
        name: `${method} with an empty cursor begins at the beginning`,
        over: ways,
        send: request(method, { cursor: '' }, 7),
        expect: result(7),
      }),
    ),
    ...refuse(
      'tools/list',
      'is refused',
      forged.map((cursor) => ({ cursor })),
    ),
    ...refuse('tools/call', 'is refused', calls),
    ...wrongArguments.map(
      ([name, values]): Entry => ({
        name: `the tool ${name} says what is wrong with ${shown(values)}`,
        over: ways,
        send: request('tools/call', { name, arguments: values }, 7),
        expect: toolError(7),
      }),
    ),
    ...refuse('resources/read', 'is refused', reads),
    ...refuse(
      'resources/read',
      'reads nothing',
      nowhere.map((uri) => ({ uri })),
      refused([-32002, -32602], 7),
    ),
    ...refuse('prompts/get', 'is refused', prompts),
    ...refuse('logging/setLevel', 'is refused', levels),
    ...metas.map(
      (_meta): Entry => ({
        name: `_meta that is ${shown(_meta)} is refused or passed over`,
        over: session,
        send: request('tools/call', { name: 'anything', _meta }, 7),
        expect: answered(7),
      }),
    ),
  ],
}
