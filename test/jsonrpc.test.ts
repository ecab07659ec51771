/** What is promised about services whose commands are called by JSON-RPC: their lists, their calls, and what happens when they go away. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { upstreamProbes } from '../app/cli/probe-upstream.ts'
import { loadConfig } from '../app/config.ts'
import { silent } from '../app/log.ts'
import { upstreams } from '../app/store/schema.ts'
import { openAdapter } from '../app/upstreams/jsonrpc/adapter.ts'
import { connect, textOf } from './clients.ts'
import { type CmdService, type Generation, startCmdService, usualCommands } from './fakes/cmd-services.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { readEntries, startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { until } from './until.ts'

let store: OpenStore
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreams)
})

async function fake(generation: Generation, options?: { port?: number }): Promise<CmdService> {
  const service = await startCmdService(generation, options)
  undo.push(() => service.stop())
  return service
}

async function system(url: string, more: object = {}): Promise<{ yard: UpstreamYard; client: Client }> {
  const entry = { name: 'adapter', kind: 'jsonrpc', url, check_every: '100ms', ...more }
  const yard = await startUpstreamYard(store.database, {}, { entries: [entry] })
  undo.push(() => yard.stop())
  const client = await connect('http', yard.url)
  undo.push(() => client.close())
  return { yard, client }
}

const toolsOf = async (client: Client) => (await client.listTools()).tools.filter(({ name }) => name.startsWith('adapter_'))
const call = (client: Client, name: string, values: Record<string, unknown> = {}) =>
  client.callTool({ name: `adapter_${name}`, arguments: values })

describe.each(['4', '6', 'registry', 'simple'] as const)('a service of the generation %s', (generation) => {
  test('is listed with its schemas as they are, and called', async () => {
    const service = await fake(generation)
    const { client } = await system(`${service.url}cmd`)
    const tools = await toolsOf(client)
    expect(tools.map(({ name }) => name)).toEqual(['adapter_echo', 'adapter_sum_values', 'adapter_fail'])
    expect(tools[0]).toMatchObject({ description: 'Says it again.', inputSchema: usualCommands.echo!.schema })
    const said = await call(client, 'echo', { message: 'hi' })
    expect([textOf(said), said.structuredContent, said.isError]).toEqual(['{"message":"hi"}', { message: 'hi' }, undefined])
    const sum = await call(client, 'sum_values', { a: 2, b: 3 })
    expect([textOf(sum), sum.structuredContent]).toEqual(['5', undefined])
  })

  test('has its failures told with message and data, whichever code it gives', async () => {
    const service = await fake(generation)
    const { client } = await system(`${service.url}cmd`)
    for (const code of [undefined, -32000, 'CLOSED']) {
      const failed = await call(client, 'fail', code === undefined ? {} : { code })
      expect(failed.isError).toBe(true)
      expect(textOf(failed)).toBe('the warehouse is closed\n{"opens":"08:00"}')
      expect(failed.structuredContent).toEqual({ opens: '08:00' })
    }
  })

  test('has its own refusals told, too', async () => {
    const service = await fake(generation)
    const { client } = await system(`${service.url}cmd`)
    await toolsOf(client)
    service.commands = {
      ...usualCommands,
      echo: { ...usualCommands.echo!, schema: { type: 'object', properties: {}, required: ['text', 'tone'] } },
    }
    const failed = await call(client, 'echo', { message: 'hi' })
    expect([failed.isError, textOf(failed)]).toEqual([true, 'Invalid parameters: message\n{"unknown":["message"]}'])
    const gone = { ...usualCommands }
    delete gone.echo
    service.commands = gone
    expect(textOf(await call(client, 'echo', { message: 'hi' }))).toContain('Method not found: echo')
  })
})

test('one that knows the simple form alone is asked in it at once from the second time on', async () => {
  const service = await fake('simple')
  const { client } = await system(`${service.url}cmd`)
  await call(client, 'echo', { message: 'one' })
  await call(client, 'echo', { message: 'two' })
  const forms = service.asked().map((body) => ('command' in body ? 'simple' : 'jsonrpc'))
  expect(forms.slice(-2)).toEqual(['simple', 'simple'])
  expect(service.asked().filter(({ params }) => (params as { message?: string } | undefined)?.message === 'two')).toHaveLength(1)
})

test('the fakes refuse an empty batch', async () => {
  const service = await fake('6')
  const answer = await fetch(`${service.url}cmd`, { method: 'POST', body: '[]' })
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: -32600 } }])
})

test('a call that takes too long is told, and the next one works', async () => {
  const service = await fake('4')
  service.commands = {
    ...usualCommands,
    sleep: { description: 'Sleeps.', schema: { type: 'object', properties: {} }, run: () => new Promise(() => {}) },
  }
  const { client } = await system(`${service.url}cmd`, { timeout: '2s' })
  const late = await call(client, 'sleep')
  expect([late.isError, textOf(late)]).toEqual([true, 'adapter: command sleep (POST) got no answer within 2 s'])
  expect(textOf(await call(client, 'echo', { message: 'still here' }))).toBe('{"message":"still here"}')
})

test('one that is away keeps its tools, and comes back by itself', async () => {
  const service = await fake('6')
  const { yard, client } = await system(`${service.url}cmd`)
  await yard.becomes('adapter', 'connected')
  await service.stop()
  await yard.becomes('adapter', 'stale')
  expect(await toolsOf(client)).toHaveLength(3)
  const away = await call(client, 'echo', { message: 'hi' })
  expect([away.isError, textOf(away)]).toEqual([true, expect.stringContaining('adapter: command echo (POST)')])
  await fake('6', { port: service.port })
  await yard.becomes('adapter', 'connected')
  expect(textOf(await call(client, 'echo', { message: 'hi' }))).toBe('{"message":"hi"}')
})

test('one that answers looks and no calls has its breaker shown, and later calls are told at once', async () => {
  const service = await fake('4')
  const entry = { name: 'adapter', kind: 'jsonrpc', url: `${service.url}cmd`, check_every: '1h' }
  const outgoing = { breaker: { failureThreshold: 2, recoveryTimeout: 600 } }
  const yard = await startUpstreamYard(store.database, {}, { entries: [entry], outgoing })
  undo.push(() => yard.stop())
  const client = await connect('http', yard.url)
  undo.push(() => client.close())
  expect(yard.state('adapter').breaker).toBe('closed')
  service.answer(({ method, socket }, response) => (method === 'GET' ? response.writeHead(404).end() : socket.destroy()))
  for (let n = 0; n < 2; n++) await call(client, 'echo', { message: 'hi' })
  expect(yard.state('adapter').breaker).toBe('open')
  const before = service.seen.filter(({ body }) => body.includes('"echo"')).length
  const refused = await call(client, 'echo', { message: 'hi' })
  expect([refused.isError, textOf(refused)]).toEqual([true, expect.stringMatching(/was not sent, .*the next try is in \d+ s/)])
  expect(service.seen.filter(({ body }) => body.includes('"echo"'))).toHaveLength(before)
})

test('a broken catalogue shows what is whole, and says what was left out', async () => {
  const service = await fake('4')
  const { echo } = usualCommands
  service.listed = {
    echo: { name: 'echo', description: echo!.description, schema: echo!.schema },
    one: 7,
    two: { schema: 'none' },
    '': {},
  }
  const { yard, client } = await system(`${service.url}cmd`)
  expect((await toolsOf(client)).map(({ name }) => name)).toEqual(['adapter_echo'])
  expect(yard.state('adapter').leftOut).toEqual([
    'command one: is described by something that is no object',
    'command two: its schema is no object',
    'a command without a name',
  ])
})

test('parameters that are described one by one become a schema', async () => {
  const service = await fake('registry')
  const params = {
    a: { type: 'integer', description: 'first', required: true },
    b: { type: 'integer', default: 1, required: false },
  }
  service.listed = { sum_values: { description: 'Adds.', params } }
  const { client } = await system(`${service.url}cmd`)
  expect((await toolsOf(client))[0]!.inputSchema).toEqual({
    type: 'object',
    properties: { a: { type: 'integer', description: 'first' }, b: { type: 'integer', default: 1 } },
    required: ['a'],
  })
})

describe('a command that goes into a queue', () => {
  const queued = (looks: object[]): Record<string, (typeof usualCommands)[string]> => ({
    report: {
      description: 'Takes long.',
      schema: { type: 'object', properties: {}, 'x-use-queue': true },
      run: () => ({ success: true, job_id: 'j-1', status: 'pending', message: 'queued' }),
    },
    job_status: {
      description: 'Of a job.',
      schema: { type: 'object', properties: { job_id: { type: 'string' } }, required: ['job_id'] },
      run: () => (looks.length > 1 ? looks.shift() : looks[0]),
    },
    queue_stop_job: {
      description: 'Stops one.',
      schema: { type: 'object', properties: { job_id: { type: 'string' } }, required: ['job_id'] },
      run: () => ({ stopped: true }),
    },
  })

  test('answers with the id of its job', async () => {
    const service = await fake('6')
    service.commands = queued([])
    const { client } = await system(`${service.url}cmd`)
    expect((await call(client, 'report')).structuredContent).toMatchObject({ job_id: 'j-1', status: 'pending' })
  })

  test('is waited for with poll_interval, its progress told on the way', async () => {
    const service = await fake('6')
    const running = { success: true, job_id: 'j-1', status: 'running' }
    const looks = [
      { ...running, progress: 20 },
      { ...running, progress: 60, description: 'half' },
      { ...running, status: 'completed', result: { rows: 3 } },
    ]
    service.commands = queued(looks)
    const { client } = await system(`${service.url}cmd`, { poll_interval: '100ms' })
    const told: unknown[] = []
    const onprogress = (progress: object) => told.push(progress)
    const result = await client.callTool({ name: 'adapter_report', arguments: {} }, undefined, { onprogress })
    expect(result.structuredContent).toEqual({ rows: 3 })
    expect(told).toEqual([
      { progress: 20, total: 100 },
      { progress: 60, total: 100, message: 'half' },
    ])
  })

  test('that fails says so', async () => {
    const service = await fake('6')
    service.commands = queued([{ success: true, job_id: 'j-1', status: 'failed', error: 'no paper' }])
    const { client } = await system(`${service.url}cmd`, { poll_interval: '100ms' })
    const failed = await call(client, 'report')
    expect([failed.isError, textOf(failed)]).toEqual([true, expect.stringContaining('the job is failed: no paper')])
  })

  test('is stopped there when the caller cancels', async () => {
    const service = await fake('6')
    service.commands = queued([{ success: true, job_id: 'j-1', status: 'running', progress: 1 }])
    const { client } = await system(`${service.url}cmd`, { poll_interval: '100ms' })
    const control = new AbortController()
    const methods = () => service.asked().map(({ method }) => method)
    const asked = client.callTool({ name: 'adapter_report', arguments: {} }, undefined, { signal: control.signal })
    const ended = asked.catch((error: unknown) => error)
    await until('it is looked after', () => methods().includes('job_status'))
    control.abort('enough')
    expect(await ended).toBeInstanceOf(Error)
    await until('the service was told', () => methods().includes('queue_stop_job'))
    expect(service.asked().find(({ method }) => method === 'queue_stop_job')!.params).toEqual({ job_id: 'j-1' })
  })
})

test('a service that does not let us in is told so, with what to change', async () => {
  const service = await fake('4')
  service.answer((_, response) => response.writeHead(401).end())
  const { yard } = await system(`${service.url}cmd`)
  await until('the refusal is shown', () => yard.state('adapter').error)
  expect(yard.state('adapter').error).toBe(
    'adapter: GET /api/commands: HTTP 401: the service wants another credential: configure it in its headers',
  )
})

test('a service without a list is told with everything that was tried', async () => {
  const service = await fake('4')
  service.answer((_, response) => response.writeHead(404).end())
  const { yard } = await system(`${service.url}api/cmd`)
  await until('it is shown', () => yard.state('adapter').error)
  const { error } = yard.state('adapter')
  for (const path of ['/api/api/commands', '/api/commands', '/commands', 'help at POST /api/cmd', '/openapi.json'])
    expect(error).toContain(path)
})

describe('a service that registered itself', () => {
  const adapterAt = (url: string, more = { private: true }) => {
    const adapter = openAdapter({ name: 'reg', url, prefix: 'reg_', timeout: 5, log: silent, allow: more })
    undo.push(() => adapter.close())
    return adapter
  }

  test('is read, called and looked at by its host alone', async () => {
    const adapter = adapterAt((await fake('6')).url)
    expect((await adapter.read()).map(({ name }) => name)).toEqual(['reg_echo', 'reg_sum_values', 'reg_fail'])
    await adapter.look()
  })

  test('is not connected to in a private network, unless that is allowed', async () => {
    const service = await fake('6')
    const adapter = adapterAt(service.url, { private: false })
    await expect(adapter.read()).rejects.toThrow(/127\.0\.0\.1/)
    await expect(adapter.look()).rejects.toThrow(/127\.0\.0\.1/)
    expect(service.seen).toHaveLength(0)
  })
})

test('switchyard check says what it has, and where that stands', async () => {
  const service = await fake('registry')
  const upstreams = readEntries([{ name: 'adapter', kind: 'jsonrpc', url: `${service.url}cmd` }])
  const { config } = loadConfig({ flags: {}, env: {}, cwd: '/', home: '/' })
  const [probe] = upstreamProbes({ ...config, upstreams }, {})
  expect(probe!.what).toBe('upstream, jsonrpc')
  expect(await probe!.attempt(AbortSignal.timeout(5_000))).toBe('3 commands (help at POST /cmd)')
})
