/** What is promised to servers that register themselves here, and to whoever calls their tools. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { type AdapterSpec, type FakeAdapter, startAdapter } from './fakes/adapter.ts'
import { secretKey } from './fakes/keys.ts'
import { clients } from './fakes/register-clients.ts'
import { openEmbedded } from './fakes/stores.ts'
import { freshDatabase, withPostgres } from './services.ts'
import { type StartOptions, start, type TestSystem } from './start.ts'
import { until } from './until.ts'

// Each starts a whole system with a database.
vi.setConfig({ testTimeout: 60_000 })

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function adapter(spec?: AdapterSpec): Promise<FakeAdapter> {
  const started = await startAdapter(spec)
  stops.push(() => started.stop())
  return started
}

async function system(registrations: object = {}, options: StartOptions = {}): Promise<TestSystem> {
  const started = await start({ ...options, file: { registrations, ...options.file } })
  stops.push(() => started.stop())
  return started
}

async function send(url: string, body?: unknown, { authorization }: { authorization?: string } = {}) {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: authorization === undefined ? {} : { authorization },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

const register = (one: TestSystem, url: string, id = 'shop', more: Json = {}) =>
  send(`${one.url}/register`, { server_id: id, server_url: url, ...more })

const local = { id: 'local', name: 'local', scopes: ['read', 'call'] as const }
const tools = (one: TestSystem) => one.yard.catalog.list('tools', { caller: local, via: 'http' }).map(({ name }) => name)
const has = (one: TestSystem, name: string) => until(`${name} is there`, () => tools(one).includes(name))
const lacks = (one: TestSystem, name: string) => until(`${name} is gone`, () => !tools(one).includes(name))
const call = (one: TestSystem, name: string, given: Json = {}) =>
  one.yard.switch.call({ kind: 'tool', name, arguments: given, caller: local, via: 'cli' })

describe.each(Object.entries(clients))('a client of the generation "%s"', (_name, client) => {
  test('registers, beats and unregisters, and its commands are tools meanwhile', async () => {
    const one = await system()
    const far = await adapter()
    const key = await client.register(one.url, 'shop', far.url)
    expect(key).toBe('shop_1')
    await has(one, 'shop_echo')
    expect(await client.register(one.url, 'shop', far.url)).toBe(key)
    await client.beat?.(one.url, 'shop', far.url, key)
    expect((await call(one, 'shop_echo', { message: 'hi' })).structuredContent).toEqual({ name: 'echo', message: 'hi' })
    await client.unregister(one.url, 'shop', key)
    await lacks(one, 'shop_echo')
    expect((await send(`${one.url}/servers`)).body).toEqual([])
  })
})

describe('the catalogue is read wherever a generation has it', () => {
  const specs: AdapterSpec[] = [
    { lists: '/commands' },
    { lists: 'help' },
    { lists: 'help', bare: true },
    { lists: '/openapi.json', simple: true },
    { lists: '/openapi.json', simple: true, bare: true },
  ]
  test.each(specs)('%o', async (spec) => {
    const one = await system()
    const far = await adapter(spec)
    await register(one, far.url)
    await has(one, 'shop_echo')
    expect((await call(one, 'shop_echo', { message: 'hi' })).structuredContent).toEqual({ name: 'echo', message: 'hi' })
    const [tool] = one.yard.catalog.list('tools', { caller: local, via: 'http' }).filter(({ name }) => name === 'shop_echo')
    expect(tool?.definition).toMatchObject({
      description: 'Does echo',
      inputSchema: { properties: { message: { type: 'string' } } },
    })
    const refused = await call(one, 'shop_refuse')
    expect(refused).toMatchObject({ isError: true, content: [{ text: 'not today' }] })
    far.commands.shift()
    expect(JSON.stringify(await call(one, 'shop_echo').catch(({ message }: Error) => message))).toMatch(/unknown command echo/)
  })
})

test('another URL of the same server is another copy, with names of its own', async () => {
  const one = await system()
  const [first, second] = [await adapter(), await adapter()]
  expect((await register(one, first.url)).body).toMatchObject({ success: true, server_key: 'shop_1', copy_number: 1 })
  expect((await register(one, second.url)).body).toMatchObject({ success: true, server_key: 'shop_2', copy_number: 2 })
  await has(one, 'shop_echo')
  await has(one, 'shop_2_echo')
  expect((await send(`${one.url}/unregister`, { server_id: 'shop', copy_number: 1 })).body).toMatchObject({ unregistered: true })
  await lacks(one, 'shop_echo')
  expect((await register(one, first.url)).body).toMatchObject({ server_key: 'shop_1' })
  expect((await send(`${one.url}/unregister`, { server_id: 'shop' })).body).toMatchObject({ server_keys: ['shop_1', 'shop_2'] })
  expect((await send(`${one.url}/unregister`, { server_id: 'shop' })).body).toMatchObject({ success: true, unregistered: false })
})

test('a server that is registered before it listens is called until it answers', async () => {
  const one = await system({ lease: 3 })
  const far = await adapter()
  far.commands = []
  await register(one, far.url)
  await until('tried', async () => /no commands/.test(JSON.stringify((await send(`${one.url}/servers`)).body)))
  far.commands = ['late']
  await has(one, 'shop_late')
})

test('a heartbeat of one that is not known: 404, or a registration where it says enough', async () => {
  const one = await system()
  const far = await adapter()
  for (const path of ['/heartbeat', '/proxy/heartbeat']) {
    expect(await send(one.url + path, { server_id: 'shop', server_key: 'shop_1' })).toMatchObject({
      status: 404,
      body: { success: false },
    })
  }
  const told = await send(`${one.url}/proxy/heartbeat`, { server_id: 'shop', server_url: far.url })
  expect(told).toMatchObject({ status: 200, body: { success: true, heartbeat: 'shop_1' } })
  await has(one, 'shop_echo')
})

test('one that stops beating loses its tools when its lease ends, though it would answer', async () => {
  const one = await system({ lease: 5 })
  const far = await adapter()
  await register(one, far.url)
  await has(one, 'shop_echo')
  await send(`${one.url}/heartbeat`, { server_key: 'shop_1' })
  await lacks(one, 'shop_echo')
  expect((await send(`${one.url}/servers`)).body).toEqual([])
})

test('one that never beats stays as long as it answers our question for its health', async () => {
  const one = await system({ lease: 5 })
  const far = await adapter()
  await register(one, far.url)
  await has(one, 'shop_echo')
  const asked = () => far.asked.filter(({ path }) => path === '/health').length
  // Five questions, a third of a lease apart, are more than one lease.
  await until('asked often', () => asked() >= 5)
  expect(tools(one)).toContain('shop_echo')
  far.health = 503
  await lacks(one, 'shop_echo')
})

test('a restart keeps it, however long it took, and calls back again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-registrations-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const far = await adapter()
  const before = await start({ dataDir, file: { registrations: { lease: 20 } } })
  await register(before, far.url)
  await has(before, 'shop_echo')
  await before.stop()
  const { database, close } = await openEmbedded(undefined, dataDir)
  await database.pool.query(`update mcp.registrations set expires_at = now() - interval '1 hour'`)
  await close()
  const after = await system({ lease: 20 }, { dataDir })
  await has(after, 'shop_echo')
  expect((await call(after, 'shop_echo')).structuredContent).toEqual({ name: 'echo' })
})

withPostgres()('what one replica takes, the other offers, and loses again', async () => {
  const { url, drop } = await freshDatabase()
  stops.push(drop)
  const env = { DATABASE_URL: url }
  const [one, other] = [await system({ lease: 9 }, { env }), await system({ lease: 9 }, { env })]
  const far = await adapter()
  await register(one, far.url)
  await has(other, 'shop_echo')
  await Promise.all(Array.from({ length: 6 }, (_, index) => register(index % 2 ? one : other, `${far.url}/${index}`, 'many')))
  const keys = ((await send(`${one.url}/servers`)).body as unknown as Json[]).map(({ server_key }) => server_key)
  expect(keys).toEqual(['many_1', 'many_2', 'many_3', 'many_4', 'many_5', 'many_6', 'shop_1'])
  await send(`${other.url}/unregister`, { server_key: 'shop_1' })
  await lacks(one, 'shop_echo')
})

describe('what is refused', () => {
  test.each([
    ['http://169.254.169.254/latest', /169\.254\.169\.254 is a link-local/],
    ['http://[fe80::1]:80', /link-local/],
    ['http://[fd00:ec2::254]', /metadata/],
    ['http://2852039166/', /metadata/],
    ['http://[::ffff:169.254.169.254]/', /metadata/],
    ['http://metadata.google.internal/computeMetadata', /metadata/],
    ['file:///etc/passwd', /http:\/\/ or https:\/\//],
    ['http://user:hush@example.org', /without a user name/],
    ['shop', /http:\/\/ or https:\/\//],
    [7, /server_url must be a text/],
  ])('a server at %s', async (url, sentence) => {
    const one = await system({ allow_private: true })
    const { status, body } = await send(`${one.url}/register`, { server_id: 'shop', server_url: url })
    expect(status).toBe(400)
    expect(body).toMatchObject({
      success: false,
      status: 'error',
      error: { code: -32602, message: expect.stringMatching(sentence) },
    })
    expect(body.detail).toBe((body.error as Json).message)
    expect(JSON.stringify(body)).not.toContain('hush')
    expect((await send(`${one.url}/servers`)).body).toEqual([])
  })

  test('a private one, where that is not allowed, and nothing is called', async () => {
    const one = await system({ allow_private: false })
    const far = await adapter()
    for (const url of [far.url, far.url.replace('127.0.0.1', 'localhost'), 'http://10.0.0.1']) {
      const { status, body } = await register(one, url)
      expect(status).toBe(400)
      expect(body.detail).toMatch(/private.*registrations\.allow_private allows it/)
    }
    expect(far.asked).toEqual([])
  })

  test.each([
    [{ server_url: 'http://127.0.0.1:1' }, /server_id must be/],
    [{ server_id: 'a b', server_url: 'http://127.0.0.1:1' }, /server_id must be/],
    [{ server_id: 'shop' }, /server_url must be/],
    [{ server_id: 'shop', server_url: 'http://127.0.0.1:1', server_name: 'x'.repeat(201) }, /server_name must have at most 200/],
    [{ server_id: 'shop', server_url: 'http://127.0.0.1:1', metadata: [] }, /metadata must be an object/],
    [{ server_id: 'shop', server_url: 'http://127.0.0.1:1', capabilities: 'all' }, /capabilities must be a list/],
    [[], /must be a JSON object/],
    ['{', /not JSON/],
  ])('the body %j', async (body, sentence) => {
    const one = await system()
    const answer = await send(`${one.url}/register`, body)
    expect(answer).toMatchObject({ status: 400, body: { success: false, detail: expect.stringMatching(sentence) } })
  })

  test('a body above 64 KiB', async () => {
    const one = await system()
    expect((await register(one, 'http://127.0.0.1:1', 'shop', { description: 'x'.repeat(70_000) })).status).toBe(413)
  })

  test('everything, where the lease is 0', async () => {
    const one = await system({ lease: 0 })
    expect((await register(one, 'http://127.0.0.1:1')).body).toMatchObject({
      success: false,
      detail: /registrations\.lease is 0/,
    })
  })

  test('more than the rate limit', async () => {
    const one = await system({}, { env: { RATE_LIMIT_REQUESTS: '3' } })
    for (let index = 0; index < 3; index++) await register(one, 'http://127.0.0.1:1')
    expect((await register(one, 'http://127.0.0.1:1')).status).toBe(429)
  })
})

/** Its database, past everything else. */
async function queries(one: TestSystem) {
  const { database, close } = await openEmbedded(undefined, one.yard.settled.config.dataDir)
  stops.push(close)
  return database.pool
}

