/**
 * Sessions, streams, tasks, jobs and handles belong to the caller who opened them. For anybody else they do not exist: what comes back is,
 * byte for byte, what comes back for an id that was never given to anybody.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller, Json } from '../app/call.ts'
import { packageRoot } from '../app/root.ts'
import { secretKey } from './fakes/keys.ts'
import { headersFor, modern, retry } from './fakes/modern.ts'
import { acceptBoth, call, handshake, notification, post, request } from './fakes/wire.ts'
import { start, type TestSystem } from './start.ts'

let system: TestSystem
/** What a key may open, and its headers. */
let owner: Record<string, string>
let other: Record<string, string>

beforeAll(async () => {
  const commands = { commands_directory: join(packageRoot, 'test', 'fakes', 'task-commands') }
  system = await start({ env: { SECRET_KEY: secretKey }, flags: { auth: 'required' }, file: { commands } })
  const admin: Caller = { id: 'user:test', name: 'test', scopes: ['read', 'call', 'admin'] }
  const key = async (name: string) => {
    const made = await system.yard.switch.call({
      kind: 'tool',
      name: 'key_create',
      arguments: { name },
      caller: admin,
      via: 'cli',
    })
    return { authorization: `Bearer ${(made.structuredContent as { api_key: string }).api_key}` }
  }
  ;[owner, other] = [await key('owner'), await key('other')]
}, 60_000)
afterAll(() => system?.stop())

/** Status, headers that say something, and body, without the id that was asked for. */
async function told(asked: Promise<Response>, id: string): Promise<string> {
  const response = await asked
  const body = response.headers.get('content-type') === 'text/event-stream' ? 'a stream' : await response.text()
  if (body === 'a stream') await response.body?.cancel()
  const names = ['content-type', 'mcp-session-id', 'www-authenticate', 'retry-after', 'content-length']
  const said = names.map((name) => `${name}: ${response.headers.get(name)}`)
  return [response.status, ...said, body].join('\n').replaceAll(id, '<id>')
}

const openSession = async (headers: Record<string, string>, abilities: Json = {}) => {
  const shake = handshake()
  const begun = await post(`${system.url}/mcp`, { ...shake, params: { ...shake.params, capabilities: abilities } }, headers)
  await begun.text()
  const session = { ...headers, 'mcp-session-id': begun.headers.get('mcp-session-id')! }
  await (await post(`${system.url}/mcp`, notification('notifications/initialized'), session)).text()
  return session
}

/** Another id of the same form. */
const invented = (id: string) => id.replace(/[0-9a-f]/g, (digit) => ((Number.parseInt(digit, 16) + 7) % 16).toString(16))

interface Handle {
  /** Opens something for the owner. @returns its id */
  open(): Promise<string>
  /** What can be done with the id, in order; the owner does it last. */
  readonly uses: Record<string, (id: string, headers: Record<string, string>) => Promise<Response>>
}

const mcp = (body: unknown, headers: Record<string, string>) => post(`${system.url}/mcp`, body, headers)
const streaming = (headers: Record<string, string>) =>
  fetch(`${system.url}/mcp`, { headers: { accept: 'text/event-stream', ...headers } })
const withTasks = { extensions: { 'io.modelcontextprotocol/tasks': {} } }
const modernTask =
  (method: string, more: Json = {}) =>
  (id: string, headers: Record<string, string>) => {
    const message = modern(method, { taskId: id, ...more }, { abilities: withTasks })
    return mcp(message, { ...headers, ...headersFor(message), 'mcp-name': id, accept: acceptBoth })
  }
const job = (command: string) => (id: string, headers: Record<string, string>) =>
  post(`${system.url}/cmd`, { command, params: { job_id: id } }, headers)

