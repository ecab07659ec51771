/** Completion, subscriptions, prompts and templates: what is referred to, and with what. */
import { request } from '../../fakes/wire.ts'
import { answered, badParams, either, refused, result, toolError } from '../classes.ts'
import { type Entry, type Subject, session, ways } from '../entry.ts'
import { shown } from '../shown.ts'

type Params = Record<string, unknown>

const greet = { type: 'ref/prompt', name: 'greet' }
const argument = { name: 'name', value: 'x' }

const wrong: readonly Params[] = [
  {},
  { ref: greet },
  { argument },
  { ref: null, argument },
  { ref: 'greet', argument },
  { ref: [], argument },
  { ref: {}, argument },
  { ref: { type: 'ref/tool', name: 'echo' }, argument },
  { ref: { type: 'ref/prompt' }, argument },
  { ref: { type: 'ref/prompt', name: 5 }, argument },
  { ref: { type: 'ref/prompt', uri: 'notes://note/{id}' }, argument },
  { ref: { type: 'ref/resource', name: 'greet' }, argument },
  { ref: { type: 'ref/prompt', name: 'no_such_prompt' }, argument },
  { ref: { type: 'ref/prompt', name: '__proto__' }, argument },
  { ref: { type: 'ref/prompt', name: 'p'.repeat(1024 * 1024) }, argument },
  { ref: greet, argument: null },
  { ref: greet, argument: 'name' },
  { ref: greet, argument: [] },
  { ref: greet, argument: {} },
  { ref: greet, argument: { name: 'name' } },
  { ref: greet, argument: { value: 'x' } },
  { ref: greet, argument: { name: 5, value: 'x' } },
  { ref: greet, argument: { name: 'name', value: 5 } },
  { ref: greet, argument: { name: 'name', value: null } },
]

/** Whether these are wrong is left open. */
const strange: readonly Params[] = [
  { ref: greet, argument: { name: 'no_such_argument', value: 'x' } },
  { ref: greet, argument: { name: '__proto__', value: 'x' } },
  { ref: greet, argument: { name: 'constructor', value: 'x' } },
  { ref: greet, argument: { name: 'name', value: 'v'.repeat(1024 * 1024) } },
  { ref: greet, argument, context: 'x' },
  { ref: greet, argument, context: [] },
  { ref: greet, argument, context: { arguments: 'x' } },
  { ref: greet, argument, context: { arguments: { name: 5 } } },
  { ref: { type: 'ref/resource', uri: 'notes://note/a' }, argument },
]

const gets: readonly Params[] = [
  { name: 'greet' },
  { name: 'greet', arguments: {} },
  { name: 'greet', arguments: null },
  { name: 'greet', arguments: 'x' },
  { name: 'greet', arguments: ['x'] },
  { name: 'greet', arguments: { name: 5 } },
  { name: 'greet', arguments: { name: null } },
  { name: 'greet', arguments: { name: {} } },
  { name: 'greet', arguments: { name: ['x'] } },
  { name: 'greet', arguments: { Name: 'x' } },
]

const uris: readonly Params[] = [{}, { uri: null }, { uri: 5 }, { uri: [] }, { uri: {} }]
const notes = [
  'notes://note/',
  'notes://note/a/b',
  'notes://note/..%2f..',
  'notes://note/%00',
  'notes://note/%',
  'notes://note/%ff',
  'notes://note/{id}',
  'notes://note/__proto__',
  'notes://note/\n',
  `notes://note/${'n'.repeat(2000)}`,
]

const refuse = (method: string, params: Params): Entry => ({
  name: `${method} with ${shown(params)} is refused`,
  over: session,
  send: request(method, params, 7),
  expect: badParams(7),
})

export const completion: Subject = {
  name: 'what is referred to',
  entries: [
    ...wrong.map((params) => refuse('completion/complete', params)),
    ...strange.map(
      (params): Entry => ({
        name: `completion/complete with ${shown(params)} is answered`,
        over: session,
        send: request('completion/complete', params, 7),
        expect: answered(7),
      }),
    ),
    ...gets.map((params) => refuse('prompts/get', params)),
    ...['resources/subscribe', 'resources/unsubscribe'].flatMap((method) => uris.map((params) => refuse(method, params))),
    {
      name: 'subscribing to nothing is refused',
      over: session,
      send: request('resources/subscribe', { uri: 'nowhere://at/all' }, 7),
      expect: refused([-32002, -32602], 7),
    },
    {
      name: 'subscribing to a megabyte is refused',
      over: session,
      send: request('resources/subscribe', { uri: 'u'.repeat(1024 * 1024) }, 7),
      expect: refused([-32002, -32602], 7),
    },
    {
      name: 'unsubscribing from what was not subscribed to is answered',
      over: session,
      send: request('resources/unsubscribe', { uri: 'nowhere://at/all' }, 7),
      expect: answered(7),
    },
    {
      name: 'subscribing twice is once',
      over: session,
      steps: [
        request('resources/subscribe', { uri: 'notes://all' }, 7),
        request('resources/subscribe', { uri: 'notes://all' }, 8),
        request('resources/unsubscribe', { uri: 'notes://all' }, 9),
      ],
      expect: { kind: 'all', of: [result(7), result(8), result(9)] },
    },
    ...notes.map(
      (uri): Entry => ({
        name: `the note ${shown(uri)} is read or unknown`,
        over: ways,
        send: request('resources/read', { uri }, 7),
        expect: either(result(7), refused([-32002, -32602], 7)),
      }),
    ),
    {
      name: 'a resource that cannot be read is an error without its text',
      over: session,
      send: request('resources/read', { uri: 'broken://note' }, 7),
      expect: refused(-32603, 7),
      logs: 1,
    },
    {
      name: 'proposals that fail are an error without its text',
      over: session,
      send: request('completion/complete', { ref: greet, argument: { name: 'broken', value: '' } }, 7),
      expect: refused(-32603, 7),
      logs: 1,
    },
    {
      name: 'a tool that asks whom it cannot ask says so',
      over: session,
      send: request('tools/call', { name: 'asks' }, 7),
      expect: either(toolError(7), refused([-32021, -32602], 7)),
    },
  ],
}
