/** What clients of /cmd, /api/jsonrpc and REST are promised. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCommands } from '../app/commands/build.ts'
import type { Definition } from '../app/commands/command.ts'
import { echoCommands } from '../app/commands/echo.ts'
import { cmd } from '../app/surfaces/cmd.ts'
import { rest } from '../app/surfaces/rest.ts'
import { startYard, type TestYard, upstreamTool } from './fakes/yard.ts'
import { until } from './until.ts'

let yard: TestYard
/** What the command `wait` went through: how often it began, and why it was aborted. */
const waiting = { started: 0, reasons: [] as unknown[] }

const definitions: Definition[] = [
  ...echoCommands(),
  {
    name: 'sum_all',
    description: 'Adds',
    params: {
      a: { type: 'integer', description: 'One', required: true },
      b: { type: 'integer', description: 'Other', default: 0 },
    },
    run: ({ a, b }) => (a as number) + (b as number),
  },
  {
    name: 'find',
    description: 'Never finds anything',
    params: { cmdname: { type: 'string', description: 'A name' } },
    run({ cmdname }, { failure }) {
      if (cmdname === 'none') return 'cmdname arrived'
      throw failure('order 7 does not exist', { order: 7 })
    },
  },
  { name: 'broken', description: 'Throws', run: () => Promise.reject(new Error('password=hunter2')) },
  { name: 'secret', description: 'For admins', scope: 'admin', run: () => 'ok' },
  {
    name: 'wait',
    description: 'Waits until nobody waits for it',
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        waiting.started++
        signal.addEventListener('abort', () => {
          waiting.reasons.push(signal.reason.code)
          reject(signal.reason)
        })
      }),
  },
]

const far = [
  upstreamTool('far_text', { inputSchema: { type: 'object' } }, async ({ arguments: given }) => ({
    content: [{ type: 'text', text: JSON.stringify(given) }],
  })),
  upstreamTool('far_refusal', {}, async () => ({ isError: true, content: [{ type: 'text', text: 'no such document' }] })),
]

beforeAll(async () => {
  yard = await startYard(
    [cmd, rest],
    ({ catalog }) => {
      catalog.offer('switchyard', buildCommands(definitions, 'switchyard'))
      catalog.offer('far', far)
    },
    { timeout: 300 },
  )
})
afterAll(() => yard.stop())

async function post(body: unknown, { path = '/cmd', key }: { path?: string; key?: string } = {}) {
  const response = await fetch(yard.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, never> }
}

const rpc = (method: string, params?: unknown, id: unknown = 7) => ({ jsonrpc: '2.0', method, params, id })

describe('both forms of a request', () => {
  test('JSON-RPC is answered with its id', async () => {
    const { status, body } = await post(rpc('echo', { message: 'hi' }))
    expect(status).toBe(200)
    expect(body).toEqual({ jsonrpc: '2.0', result: { success: true, data: { message: 'hi' } }, id: 7 })
  })

  test('the simple form is answered without an envelope', async () => {
    const { status, body } = await post({ command: 'echo', params: { message: 'hi' } })
    expect(status).toBe(200)
    expect(body).toEqual({ result: { success: true, data: { message: 'hi' } } })
  })

  test('/api/jsonrpc is the same as /cmd', async () => {
    expect((await post(rpc('echo', { message: 'hi' }), { path: '/api/jsonrpc' })).body).toMatchObject({
      id: 7,
      result: { success: true },
    })
    expect((await post({ command: 'echo', params: { message: 'hi' } }, { path: '/api/jsonrpc' })).body).toMatchObject({
      result: { success: true },
    })
  })

  test('an id that was left out counts as 1, a null id stays null, a text stays a text', async () => {
    expect((await post({ jsonrpc: '2.0', method: 'echo', params: { message: 'x' } })).body).toMatchObject({ id: 1 })
    expect((await post(rpc('echo', { message: 'x' }, null))).body).toMatchObject({ id: null })
    expect((await post(rpc('echo', { message: 'x' }, 'a'))).body).toMatchObject({ id: 'a' })
  })

  test('parameters beside `command` are taken where there is no `params`, even one called method', async () => {
    expect((await post({ command: 'echo', message: 'flat' })).body).toEqual({
      result: { success: true, data: { message: 'flat' } },
    })
    expect((await post({ command: 'far_text', method: 'GET' })).body).toMatchObject({
      result: { data: { content: [{ text: '{"method":"GET"}' }] } },
    })
  })

  test('parameters beside `method` are not taken', async () => {
    expect((await post({ ...rpc('echo'), message: 'flat' })).body).toMatchObject({ error: { code: -32602 } })
  })

  test('what says jsonrpc is JSON-RPC, whatever stands beside it', async () => {
    expect((await post({ ...rpc('echo', { message: 'hi' }), command: 'nothing' })).body).toMatchObject({
      id: 7,
      result: { success: true },
    })
  })

  test('a byte order mark does no harm', async () => {
    expect((await post(`\uFEFF${JSON.stringify(rpc('echo', { message: 'hi' }))}`)).body).toMatchObject({
      result: { success: true },
    })
  })
})