const handles: Record<string, Handle> = {
  'a session over Streamable HTTP': {
    open: async () => (await openSession(owner))['mcp-session-id'],
    uses: {
      ping: (id, headers) => mcp(request('ping'), { ...headers, 'mcp-session-id': id }),
      'a call': (id, headers) => mcp(call('plain'), { ...headers, 'mcp-session-id': id }),
      'a notification': (id, headers) => mcp(notification('notifications/initialized'), { ...headers, 'mcp-session-id': id }),
      'its stream': (id, headers) => streaming({ ...headers, 'mcp-session-id': id }),
      'its stream, taken up again': (id, headers) =>
        streaming({ ...headers, 'mcp-session-id': id, 'last-event-id': 'abcdef012345-1-1' }),
      'the end of it': (id, headers) =>
        fetch(`${system.url}/mcp`, { method: 'DELETE', headers: { ...headers, 'mcp-session-id': id } }),
    },
  },
  'a session over SSE': {
    async open() {
      const stream = (await fetch(`${system.url}/sse`, { headers: owner })).body!.getReader()
      return /sessionId=([\w-]+)/.exec(new TextDecoder().decode((await stream.read()).value))![1]!
    },
    uses: { 'a message': (id, headers) => post(`${system.url}/messages?sessionId=${id}`, request('ping'), headers) },
  },
  'a task of 2026-07-28': {
    async open() {
      const message = modern('tools/call', { name: 'must', arguments: {} }, { abilities: withTasks })
      const answer = (await (await mcp(message, { ...owner, ...headersFor(message) })).json()) as { result: Json }
      return String(answer.result.taskId)
    },
    uses: {
      'how far it is': modernTask('tasks/get'),
      'answers for it': modernTask('tasks/update', { inputResponses: {} }),
      'a cancellation': modernTask('tasks/cancel'),
    },
  },
  'a job': {
    async open() {
      const made = await post(`${system.url}/cmd`, { command: 'long_task', params: { seconds: 600 } }, owner)
      return String(((await made.json()) as { result: Json }).result.job_id)
    },
    uses: {
      'how far it is': job('job_status'),
      'what it has said': job('queue_get_logs'),
      'a start': job('queue_start_job'),
      'a stop': job('queue_stop_job'),
      'a deletion': job('queue_delete_job'),
    },
  },
}

describe.each(Object.entries(handles))('%s', (_, { open, uses }) => {
  test('does not exist for another key, whatever it tries, and works for its owner afterwards', async () => {
    const id = await open()
    expect(id).toMatch(/^[\w-]{8,}$/)
    const [theirs, nobodys]: Record<string, string>[] = [{}, {}]
    for (const [use, ask] of Object.entries(uses)) {
      theirs![use] = await told(ask(id, other), id)
      nobodys![use] = await told(ask(invented(id), other), invented(id))
    }
    expect(theirs).toEqual(nobodys)
    expect(Object.values(theirs!).join()).not.toContain('header_mismatch')
    for (const [use, ask] of Object.entries(uses)) {
      const own = await told(ask(id, owner), id)
      // Only an event that never was is unknown to its owner too.
      if (use !== 'its stream, taken up again') expect(own, use).not.toBe(nobodys![use])
    }
  })
})

test('what a session has said is not read by another key from a session of its own', async () => {
  const [hers, his] = [await openSession(owner), await openSession(other)]
  const stream = await streaming(hers)
  const reader = stream.body!.getReader()
  const eventId = /id: (\S+)/.exec(new TextDecoder().decode((await reader.read()).value))![1]!
  const strange = invented(eventId)
  expect(strange).not.toBe(eventId)
  const [theirs, nobodys] = await Promise.all(
    [eventId, strange].map((id) => told(streaming({ ...his, 'last-event-id': id }), id)),
  )
  expect(theirs).toBe(nobodys)
  await reader.cancel()
  expect((await streaming({ ...hers, 'last-event-id': eventId })).status).toBe(200)
})

test('a call that waits for answers is not carried on by another key that has its state', async () => {
  const message = modern('tools/call', { name: 'ask', arguments: {} }, { abilities: { elicitation: { form: {} } } })
  const asked = (await (await mcp(message, { ...owner, ...headersFor(message) })).json()) as { result: Json }
  const { requestState, inputRequests } = asked.result
  const answers = Object.fromEntries(
    Object.keys(inputRequests as Json).map((key) => [key, { action: 'accept', content: { name: 'Ann' } }]),
  )
  const again = (state: unknown) => retry(message, 3, { requestState: state, inputResponses: answers })
  const state = String(requestState)
  const [theirs, nobodys] = [
    await told(mcp(again(state), { ...other, ...headersFor(message) }), state),
    await told(mcp(again('AAAA'), { ...other, ...headersFor(message) }), 'AAAA'),
  ]
  expect(theirs).toBe(nobodys)
  const own = (await (await mcp(again(state), { ...owner, ...headersFor(message) })).json()) as { result: Json }
  expect(own.result.resultType).toBe('input_required')
})

test('the owner is known by the key, whichever header it comes in', async () => {
  const session = await openSession(owner)
  const byHeader = { 'x-api-key': owner.authorization!.replace('Bearer ', ''), 'mcp-session-id': session['mcp-session-id']! }
  expect((await mcp(request('ping'), byHeader)).status).toBe(200)
})
