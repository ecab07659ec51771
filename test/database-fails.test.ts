/** What a running server does while its PostgreSQL is stopped, killed, hung, takes no changes or has no connection left, under load. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { becomesReady, callOver, type Looker, load, lookInto, statusOf, unavailable } from './fakes/callers.ts'
import { secretKey } from './fakes/keys.ts'
import { launch, launchUnwatched } from './launch.ts'
import { type Home, openHome } from './program.ts'
import { freshDatabase, type PostgresServer, startPostgres, withPostgres } from './services.ts'
import type { TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const test = withPostgres()
const poolSize = 4

let postgres: PostgresServer
let home: Home
let key: string
beforeAll(async () => {
  postgres = await startPostgres()
  home = await openHome()
  const made = await home.run(['keys', 'create', '--name', 'all', '--scope', 'read,call,admin'], {
    env: environment(postgres.url),
  })
  key = made.stdout.trim()
})
afterAll(async () => {
  await home?.remove()
  await postgres?.remove()
})

const environment = (url: string) => ({
  DATABASE_URL: url,
  SECRET_KEY: secretKey,
  MCP_AUTH: 'required',
  MCP_DATABASE_POOL_SIZE: String(poolSize),
  RATE_LIMIT_REQUESTS: '0',
})

const start = () => launch([], { env: environment(postgres.url) })

const call = (server: TestProcess, command: string, params: Json = {}) => callOver(server, key, command, params)

/** Looks once. */
async function look<T>(url: string, at: (looker: Looker) => Promise<T>): Promise<T> {
  const looker = await lookInto(url)
  try {
    return await at(looker)
  } finally {
    await looker.stop()
  }
}
const connectionsOf = (url: string) => look(url, (looker) => looker.connections())
const rowsWritten = (url: string) => look(url, (looker) => looker.written())

describe.each<[string, (server: PostgresServer) => unknown, (server: PostgresServer) => unknown]>([
  ['stopped', (server) => server.stop(), (server) => server.start()],
  ['killed', (server) => server.kill(), (server) => server.start()],
  ['hung', (server) => server.pause(), (server) => server.resume()],
])('a PostgreSQL that is %s', (_, breaks, mends) => {
  test('takes down nothing that does not need it, is said at once, and is used again when it is back, with every call in the history', async () => {
    const server = await start()
    const before = await rowsWritten(postgres.url)
    expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
    const callers = load(server, key)
    try {
      await callers.goesOn(50)
      await breaks(postgres)
      let broken = true
      const mend = async () => {
        if (broken) await mends(postgres)
        broken = false
      }
      onTestFinished(mend)
      // Many at once: more than there are connections.
      const answers = await Promise.all(Array.from({ length: 10 }, () => call(server, 'executions', { limit: 1 })))
      for (const answer of answers) expect(answer).toMatchObject(unavailable)
      await becomesReady(server, 503)
      await callers.goesOn(50)
      await mend()
      await becomesReady(server, 200)
      expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
      await callers.goesOn(20)
      expect(await connectionsOf(postgres.url)).toBeLessThanOrEqual(poolSize)
    } finally {
      await callers.stop()
    }
    expect(callers.failures).toEqual([])
    expect(callers.live()).toBe(callers.calls())
    await until('every call is in the history', async () => (await rowsWritten(postgres.url)) === before + callers.calls())
    // It has not been started again.
    expect(server.child.exitCode).toBeNull()
  })
})

test('a PostgreSQL that takes no changes is read, and said not to be ready, until it takes them again', async () => {
  const server = await start()
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  const set = async (value: 'on' | 'off') => {
    await admin.query(`alter system set default_transaction_read_only = ${value}`)
    await admin.query('select pg_reload_conf()')
  }
  onTestFinished(async () => {
    await admin.query('set default_transaction_read_only = off')
    await set('off')
    await admin.end()
  })
  await admin.query('set default_transaction_read_only = off')
  await set('on')
  await becomesReady(server, 503)
  expect(await call(server, 'key_create', { name: 'never' })).toMatchObject(unavailable)
  expect(await call(server, 'key_list')).toMatchObject({ success: true })
  expect(await call(server, 'echo', { message: 'hi' })).toMatchObject({ success: true })
  await set('off')
  await becomesReady(server, 200)
  expect(await call(server, 'key_create', { name: 'now' })).toMatchObject({ success: true })
})

