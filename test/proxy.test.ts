/** What is promised about our registration at proxies of every generation. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { loadConfig } from '../app/config.ts'
import { openProxy, type ProxyRegistration } from '../app/proxy.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { startCurrent } from './fakes/proxies/current.ts'
import { startLocalExample, startTestExample } from './fakes/proxies/examples.ts'
import { startMiddle } from './fakes/proxies/middle.ts'
import { startOldest } from './fakes/proxies/oldest.ts'
import type { FakeProxy } from './fakes/proxies/proxy.ts'
import { startRawHttp } from './fakes/raw-http.ts'
import { launch } from './launch.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function fake(starting: Promise<FakeProxy>): Promise<FakeProxy> {
  const proxy = await starting
  stops.push(() => proxy.stop())
  return proxy
}

const settingsFor = (proxy: FakeProxy, more: object = {}) => ({
  enabled: true,
  proxy_url: proxy.url,
  server_id: 'shop',
  retry_delay: '10ms',
  heartbeat: { interval: 2 },
  ...more,
})

async function system(proxy: FakeProxy, more: object = {}, server: object = {}): Promise<TestSystem> {
  const started = await start({ file: { server, proxy_registration: settingsFor(proxy, more) } })
  stops.push(() => started.stop())
  return started
}

const admin = { id: 'a', name: 'admin', scopes: ['read', 'call', 'admin'] as const }

async function call(system: TestSystem, name: string, given: Record<string, unknown> = {}) {
  const result = await system.yard.switch.call({ kind: 'tool', name, arguments: given, caller: admin, via: 'cli' })
  return result.structuredContent as Record<string, unknown>
}

const componentOf = async ({ url }: TestSystem) => {
  const report = (await (await fetch(`${url}/health`)).json()) as { status: string; components: Record<string, object> }
  return { whole: report.status, part: report.components.proxy_registration as Record<string, unknown> }
}

const isRegistered = (one: TestSystem) => async () => (await call(one, 'registration_status')).registered === true

describe.each([
  ['the oldest', startOldest, 'shop_1', 'unsupported'],
  ['the middle', startMiddle, 'shop_1', 'beating'],
  ['the current', () => startCurrent(), 'shop_1', 'beating'],
  ['the local example', startLocalExample, 'adapter-1', 'beating'],
  ['the test example', startTestExample, 'shop', 'beating'],
] as const)('a proxy of %s generation', (_name, starting, key, heartbeat) => {
  test('takes the registration, its heartbeats, and its end', async () => {
    const proxy = await fake(starting())
    const one = await system(proxy)
    await until('registered', isRegistered(one))
    expect([...proxy.servers.keys()]).toEqual([key])
    expect(await call(one, 'registration_status')).toMatchObject({ server_key: key, server_url: one.url, proxy_url: proxy.url })
    await until('the first heartbeat', async () => (await call(one, 'registration_status')).heartbeat === heartbeat)
    expect((await call(one, 'registration_status')).registered).toBe(true)
    expect(await call(one, 'proxy_registration', { action: 'unregister' })).toMatchObject({
      message: 'unregistered',
      registered: false,
    })
    expect(proxy.servers.size).toBe(0)
    expect((await componentOf(one)).part).toMatchObject({ status: 'ok', registered: false })
  })
})

test('whoever registers by hand may say where we are reached', async () => {
  const proxy = await fake(startOldest())
  const one = await system(proxy, { auto_register_on_startup: false })
  expect(await call(one, 'registration_status')).toMatchObject({ registered: false, error: null })
  const url = 'http://tools.example:81'
  expect(await call(one, 'proxy_registration', { action: 'register', server_url: url })).toMatchObject({
    message: 'registered',
    server_key: 'shop_1',
    server_url: url,
    registration_status: { registered: true, server_url: url },
  })
  expect([...proxy.servers.values()]).toMatchObject([{ server_url: url }])
})

test('a stop takes the registration back', async () => {
  const proxy = await fake(startMiddle())
  const one = await system(proxy)
  await until('registered', isRegistered(one))
  await one.stop()
  expect(proxy.servers.size).toBe(0)
})

test('the port listens before the proxy hears of it, and health is not "starting" any more', async () => {
  const proxy = await fake(startCurrent())
  const one = await system(proxy)
  await until('registered', isRegistered(one))
  expect(one.log.of('not registered at the proxy')).toEqual([])
})

test('what the proxy refuses for a while is tried again; health and the command say the same meanwhile', async () => {
  const proxy = await fake(startOldest())
  proxy.fail(4)
  const one = await system(proxy, { retry_attempts: 10, retry_delay: '300ms' })
  await until('a first failure', async () => (await componentOf(one)).whole === 'degraded')
  const [{ part }, status] = [await componentOf(one), await call(one, 'registration_status')]
  expect(part).toMatchObject({ status: 'degraded', enabled: true, registered: false, server_key: null })
  expect(part.detail).toMatch(/HTTP 500/)
  expect(status).toMatchObject({ registered: false, error: part.detail })
  await until('registered', isRegistered(one))
  await until('healthy', async () => (await componentOf(one)).whole === 'healthy')
  expect((await componentOf(one)).part).toMatchObject({ registered: true, server_key: 'shop_1' })
})

/** The registration without the rest of the system. */
async function opened(url: string): Promise<ProxyRegistration> {
  const home = await mkdtemp(join(tmpdir(), 'switchyard-proxy-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const env = {
    MCP_PROXY_REGISTRATION_ENABLED: 'true',
    MCP_PROXY_REGISTRATION_URL: url,
    MCP_PROXY_REGISTRATION_RETRY_DELAY: '10ms',
    MCP_PROXY_REGISTRATION_RETRY_ATTEMPTS: '2',
  }
  const { config } = loadConfig({ flags: { 'data-dir': home }, env, cwd: home, home })
  const log = collectedLog()
  return openProxy({ settings: config, version: '1', listening: 'http://127.0.0.1:1', log, slowRetry: 15 })
}

test('after the quick tries it is tried on', async () => {
  const proxy = await fake(startOldest())
  proxy.fail(5)
  const one = await opened(proxy.url)
  stops.push(() => one.stop())
  await until('registered', () => one.status().registered)
  expect(proxy.sent('/register')).toHaveLength(6)
})

test('a proxy that has the URL already counts as registered, in both ways of saying so', async () => {
  for (const proxy of [await fake(startMiddle()), await fake(startCurrent({ strict: true }))]) {
    const first = await system(proxy, { auto_unregister_on_shutdown: false })
    await until('registered', isRegistered(first))
    expect(await call(first, 'proxy_registration', { action: 'register' })).toMatchObject({
      server_key: 'shop_1',
      registered: true,
    })
  }
})

test('a proxy that looks for the UUID below gets it there', async () => {
  const proxy = await fake(startCurrent({ uuidAt: 'metadata' }))
  const one = await system(proxy)
  await until('registered', isRegistered(one))
  const [first, second] = proxy.sent('/register')
  expect(first).toHaveProperty('uuid')
  expect(second).toMatchObject({ metadata: { uuid: first!.uuid } })
})

test('the UUID is the same after a restart', async () => {
  const proxy = await fake(startMiddle())
  const dataDir = await mkdtemp(join(tmpdir(), 'switchyard-proxy-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  for (let round = 0; round < 2; round++) {
    const one = await start({ dataDir, file: { proxy_registration: settingsFor(proxy) } })
    await until('registered', isRegistered(one))
    await one.stop()
  }
  const uuids = proxy.sent('/register').map(({ uuid }) => uuid)
  expect(uuids).toHaveLength(2)
  expect(new Set(uuids).size).toBe(1)
})

test('a proxy that forgot us hears of us again, by the next heartbeat', async () => {
  const proxy = await fake(startMiddle())
  const one = await system(proxy)
  await until('beating', async () => (await call(one, 'registration_status')).heartbeat === 'beating')
  proxy.servers.clear()
  await until('registered again', () => proxy.servers.has('shop_1'))
  await until('and we know', isRegistered(one))
})

test('what is told and with which credential', async () => {
  const proxy = await fake(startMiddle())
  await system(proxy, { token: 'hush-1', api_key: 'hush-2', server_name: 'The shop' }, { advertised_host: 'tools.example' })
  await until('asked', () => proxy.sent('/register').length > 0)
  expect(proxy.sent('/register')[0]).toMatchObject({
    server_id: 'shop',
    server_name: 'The shop',
    server_url: expect.stringMatching(/^http:\/\/tools\.example:\d+$/),
    endpoints: { jsonrpc: '/api/jsonrpc', rest: '/cmd', health: '/health' },
    metadata: { protocol: 'http', host: 'tools.example', port: expect.any(Number) },
  })
  expect(proxy.headers()[0]).toMatchObject({ authorization: 'Bearer hush-1', 'x-api-key': 'hush-2' })
})

test('a proxy that is elsewhere and a server that only this machine reaches: a warning', async () => {
  const one = await start({
    file: { proxy_registration: { enabled: true, proxy_url: 'http://proxy.invalid:3004', auto_register_on_startup: false } },
  })
  stops.push(() => one.stop())
  expect((await call(one, 'registration_status')).warning).toMatch(/advertised_host/)
  expect(one.log.of('the proxy may not reach this server')).toHaveLength(1)
})

test('switched off, the commands say so and nothing is missing', async () => {
  const one = await start()
  stops.push(() => one.stop())
  expect(await call(one, 'proxy_registration', { action: 'register' })).toMatchObject({ enabled: false, registered: false })
  expect(await componentOf(one)).toMatchObject({ whole: 'healthy', part: { enabled: false, registered: false } })
  const wrong = (await (
    await fetch(`${one.url}/cmd`, { method: 'POST', body: JSON.stringify({ command: 'registration_status' }) })
  ).json()) as object
  expect(wrong).toMatchObject({ result: { success: true, data: { enabled: false } } })
  await expect(call(one, 'proxy_registration', { action: 'dance' })).rejects.toThrow('register, unregister or status')
})

test('a stop while the proxy registers us waits for its answer and takes that back', async () => {
  let answer = () => {}
  const proxy = await startRawHttp(({ path }, reply) => {
    if (path === '/register') answer = () => reply.json({ server_key: 'shop_1' })
    else reply.json({})
  })
  stops.push(() => proxy.stop())
  const one = await opened(proxy.url)
  await until('the proxy is asked', () => proxy.asked.length === 1)
  const stopped = one.stop()
  answer()
  await stopped
  expect(proxy.asked.map(({ path }) => path)).toEqual(['/register', '/unregister'])
})

test('SIGTERM takes it back, and a proxy that hangs does not hold up the stop', async () => {
  const proxy = await fake(startMiddle())
  const child = await launch([], { file: { proxy_registration: settingsFor(proxy) } })
  await until('registered', () => proxy.servers.size === 1 && child.logged('registered at the proxy').length > 0)
  child.signal('SIGTERM')
  expect(await child.exited).toBe(0)
  expect(proxy.sent('/unregister')).toHaveLength(1)
  expect(proxy.servers.size).toBe(0)

  const hanging = await startRawHttp(({ path }, reply) => {
    if (path === '/register') reply.json({ server_key: 'shop_1' })
  })
  stops.push(() => hanging.stop())
  const other = await launch([], { file: { proxy_registration: { enabled: true, proxy_url: hanging.url, server_id: 'shop' } } })
  await until('registered', () => hanging.asked.length > 0 && other.logged('registered at the proxy').length > 0)
  other.signal('SIGTERM')
  expect(await other.exited).toBe(0)
  expect(other.logged('not unregistered at the proxy')).toHaveLength(1)
})
