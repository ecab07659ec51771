/** What a running server does while the way to its PostgreSQL is slow or leads nowhere, while others hold its tables, and while nobody can write the history. */
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { migrate } from '../app/store/migrations.ts'
import { connect, wires } from './clients.ts'
import { Visitor } from './fakes/admin.ts'
import { becomesReady, callOver, type Looker, load, lookInto, statusOf, unavailable } from './fakes/callers.ts'
import { type FaultProxy, openFaultProxy } from './fakes/fault-proxy.ts'
import { secretKey } from './fakes/keys.ts'
import { mcpWay } from './fakes/ways.ts'
import { launch, launchUnwatched } from './launch.ts'
import { openHome } from './program.ts'
import { type PostgresServer, startPostgres, withPostgres } from './services.ts'
import type { TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const test = withPostgres()
const poolSize = 4
/** In what the server asks to see whether its database is there. */
const question = 'transaction_read_only'

let postgres: PostgresServer
let proxy: FaultProxy
let looker: Looker
let key: string
beforeAll(async () => {
  postgres = await startPostgres()
  proxy = await openFaultProxy(postgres.url)
  const home = await openHome()
  const made = await home.run(['keys', 'create', '--name', 'all', '--scope', 'read,call,admin'], { env: environment })
  key = made.stdout.trim()
  await home.remove()
  looker = await lookInto(postgres.url)
})
afterAll(async () => {
  await looker?.stop()
  await proxy?.stop()
  await postgres?.remove()
})

const environment = {
  get DATABASE_URL() {
    return proxy.url
  },
  SECRET_KEY: secretKey,
  MCP_AUTH: 'required',
  MCP_DATABASE_POOL_SIZE: String(poolSize),
  RATE_LIMIT_REQUESTS: '0',
}

const start = (args: string[] = [], env: Record<string, string> = {}) => launch(args, { env: { ...environment, ...env } })
const call = (server: TestProcess, command: string, params: Json = {}) => callOver(server, key, command, params)

/** Counts the connections of the server at PostgreSQL, again and again. @returns the most there ever were */
function countConnections() {
  let most = 0
  let over = false
  const counting = (async () => {
    while (!over) most = Math.max(most, await looker.connections())
  })()
  return async () => {
    over = true
    await counting
    return most
  }
}

test('a slow way to it costs time and nothing else: everything is answered, and the server stays ready', async () => {
  const server = await start()
  proxy.latency(60)
  onTestFinished(() => proxy.heal())
  const stopCounting = countConnections()
  const callers = load(server, key)
  for (let n = 0; n < 5; n++) {
    expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
    expect(await statusOf(server, '/health/ready')).toBe(200)
  }
  await callers.stop()
  expect(callers.failures).toEqual([])
  expect(await stopCounting()).toBeLessThanOrEqual(poolSize)
})

test('a way that leads nowhere any more: what needs it is refused, the rest goes on, and no connection is left behind', async () => {
  const server = await start()
  const before = await looker.written()
  const callers = load(server, key)
  await callers.goesOn(20)
  proxy.halfOpen()
  onTestFinished(() => proxy.heal())
  const answers = await Promise.all(Array.from({ length: 3 * poolSize }, () => call(server, 'executions', { limit: 1 })))
  for (const answer of answers) expect(answer).toMatchObject(unavailable)
  await becomesReady(server, 503)
  // Now everything would be answered but whether it is there again: who is refused all the same was not asked for.
  proxy.heal()
  proxy.silenceAt(question)
  for (let n = 0; n < 30; n++) expect(await call(server, 'executions', { limit: 1 })).toMatchObject(unavailable)
  await callers.goesOn(20)
  proxy.heal()
  await becomesReady(server, 200)
  for (let n = 0; n < 3 * poolSize; n++) expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
  await callers.stop()
  expect(callers.failures).toEqual([])
  await until('every call is in the history', async () => (await looker.written()) === before + callers.calls())
  // PostgreSQL hears of the ends of the old ones when the way is there again.
  await until('the old ones have ended', async () => (await looker.connections()) <= poolSize)
})

/** Connections that migrate, as PostgreSQL counts them. @param which a condition on pg_stat_activity */
async function migrating(which = 'true'): Promise<number> {
  const { rows } = await looker.client.query(
    `select count(*)::int as n from pg_stat_activity where application_name = 'switchyard migrate' and ${which}`,
  )
  return rows[0].n
}

/** Starts a server over a way so slow that every step of it can be seen at PostgreSQL. */
async function startSlowly(): Promise<TestProcess> {
  await until('nobody migrates', async () => (await migrating()) === 0)
  proxy.latency(500)
  onTestFinished(() => proxy.heal())
  return launchUnwatched([], { env: environment })
}

/** What is open leads nowhere from now on; what is opened works. */
function loseTheWay(): void {
  proxy.strand()
  proxy.heal()
}

test.each([
  ['it has connected', `query like 'set statement_timeout%'`],
  ['it asks for the lock', `query like '%pg_try_advisory_lock%'`],
  ['it looks whether there are tables', `query like '%to_regclass%'`],
  ['it looks which migrations are applied', `query like '%count(*)%'`],
])('a way that leads nowhere any more when %s: the server is ready by itself on another connection', async (_, said) => {
  const server = await startSlowly()
  await until('it is there', async () => (await migrating(said)) > 0)
  loseTheWay()
  await until('it listens', () => server.url() !== '')
  await becomesReady(server, 200)
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
  expect(server.logged('database away').map(({ reason }) => reason)).toContain('Query read timeout')
})

test('a way that leads nowhere any more when all is migrated: nobody waits for the goodbye', async () => {
  const server = await startSlowly()
  await until('it is there', async () => (await migrating()) > 0)
  await until('PostgreSQL has said goodbye', async () => (await migrating()) === 0)
  loseTheWay()
  await until('it listens', () => server.url() !== '')
  await becomesReady(server, 200)
})

test('a server that is lost while it holds the lock of the migrations keeps no other waiting', async () => {
  const server = await startSlowly()
  await until('it holds the lock', async () => {
    const { rows } = await looker.client.query(`select 1 from pg_locks where locktype = 'advisory' and granted`)
    return rows.length > 0
  })
  proxy.halfOpen()
  server.signal('SIGKILL')
  await server.exited
  // As far as PostgreSQL can tell it is there still.
  expect(await migrate(postgres.url)).toBe(0)
})

test('a table that somebody else holds: who waits for it is refused in time, keeps no place at the server, and is answered afterwards', async () => {
  const server = await start()
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
  const { client: holder, stop } = await lookInto(postgres.url)
  onTestFinished(stop)
  await holder.query('begin; lock table mcp.tool_executions in access exclusive mode')
  const stopCounting = countConnections()
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 3 * poolSize }, () => call(server, 'executions', { limit: 1 })))
    for (const answer of answers) expect(answer).toMatchObject(unavailable)
  }
  await holder.query('rollback')
  await until('it is read again', async () => (await call(server, 'executions', { limit: 1 })).success === true)
  expect(await stopCounting()).toBeLessThanOrEqual(poolSize)
  await becomesReady(server, 200)
})