test('connections that take no changes for as long as they last, as those to a standby, are not kept', async () => {
  const server = await start()
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
  const { client: admin, stop } = await lookInto(postgres.url)
  // What is set for a role counts from the next connection on, and for all of that one.
  const set = async (value: 'on' | 'off') => {
    await admin.query('set default_transaction_read_only = off')
    await admin.query(`alter role postgres set default_transaction_read_only = ${value}`)
  }
  onTestFinished(async () => {
    await set('off')
    await stop()
  })
  await set('on')
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'switchyard'`)
  await Promise.all(Array.from({ length: poolSize }, () => call(server, 'executions', { limit: 1 })))
  await becomesReady(server, 503)
  expect(await call(server, 'key_create', { name: 'standby' })).toMatchObject(unavailable)
  await set('off')
  await becomesReady(server, 200)
  for (let n = 0; n < 2 * poolSize; n++)
    expect(await call(server, 'key_create', { name: `standby-${n}` })).toMatchObject({ success: true })
})

test('a PostgreSQL without a connection left is used again when others let go', async () => {
  const server = await start()
  expect(await call(server, 'echo', { message: 'hi' })).toMatchObject({ success: true })
  // Those of the server are ended, and others take the place before it can come back.
  const others: pg.Client[] = []
  onTestFinished(async () => {
    await Promise.all(others.map((client) => client.end().catch(() => {})))
  })
  const take = async () => {
    for (;;) {
      const client = new pg.Client({ connectionString: postgres.url })
      client.on('error', () => {})
      try {
        await client.connect()
      } catch {
        return
      }
      others.push(client)
    }
  }
  await take()
  await others[0]!.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'switchyard'`)
  await take()
  const answers = await Promise.all(Array.from({ length: 6 }, () => call(server, 'executions', { limit: 1 })))
  expect(answers.filter(({ success }) => success !== true).length).toBeGreaterThan(0)
  for (const answer of answers.filter(({ success }) => success !== true)) expect(answer).toMatchObject(unavailable)
  expect(await call(server, 'echo', { message: 'hi' })).toMatchObject({ success: true })
  await Promise.all(others.splice(0).map((client) => client.end()))
  await becomesReady(server, 200)
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
})

test('a PostgreSQL that is away at the start: the server starts, is live and not ready, and is ready when it comes', async () => {
  await postgres.stop()
  onTestFinished(async () => {
    if (postgres.pid === 0) await postgres.start()
  })
  const server = await launchUnwatched([], { env: environment(postgres.url) })
  await until('it listens', () => server.url() !== '', 30_000)
  expect(await statusOf(server, '/health/live')).toBe(200)
  expect(await statusOf(server, '/health/ready')).toBe(503)
  await postgres.start()
  await becomesReady(server, 200)
  expect(await call(server, 'executions', { limit: 1 })).toMatchObject({ success: true })
})

test('audit: strict refuses the call whose start cannot be recorded', async () => {
  const server = await launch(['--audit', 'strict'], { env: environment(postgres.url) })
  expect(await call(server, 'echo', { message: 'hi' })).toMatchObject({ success: true })
  postgres.pause()
  onTestFinished(() => postgres.resume())
  expect(await call(server, 'echo', { message: 'hi' })).toMatchObject(unavailable)
  postgres.resume()
  await until('calls are recorded again', async () => (await call(server, 'echo', { message: 'hi' })).success === true)
})

test('three servers that start at once on an empty database are all ready, and every migration is applied once', async () => {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  const three = await Promise.all(Array.from({ length: 3 }, () => launch([], { env: environment(url) })))
  for (const server of three) await becomesReady(server, 200)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    'select count(*)::int as n, count(distinct hash)::int as different from drizzle.__drizzle_migrations',
  )
  await client.end()
  expect(rows[0].n).toBe(rows[0].different)
  for (const server of three) server.signal('SIGTERM')
  expect(await Promise.all(three.map(({ exited }) => exited))).toEqual([0, 0, 0])
})

/** What a newer version has applied. */
const later = `insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 4102444800000)`

test('a database of a newer version is refused with 78, and said in words', async () => {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  expect((await home.run(['migrate'], { env: environment(url) })).code).toBe(0)
  await look(url, ({ client }) => client.query(later))
  const refused = await home.run(['--port', '0', '--admin-port', '0'], { env: environment(url) })
  expect(refused).toMatchObject({ code: 78, stdout: '' })
  expect(refused.stderr).toContain('the database is newer than this program')
})

test('a database of a newer version that comes when the server runs already ends it with 78 and the same words', async () => {
  await look(postgres.url, ({ client }) => client.query(later))
  const { stderr: words } = await home.run(['migrate'], { env: environment(postgres.url) })
  expect(words).toContain('the database is newer than this program')
  await postgres.stop()
  onTestFinished(async () => {
    if (postgres.pid === 0) await postgres.start()
    await look(postgres.url, ({ client }) => client.query(`delete from drizzle.__drizzle_migrations where hash = 'later'`))
  })
  const server = await start()
  expect(await statusOf(server, '/health/live')).toBe(200)
  expect(await statusOf(server, '/health/ready')).toBe(503)
  await postgres.start()
  expect(await server.exited).toBe(78)
  expect(server.stderr().endsWith(`\n${words.split('\n').at(-2)}\n`)).toBe(true)
  // It has ended in order, and whoever reads the log alone finds the reason there.
  expect(server.logged('stopped')).toHaveLength(1)
  expect(server.logged('database away').at(-1)).toMatchObject({ reason: words.trimEnd().split('\n').at(-1) })
})