/** Where everybody needs a credential. */
async function closed(registrations: object = {}, options: StartOptions = {}) {
  const env = { SECRET_KEY: secretKey, ...options.env }
  const one = await system(registrations, { ...options, env, file: { auth: { mode: 'required' } } })
  const admin = { id: 'admin', name: 'admin', scopes: ['admin'] as const }
  const ask = async (name: string, given: Json = {}) => {
    const wish = { kind: 'tool' as const, name, arguments: given, caller: admin, via: 'cli' as const }
    return (await one.yard.switch.call(wish)).structuredContent as Json
  }
  const keyWith = async (name: string, scopes: string[]) => {
    const { api_key, id } = await ask('key_create', { name, scopes })
    return { authorization: `Bearer ${api_key}`, id: `key:${id}` }
  }
  const audited = async (action: string) => (await ask('audit_log', { action })).entries
  return { one, ask, keyWith, audited, revoke: (key: string) => ask('key_revoke', { key }) }
}

test('where a credential is needed, only a key with the scope register registers, and only its own is unregistered', async () => {
  const { one, keyWith, audited } = await closed()
  const [caller, own, other] = [
    await keyWith('caller', ['read', 'call']),
    await keyWith('own', ['register']),
    await keyWith('other', ['register']),
  ]
  const far = await adapter()
  const body = { server_id: 'shop', server_url: far.url }
  expect((await send(`${one.url}/register`, body)).status).toBe(401)
  expect(await send(`${one.url}/register`, body, caller)).toMatchObject({ status: 403, body: { detail: /scope register/ } })
  expect((await send(`${one.url}/register`, body, own)).status).toBe(200)
  await has(one, 'shop_echo')
  expect((await send(`${one.url}/unregister`, body, other)).status).toBe(403)
  expect((await send(`${one.url}/servers`, undefined, own)).body).toHaveLength(1)
  expect((await send(`${one.url}/cmd`, { command: 'shop_echo' }, own)).body).toMatchObject({ error: { code: -32002 } })
  expect((await send(`${one.url}/unregister`, body, own)).body).toMatchObject({ unregistered: true })
  expect(await audited('server_unregistered')).toEqual([])
})

