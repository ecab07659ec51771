/** JSON that is no JSON-RPC message, or only almost one. */
import { answered, either, notRpc, result, silence, status } from '../classes.ts'
import { type Entry, type Payload, type Subject, session, ways } from '../entry.ts'

const ping = { jsonrpc: '2.0', id: 7, method: 'tools/list' }
const { jsonrpc: _, ...withoutVersion } = ping

/** @param id where the error must carry it, because it can be told */
const wrong: readonly (readonly [string, Payload, id?: number])[] = [
  ['null', null],
  ['true', true],
  ['zero', 0],
  ['a number', 12],
  ['a text', '"tools/list"'],
  ['a message inside a text', JSON.stringify(JSON.stringify(ping))],
  ['an empty object', {}],
  ['an object of something else', { hello: 'world' }],
  ['a message inside an object', { message: ping }],
  ['a message without its version', withoutVersion, 7],
  ['a version that is a number', { ...ping, jsonrpc: 2 }, 7],
  ['version 1.0', { ...ping, jsonrpc: '1.0' }, 7],
  ['version 2', { ...ping, jsonrpc: '2' }, 7],
  ['version 2.1', { ...ping, jsonrpc: '2.1' }, 7],
  ['a version with a blank', { ...ping, jsonrpc: ' 2.0' }, 7],
  ['a version in a list', { ...ping, jsonrpc: ['2.0'] }, 7],
  ['a version that is null', { ...ping, jsonrpc: null }, 7],
  ['a version of MCP in its place', { ...ping, jsonrpc: '2025-11-25' }, 7],
  ['capital names', { JSONRPC: '2.0', ID: 7, METHOD: 'tools/list' }],
  ['a capital name for the method', { jsonrpc: '2.0', id: 7, Method: 'tools/list' }, 7],
  ['JSON-RPC 1.0', { method: 'tools/list', params: [], id: 7 }, 7],
  ['an id and nothing else', { jsonrpc: '2.0', id: 7 }, 7],
  ['a version and nothing else', { jsonrpc: '2.0' }],
  ['params without a method', { jsonrpc: '2.0', id: 7, params: {} }, 7],
  ['a method that is null', { ...ping, method: null }, 7],
  ['a method that is a number', { ...ping, method: 5 }, 7],
  ['a method that is true', { ...ping, method: true }, 7],
  ['a method in a list', { ...ping, method: ['tools/list'] }, 7],
  ['a method in an object', { ...ping, method: { name: 'tools/list' } }, 7],
  ['params that are null', { ...ping, params: null }, 7],
  ['params that are a text', { ...ping, params: 'x' }, 7],
  ['params that are a number', { ...ping, params: 5 }, 7],
  ['params that are false', { ...ping, params: false }, 7],
  ['params that are an empty list', { ...ping, params: [] }, 7],
  ['params by position', { ...ping, params: ['echo', { message: 'x' }] }, 7],
  ['a method that is no text, without an id', { jsonrpc: '2.0', method: 5 }],
]

const others: readonly Entry[] = [
  {
    name: 'members that nobody knows do no harm',
    over: ways,
    send: { ...ping, extra: [1, 2], token: null, '': '' },
    expect: result(7),
  },
  {
    name: 'of a method that stands twice one is taken',
    over: session,
    send: '{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/list"}',
    expect: result(7),
  },
  {
    name: 'of an id that stands twice one is taken',
    over: session,
    send: '{"jsonrpc":"2.0","id":8,"id":7,"method":"tools/list"}',
    expect: result(7),
  },
  { name: 'a request that is an answer too gets one answer', over: session, send: { ...ping, result: {} }, expect: answered(7) },
  {
    name: 'a request that is an error too gets one answer',
    over: session,
    send: { ...ping, error: { code: 1, message: 'x' } },
    expect: answered(7),
  },
  // JSON-RPC 2.0, section 4.1: whoever sends a notification does not hear of what is wrong with its params.
  ...[[], 'x', 5, null].map(
    (params): Entry => ({
      name: `a notification with params that are ${JSON.stringify(params)} is not answered`,
      over: session,
      send: { jsonrpc: '2.0', method: 'notifications/initialized', params },
      expect: silence,
      but: { http: either(silence, status(400)) },
    }),
  ),
]

export const shapes: Subject = {
  name: 'what is no JSON-RPC',
  entries: [
    ...wrong.map(([what, send, id]) => ({ name: `${what} is refused`, over: ways, send, expect: notRpc(id) })),
    ...others,
  ],
}
