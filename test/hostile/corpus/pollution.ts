/** Names that mean something to JavaScript: none of them may reach what other objects are made from. */
import { call } from '../../fakes/wire.ts'
import { all, answered, badParams, notRpc, refused, result, silence } from '../classes.ts'
import { type Entry, type Expected, type Subject, session, ways } from '../entry.ts'

/** As text, because a literal with this name would be a literal with that prototype. */
const proto = '"__proto__":{"admin":true,"polluted":true,"isError":true,"scopes":["admin"]}'
const request = (method: string, params: string) => `{"jsonrpc":"2.0","id":7,"method":"${method}","params":{${params}}}`

const inputs: readonly (readonly [string, string, Expected])[] = [
  ['in the arguments', request('tools/call', `"name":"anything","arguments":{${proto}}`), result(7)],
  ['deep in the arguments', request('tools/call', `"name":"anything","arguments":{"a":[{"b":{${proto}}}]}`), result(7)],
  [
    'as constructor.prototype',
    request('tools/call', '"name":"anything","arguments":{"constructor":{"prototype":{"polluted":true}}}'),
    result(7),
  ],
  ['as an argument that is not allowed', request('tools/call', `"name":"picky","arguments":{"id":1,${proto}}`), answered(7)],
  ['instead of the arguments', request('tools/call', '"name":"echo","__proto__":{"arguments":{"message":"x"}}'), answered(7)],
  ['with the name of the tool', request('tools/call', '"__proto__":{"name":"echo"},"arguments":{"message":"x"}'), badParams(7)],
  ['in the params', request('tools/list', proto), result(7)],
  ['in _meta', request('tools/call', `"name":"anything","_meta":{${proto}}`), answered(7)],
  ['with a progress token', request('tools/call', '"name":"steps","_meta":{"__proto__":{"progressToken":1}}'), answered(7)],
  ['in the message', `{"jsonrpc":"2.0","id":7,"method":"tools/list",${proto}}`, result(7)],
  ['as a prototype with a cursor', request('tools/list', '"__proto__":{"cursor":"x"}'), result(7)],
  ['as a tool with arguments', request('tools/call', `"name":"__proto__","arguments":{${proto}}`), badParams(7)],
  ['as a prompt', request('prompts/get', `"name":"constructor","arguments":{${proto}}`), badParams(7)],
  ['as a resource', request('resources/read', '"uri":"__proto__"'), refused([-32002, -32602], 7)],
  [
    'as toString',
    request('tools/call', '"name":"anything","arguments":{"toString":1,"valueOf":2,"toJSON":3,"then":4,"hasOwnProperty":5}'),
    result(7),
  ],
  ['as length', request('tools/call', '"name":"anything","arguments":{"length":4294967295,"0":1}'), result(7)],
  [
    'as names of numbers',
    request('tools/call', '"name":"anything","arguments":{"4294967295":1,"-1":2,"1e9":3,"NaN":4}'),
    result(7),
  ],
]

const isClean = result(8, { content: [{ type: 'text', text: 'clean' }] })

export const pollution: Subject = {
  name: 'prototypes',
  entries: [
    ...inputs.map(
      ([what, send, expect]): Entry => ({
        name: `${what} stay as they were`,
        over: session,
        steps: [send, call('clean', {}, 8)],
        expect: all(expect, isClean),
      }),
    ),
    {
      name: 'that make a message out of nothing are no message',
      over: ways,
      send: '{"__proto__":{"jsonrpc":"2.0","id":7,"method":"tools/list"}}',
      expect: notRpc(),
    },
    {
      name: 'in a handshake stay as they were',
      over: ['sse', 'ws'],
      fresh: true,
      steps: [
        request(
          'initialize',
          `"protocolVersion":"2025-11-25","clientInfo":{"name":"x","version":"1",${proto}},"capabilities":{${proto},"experimental":{${proto}}}`,
        ),
        call('clean', {}, 8),
      ],
      expect: all(answered(7), isClean),
    },
    {
      name: 'in a notification stay as they were',
      over: session,
      steps: [
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{${proto},"requestId":"__proto__"}}`,
        call('clean', {}, 8),
      ],
      expect: all(silence, isClean),
    },
    {
      name: 'in an answer stay as they were',
      over: session,
      steps: [`{"jsonrpc":"2.0","id":"__proto__","result":{${proto}}}`, call('clean', {}, 8)],
      expect: all(silence, isClean),
    },
  ],
}