test('every way in says the same of a database that does not answer: unavailable, and when to try again', async () => {
  const server = await start(['--admin'])
  const headers = { authorization: `Bearer ${key}` }
  const clients = await Promise.all(
    wires.filter((wire) => wire !== 'websocket').map((wire) => connect(wire, server.url(), headers)),
  )
  onTestFinished(async () => {
    for (const client of clients) await client.close()
  })
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
  proxy.halfOpen()
  onTestFinished(() => proxy.heal())
  const mcp = await Promise.all(clients.map((client) => mcpWay('mcp', 'http', client).ask({ kind: 'tool', name: 'executions' })))
  for (const answer of mcp) expect(answer).toMatchObject({ code: 'unavailable', message: expect.stringContaining('try again') })
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject(unavailable)
  expect(await call(server, 'key_create', { name: 'never' })).toMatchObject(unavailable)
  const rest = await fetch(`${server.url()}/api/commands/executions`, { method: 'POST', headers, body: '{}' })
  expect(rest.status).toBe(503)
  expect(await rest.json()).toMatchObject({ error: { data: { code: 'unavailable', retry_after: expect.any(Number) } } })
  const signIn = await new Visitor(server.adminUrl()).post('auth/login', { name: 'anna', password: 'wrong horse' })
  expect(signIn.status).toBe(503)
  expect(Number(signIn.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await signIn.text()).not.toMatch(/select|insert|\$1/)
  // Text of a query, or of what node-postgres says, is for the log.
  expect(JSON.stringify(mcp)).not.toMatch(/select|insert|\$1/i)
})

test('what the history has no room for is counted, said and shown, and the rest of it is written in the end, once', async () => {
  // Nobody needs a key: one that cannot be looked up goes on for 30 s only.
  const server = await start([], { MCP_AUTH: 'auto' })
  const health = async () => {
    const response = await fetch(`${server.url()}/health`)
    return ((await response.json()) as { components: Record<string, { detail?: string; lost: number; waiting: number }> })
      .components.history!
  }
  const hundred = Array.from({ length: 100 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'echo', params: { message: 'hi' } }))
  const callHundred = async () => {
    const response = await fetch(`${server.url()}/cmd`, { method: 'POST', body: JSON.stringify(hundred) })
    const answers = (await response.json()) as { result?: { success: boolean } }[]
    expect(answers.filter(({ result }) => result?.success)).toHaveLength(100)
  }
  const before = await looker.written()
  await callHundred()
  await until('they are in the history', async () => (await looker.written()) === before + 100)
  proxy.halfOpen()
  onTestFinished(() => proxy.heal())
  // 10,000 rows is what there is room for.
  for (let calls = 0; calls < 10_300; calls += 100) await callHundred()
  await until('it is said', async () => {
    const { waiting, detail = '' } = await health()
    return waiting === 10_000 && detail.startsWith('10000 rows wait')
  })
  expect(await health()).toMatchObject({
    status: 'degraded',
    lost: 300,
    detail: expect.stringContaining('300 calls were not recorded since the start'),
  })
  expect(server.logged('history overflow')).toHaveLength(1)

  proxy.heal()
  await until('the rest is written', async () => (await looker.written()) === before + 10_100, 40_000)
  await until('it is said how many', () => server.logged('history incomplete').length === 1)
  expect(server.logged('history incomplete')[0]).toMatchObject({ lost: 300 })
  await until('its health is what it was', async () => (await health()).waiting === 0)
  expect(await health()).toEqual({
    status: 'ok',
    waiting: 0,
    lost: 300,
    detail: '300 calls were not recorded since the start',
  })
  const metrics = await (await fetch(`${server.url()}/metrics`)).text()
  expect(metrics).toMatch(/^switchyard_history_rows_lost 300$/m)
})