test('what one key has registered, no other takes over, keeps alive or lets die; its own does as it likes, and so does an admin', async () => {
  const { one, keyWith, audited } = await closed()
  const [own, other] = [await keyWith('own', ['register']), await keyWith('other', ['register'])]
  const root = await keyWith('root', ['register', 'admin'])
  const far = await adapter()
  const body = { server_id: 'shop', server_url: far.url }
  await send(`${one.url}/register`, body, own)
  const refused = [
    await send(`${one.url}/register`, body, other),
    await send(`${one.url}/heartbeat`, body, other),
    await send(`${one.url}/heartbeat`, { server_key: 'shop_1' }, other),
  ]
  for (const { status, body } of refused) {
    expect({ status, detail: body.detail }).toEqual({
      status: 409,
      detail: expect.stringMatching(/registered with another credential/),
    })
    expect(JSON.stringify(body)).not.toContain(own.id.slice('key:'.length))
    expect(body.detail).not.toMatch(/\bown\b/)
  }
  const database = await queries(one)
  const row = () => database.query('select registered_by, beats from mcp.registrations')
  expect((await row()).rows).toEqual([{ registered_by: own.id, beats: false }])
  expect((await send(`${one.url}/unregister`, body, other)).status).toBe(403)
  expect((await send(`${one.url}/register`, body, own)).body).toMatchObject({ server_key: 'shop_1' })
  expect((await send(`${one.url}/heartbeat`, { server_key: 'shop_1' }, own)).body).toMatchObject({ heartbeat: 'shop_1' })
  expect((await row()).rows).toEqual([{ registered_by: own.id, beats: true }])

  expect((await send(`${one.url}/register`, body, root)).body).toMatchObject({ server_key: 'shop_1' })
  expect(await audited('server_taken_over')).toMatchObject([
    { actor: `root (${root.id})`, target: 'server:shop_1', details: { server_url: far.url, registered_by: own.id } },
  ])
  expect((await send(`${one.url}/unregister`, body, own)).status).toBe(403)
  expect((await send(`${one.url}/unregister`, body, root)).body).toMatchObject({ server_keys: ['shop_1'] })
  expect(await audited('server_unregistered')).toEqual([])
})