describe('batches', () => {
  test('are answered in their order, each entry for itself', async () => {
    const { status, body } = await post([
      rpc('find', {}, 'a'),
      { command: 'echo', params: { message: 'm' } },
      5,
      rpc('nothing', {}, 'd'),
    ])
    expect(status).toBe(200)
    expect(body).toMatchObject([
      { id: 'a', result: { success: false } },
      { result: { success: true, data: { message: 'm' } } },
      { id: null, error: { code: -32600 } },
      { id: 'd', error: { code: -32601 } },
    ])
  })

  test('an empty one is HTTP 400 and -32600', async () => {
    const { status, body } = await post([])
    expect(status).toBe(400)
    expect(body).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 }, id: null })
  })

  test('100 entries pass, 101 are refused whole', async () => {
    const entries = (count: number) => Array.from({ length: count }, (_, id) => rpc('echo', { message: 'x' }, id))
    expect((await post(entries(100))).body).toHaveLength(100)
    const refused = await post(entries(101))
    expect(refused.status).toBe(400)
    expect(refused.body).toMatchObject({ error: { code: -32600, data: { limit: 100 } } })
  })
})

describe('what is wrong has its code', () => {
  test.each([
    ['not JSON', '{"a":', 400, -32700],
    ['nothing at all', '', 400, -32700],
    ['not UTF-8', Buffer.from('{"command":"\xcf\xf0"}', 'latin1'), 400, -32700],
    ['a number', '5', 400, -32600],
    ['no version', { method: 'echo', id: 1 }, 400, -32600],
    ['no method', { jsonrpc: '2.0', id: 1 }, 400, -32600],
    ['an id that is an object', rpc('echo', {}, {}), 400, -32600],
    ['a command that is no name', { command: 5 }, 400, -32600],
    ['nested too deep', `{"command":"echo","params":${'['.repeat(65)}${']'.repeat(65)}}`, 400, -32600],
    ['an unknown command', rpc('nothing'), 200, -32601],
    ['parameters by position', rpc('echo', ['hi']), 200, -32602],
    ['a missing parameter', rpc('echo', {}), 200, -32602],
    ['an unknown parameter', rpc('echo', { message: 'x', loud: true }), 200, -32602],
    ['a boolean for an integer', rpc('sum_all', { a: true }), 200, -32602],
    ['a text for an integer', rpc('sum_all', { a: '1' }), 200, -32602],
    ['a missing scope', rpc('secret', {}), 200, -32002],
    ['an error of ours', rpc('broken', {}), 200, -32603],
  ])('%s', async (_, body, status, code) => {
    const answer = await post(body)
    expect(answer).toMatchObject({ status, body: { error: { code } } })
  })

  test('an error of ours says nothing about itself', async () => {
    expect(JSON.stringify((await post(rpc('broken', {}))).body)).not.toContain('hunter2')
  })

  test('a wrong credential is HTTP 401, -32001, and says which kind is wanted', async () => {
    const { status, headers, body } = await post(rpc('echo', { message: 'x' }), { key: 'stolen' })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toBe('Bearer')
    expect(body).toMatchObject({ error: { code: -32001 } })
  })

  test('a command that says no answers with a result, not with an error of the protocol', async () => {
    expect((await post(rpc('find', {}))).body).toMatchObject({
      result: { success: false, error: { code: -32000, message: 'order 7 does not exist', data: { code: 'failed', order: 7 } } },
    })
    expect((await post({ command: 'far_refusal' })).body).toMatchObject({
      result: { success: false, error: { code: -32000, message: 'no such document', data: { content: [{ type: 'text' }] } } },
    })
  })

  test('a timeout is -32003, and the next call works', async () => {
    expect((await post(rpc('wait', {}))).body).toMatchObject({ result: { success: false, error: { code: -32003 } } })
    expect((await post(rpc('echo', { message: 'still here' }))).body).toMatchObject({ result: { success: true } })
  })

  test('GET says that this is for POST', async () => {
    const response = await fetch(`${yard.url}/cmd`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })
})

describe('parameters that say nothing', () => {
  test.each([[null], ['null'], ['none'], ['']])('%j counts as absent for our own commands', async (nothing) => {
    expect((await post(rpc('sum_all', { a: 1, b: nothing }))).body).toMatchObject({ result: { data: { result: 1 } } })
    expect((await post(rpc('echo', { message: nothing }))).body).toMatchObject({ error: { code: -32602 } })
  })

  test('cmdname is the exception', async () => {
    expect((await post(rpc('find', { cmdname: 'none' }))).body).toMatchObject({ result: { data: { result: 'cmdname arrived' } } })
  })

  test("an upstream's parameters pass unchanged", async () => {
    expect((await post(rpc('far_text', { a: null, b: '' }))).body).toMatchObject({
      result: { data: { content: [{ text: '{"a":null,"b":""}' }] } },
    })
  })
})

describe('bodies', () => {
  test('above the limit are HTTP 413, said before the body has arrived', async () => {
    const limit = yard.settled.config.limits.body
    const { status, text } = await raw({ 'content-length': String(limit + 1) }, 'x')
    expect(status).toBe(413)
    expect(text).toContain('-32600')
  })

  test('above the limit without a length are HTTP 413 too, and the connection goes on', async () => {
    const { status } = await post(`"${'x'.repeat(yard.settled.config.limits.body)}"`)
    expect(status).toBe(413)
    expect((await post(rpc('echo', { message: 'x' }))).status).toBe(200)
  })
})

test('a client that goes away aborts its call', async () => {
  const { started } = waiting
  waiting.reasons = []
  const leaving = new AbortController()
  const answer = fetch(`${yard.url}/cmd`, { method: 'POST', body: JSON.stringify(rpc('wait', {})), signal: leaving.signal })
  await until('it runs', () => waiting.started === started + 1)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  await until('it has ended', () => waiting.reasons.length > 0)
  expect(waiting.reasons).toEqual(['cancelled'])
})

describe('REST', () => {
  test('lists what the caller may call, under both paths', async () => {
    const list = (await (await fetch(`${yard.url}/api/commands`)).json()) as { commands: Record<string, unknown> }
    expect(list.commands.echo).toMatchObject({ name: 'echo', description: expect.any(String), schema: { type: 'object' } })
    expect(Object.keys(list.commands)).toContain('far_text')
    expect(Object.keys(list.commands)).not.toContain('secret')
    expect(await (await fetch(`${yard.url}/commands`)).json()).toEqual(list)
    const all = await fetch(`${yard.url}/api/commands`, { headers: { authorization: 'Bearer admin' } })
    expect(Object.keys(((await all.json()) as typeof list).commands)).toContain('secret')
  })

  test('tells about one command, and 404 about none', async () => {
    expect(await (await fetch(`${yard.url}/api/commands/echo`)).json()).toMatchObject({
      name: 'echo',
      schema: { required: ['message'] },
    })
    const none = await fetch(`${yard.url}/api/commands/nothing`)
    expect(none.status).toBe(404)
    expect(await none.json()).toMatchObject({ success: false, error: { code: -32601, data: { code: 'unknown_command' } } })
  })

  test('a list follows the catalogue', async () => {
    const names = async () => Object.keys(((await (await fetch(`${yard.url}/commands`)).json()) as { commands: object }).commands)
    expect(await names()).not.toContain('late')
    yard.catalog.offer('late', [upstreamTool('late', {}, async () => ({ content: [] }))])
    await until('it is there', async () => (await names()).includes('late'))
    yard.catalog.withdraw('late')
    await until('it is gone', async () => !(await names()).includes('late'))
  })

  test.each([
    ['echo', { message: 'hi' }, 200, { success: true, data: { message: 'hi' } }],
    ['sum_all', { a: 1, b: 2 }, 200, { success: true, data: { result: 3 } }],
    ['sum-all', { a: 1, b: 2 }, 200, { success: true, data: { result: 3 } }],
    ['echo', {}, 400, { success: false, error: { code: -32602 } }],
    ['echo', [], 400, { success: false, error: { code: -32600 } }],
    ['nothing', {}, 404, { success: false, error: { code: -32601 } }],
    ['secret', {}, 403, { success: false, error: { code: -32002 } }],
    ['find', {}, 422, { success: false, error: { code: -32000, message: 'order 7 does not exist' } }],
    ['far_refusal', {}, 422, { success: false, error: { code: -32000, message: 'no such document' } }],
    ['wait', {}, 504, { success: false, error: { code: -32003 } }],
  ])('POST /api/commands/%s %j answers %i', async (name, params, status, body) => {
    expect(await post(params, { path: `/api/commands/${name}` })).toMatchObject({ status, body })
  })

  test('an empty body means no parameters', async () => {
    expect((await post('', { path: '/api/commands/far_text' })).status).toBe(200)
  })
})

/** A request whose body is never finished. */
function raw(headers: Record<string, string>, start: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(`${yard.url}/cmd`, { method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        sending.destroy()
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() })
      })
    })
    sending.on('error', reject)
    sending.write(start)
  })
}
