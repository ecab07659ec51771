/** Values in values in values: what is walked through by recursion must not be walked through. */
import { either, notJson, notRpc, refused, result, silence } from '../classes.ts'
import { type Expected, type Subject, ways } from '../entry.ts'

const lists = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const call = (value: string) =>
  `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"anything","arguments":{"a":${value}}}}`
const request = (member: string, value: string) =>
  `{"jsonrpc":"2.0","id":7,"method":"tools/list",${JSON.stringify(member)}:${value}}`

/** Whether the id can be told without reading all of it is left open. */
const tooDeep: Expected = either(notRpc(), notRpc(7))

const inputs: readonly (readonly [string, () => string, Expected?])[] = [
  ['lists 70 deep in the arguments', () => call(lists(70))],
  ['lists 1,000 deep in the arguments', () => call(lists(1000))],
  ['lists 100,000 deep in the arguments', () => call(lists(100_000))],
  ['lists a million deep in the arguments', () => call(lists(1_000_000))],
  ['objects 70 deep in the arguments', () => call(objects(70))],
  ['objects 100,000 deep in the arguments', () => call(objects(100_000))],
  ['lists and objects by turns, 100,000 deep', () => call(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`)],
  ['params 100,000 deep', () => request('params', objects(100_000))],
  ['an id 100,000 deep', () => request('id', lists(100_000))],
  ['a method 100,000 deep', () => request('method', lists(100_000)), either(notRpc(), notRpc(7))],
  ['a member that nobody knows, 100,000 deep', () => request('extra', lists(100_000))],
  ['a member called __proto__, 100,000 deep', () => request('__proto__', objects(100_000))],
  ['nothing but a million lists', () => lists(1_000_000)],
  ['nothing but a million opened lists', () => '['.repeat(1_000_000), either(notJson, notRpc())],
  ['nothing but a million opened objects', () => '{"a":'.repeat(800_000), either(notJson, notRpc())],
  ['nothing but a million closed lists', () => ']'.repeat(1_000_000), notJson],
  ['brackets that do not match, 100,000 deep', () => `${'['.repeat(100_000)}${'}'.repeat(100_000)}`, either(notJson, notRpc())],
  [
    'a deep error that answers nothing',
    () => `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"","data":${lists(100_000)}}}`,
    either(tooDeep, silence),
  ],
]

const handshake = (value: string) =>
  `{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"x","version":"1"},"capabilities":{"experimental":{"a":${value}}}}}`

export const deep: Subject = {
  name: 'depth',
  entries: [
    ...inputs.map(([what, send, expect = tooDeep]) => ({ name: `${what}: refused`, over: ways, send, expect })),
    {
      name: 'capabilities 100,000 deep: refused',
      over: ['http', 'sse', 'ws', 'stdio'],
      fresh: true,
      send: () => handshake(objects(100_000)),
      expect: tooDeep,
    },
    {
      name: 'lists 50 deep in the arguments: taken',
      over: ways,
      send: call(lists(50)),
      expect: result(7),
      but: { modern: refused(-32602, 7, { status: 400 }) },
    },
    {
      name: 'brackets in a text: no depth at all',
      over: ways,
      send: {
        jsonrpc: '2.0',
        id: 7,
        method: 'tools/call',
        params: { name: 'echo', arguments: { message: '[{'.repeat(50_000) } },
      },
      expect: result(7),
    },
    {
      name: 'many lists side by side: no depth at all',
      over: ways,
      send: {
        jsonrpc: '2.0',
        id: 7,
        method: 'tools/call',
        params: { name: 'anything', arguments: { a: Array.from({ length: 5000 }, () => []) } },
      },
      expect: result(7),
    },
  ],
}