test.each<[string, (one: TestSystem, key: string, revoke: (key: string) => Promise<unknown>) => Promise<unknown>]>([
  ['is revoked', (_one, key, revoke) => revoke(key)],
  [
    'has expired',
    async (one, key) => (await queries(one)).query('update mcp.api_keys set expires_at = now() where id = $1', [key]),
  ],
])('a service comes back with a new key when the one that it had %s', async (_, end) => {
  const { one, keyWith, revoke } = await closed()
  const [before, after] = [await keyWith('before', ['register']), await keyWith('after', ['register'])]
  const far = await adapter()
  const body = { server_id: 'shop', server_url: far.url }
  await send(`${one.url}/register`, body, before)
  expect((await send(`${one.url}/register`, body, after)).status).toBe(409)
  await end(one, before.id.slice('key:'.length), revoke)
  expect(await send(`${one.url}/heartbeat`, { server_key: 'shop_1' }, after)).toMatchObject({ status: 404 })
  expect(await send(`${one.url}/heartbeat`, body, after)).toMatchObject({ status: 200, body: { heartbeat: 'shop_1' } })
  await has(one, 'shop_echo')
  expect((await send(`${one.url}/unregister`, body, after)).body).toMatchObject({ server_keys: ['shop_1'] })
})

test('what was registered with a key goes when that is revoked, though it answers; what another registered stays', async () => {
  const { one, keyWith, revoke } = await closed()
  const [leaving, staying] = [await keyWith('leaving', ['register']), await keyWith('staying', ['register'])]
  const [silent, beating, others] = [await adapter(), await adapter(), await adapter()]
  await send(`${one.url}/register`, { server_id: 'silent', server_url: silent.url }, leaving)
  await send(`${one.url}/heartbeat`, { server_id: 'beating', server_url: beating.url }, leaving)
  await send(`${one.url}/register`, { server_id: 'others', server_url: others.url }, staying)
  for (const name of ['silent', 'beating', 'others']) await has(one, `${name}_echo`)
  await revoke('leaving')
  // A lease is far longer than this is waited for.
  for (const name of ['silent', 'beating']) await lacks(one, `${name}_echo`)
  expect(tools(one)).toContain('others_echo')
  expect((await send(`${one.url}/servers`, undefined, staying)).body).toMatchObject([{ server_id: 'others' }])
})

