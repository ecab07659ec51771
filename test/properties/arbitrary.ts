/** Messages by chance: any JSON, what looks like JSON-RPC, and right messages with something changed in them. */
import fc from 'fast-check'
import { handshake, notification, request } from '../fakes/wire.ts'
import { modernRequest } from '../hostile/modern.ts'

/** Names that mean something to JavaScript among those that mean nothing. */
const names = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'valueOf', 'length', ''),
)

export const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300, 2 ** 53, ''),
    fc.integer(),
    names,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(fromEntries),
  ),
})).value

/** As parsing makes it: a member may be called __proto__ without being the prototype. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): unknown {
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? 'null'}`).join(',')}}`)
}

const methods = [
  'ping',
  'initialize',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'server/discover',
]

const sometimes = <T>(likely: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: likely as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: json })

/** Members of JSON-RPC, each there or not, right or not. */
export const rpcLike: fc.Arbitrary<unknown> = fc
  .record(
    {
      jsonrpc: sometimes(fc.constant('2.0')),
      id: sometimes(fc.oneof(fc.integer(), fc.string())),
      method: sometimes(fc.constantFrom(...methods)),
      params: sometimes(
        fc.record(
          {
            name: sometimes(fc.constantFrom('echo', 'later', 'steps', 'greet')),
            uri: sometimes(fc.constant('notes://1')),
            arguments: json,
            cursor: json,
            _meta: json,
            level: json,
            ref: json,
            argument: json,
            requestId: json,
          },
          { requiredKeys: [] },
        ),
      ),
      result: json,
      error: json,
    },
    { requiredKeys: [] },
  )
  .map(dropped)

/** Mostly a message asks or answers, not both. */
function dropped(message: Record<string, unknown>): unknown {
  const { result, error, ...asks } = message
  return 'method' in asks ? asks : message
}

const right: readonly object[] = [
  handshake(),
  request('ping'),
  request('tools/list', { cursor: '' }),
  request('tools/call', { name: 'echo', arguments: { message: 'x' } }),
  request('tools/call', { name: 'steps', _meta: { progressToken: 1 } }),
  request('resources/read', { uri: 'notes://1' }),
  request('prompts/get', { name: 'greet', arguments: { name: 'x' } }),
  request('completion/complete', { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'name', value: 'x' } }),
  request('logging/setLevel', { level: 'info' }),
  notification('notifications/cancelled', { requestId: 2 }),
  { jsonrpc: '2.0', id: 3, result: { a: [1] } },
  { jsonrpc: '2.0', id: 3, error: { code: 1, message: 'x' } },
]

const modern: readonly object[] = [
  modernRequest('server/discover'),
  modernRequest('tools/list', { cursor: '' }),
  modernRequest('tools/call', { name: 'echo', arguments: { message: 'x' } }),
  modernRequest('tools/call', { name: 'steps' }, { progressToken: 1, 'io.modelcontextprotocol/logLevel': 'debug' }),
  modernRequest('resources/read', { uri: 'notes://1' }),
  modernRequest('prompts/get', { name: 'greet', arguments: { name: 'x' }, requestState: 'x', inputResponses: { a: {} } }),
]

export const mutatedModern = fc.constantFrom(...modern).chain(mutated)
/** A right message with one thing changed in it. */
export const mutant: fc.Arbitrary<unknown> = fc.constantFrom(...right, ...modern).chain(mutated)

export const anyMessage = fc.oneof(json, rpcLike, mutant)

function mutated(message: object): fc.Arbitrary<unknown> {
  const count = spotsIn(message).length
  return fc.tuple(fc.nat(count - 1), fc.constantFrom('replace', 'remove', 'double'), json).map(([at, how, value]) => {
    const copy = structuredClone(message)
    const { owner, key } = spotsIn(copy)[at]!
    if (how === 'replace') owner[key] = value
    else if (how === 'remove') delete owner[key]
    else owner[key] = [owner[key], owner[key]]
    return copy
  })
}

interface Spot {
  readonly owner: Record<string, unknown>
  readonly key: string
}

function spotsIn(value: object): Spot[] {
  const owner = value as Record<string, unknown>
  return Object.keys(owner).flatMap((key) => {
    const below = owner[key]
    return [{ owner, key }, ...(typeof below === 'object' && below !== null ? spotsIn(below) : [])]
  })
}