test('what an admin unregisters of somebody else stands in the audit log, or is not done', async () => {
  const { one, keyWith, audited } = await closed()
  const [own, root] = [await keyWith('own', ['register']), await keyWith('root', ['register', 'admin'])]
  const far = await adapter()
  const body = { server_id: 'shop', server_url: far.url }
  await send(`${one.url}/register`, body, own)
  const database = await queries(one)
  await database.query('alter table admin.audit_log rename to away')
  expect((await send(`${one.url}/unregister`, body, root)).status).toBe(500)
  expect((await send(`${one.url}/servers`, undefined, own)).body).toHaveLength(1)
  await database.query('alter table admin.away rename to audit_log')
  expect((await send(`${one.url}/unregister`, body, root)).body).toMatchObject({ server_keys: ['shop_1'] })
  const details = { server_url: far.url, registered_by: own.id }
  expect(await audited('server_unregistered')).toMatchObject([{ actor: `root (${root.id})`, target: 'server:shop_1', details }])
})

test('every list has what its readers look for', async () => {
  const one = await system()
  const far = await adapter()
  await register(one, far.url, 'shop', { metadata: { protocol: 'http' }, capabilities: ['jsonrpc'] })
  const server = {
    server_id: 'shop',
    server_url: far.url,
    adapter_id: 'shop_1',
    capabilities: ['jsonrpc'],
    metadata: { protocol: 'http' },
  }
  expect((await send(`${one.url}/servers`)).body).toMatchObject([server])
  expect((await send(`${one.url}/list`)).body).toMatchObject({ servers: [server], count: 1 })
  expect((await send(`${one.url}/proxy/list`)).body).toMatchObject({ adapters: [server], count: 1 })
  expect((await send(`${one.url}/discover`)).body).toMatchObject({ success: true, servers: [server] })
  expect((await send(`${one.url}/proxy/health`)).body).toMatchObject({ status: 'ok', registered: 1 })
})

test('one Switchyard registered at another: its tools are called there, and are gone when it stops', async () => {
  const main = await system()
  const branch = await start({
    file: { proxy_registration: { enabled: true, proxy_url: main.url, server_id: 'branch', heartbeat: { interval: 2 } } },
  })
  stops.push(() => branch.stop())
  await has(main, 'branch_echo')
  expect((await call(main, 'branch_echo', { message: 'through two' })).structuredContent).toEqual({ message: 'through two' })
  const report = (await send(`${branch.url}/health`)).body.components as Record<string, Json>
  expect(report.proxy_registration).toMatchObject({ registered: true, server_key: 'branch_1' })
  await until('beating', async () => {
    const status = await call(branch, 'registration_status')
    return (status.structuredContent as Json).heartbeat === 'beating'
  })
  await branch.stop()
  await lacks(main, 'branch_echo')
})
