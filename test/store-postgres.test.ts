import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
import { type Database, migrate, openDatabase } from '../app/store/database.ts'
import { openExecutions } from '../app/store/executions.ts'
import { lookInto } from './fakes/callers.ts'
import { type CollectedLog, collectedLog } from './fakes/collected-log.ts'
import { row } from './fakes/executions.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { type FreshDatabase, freshDatabase, type PostgresServer, startPostgres, withPostgres } from './services.ts'
import { until } from './until.ts'

const test = withPostgres()

let log: CollectedLog
let opened: Database[]
let made: FreshDatabase[]

async function open(url: string): Promise<Database> {
  const database = await openDatabase({ url, poolSize: 5, dataDir: '', log })
  opened.push(database)
  return database
}
async function empty(): Promise<string> {
  const database = await freshDatabase()
  made.push(database)
  return database.url
}
const healthOf = async (database: Database) => (await database.check()).status

beforeEach(() => {
  log = collectedLog()
  opened = []
  made = []
})
afterEach(async () => {
  await Promise.all(opened.map((database) => database.stop()))
  await Promise.all(made.map((database) => database.drop()))
})

describe('migrations', () => {
  test('three that start at once on an empty database all succeed, and every migration is applied once', async () => {
    for (let round = 0; round < 3; round++) {
      const url = await empty()
      const three = await Promise.all([open(url), open(url), open(url)])
      expect(await Promise.all(three.map(healthOf))).toEqual(['ok', 'ok', 'ok'])
      const applied = await three[0]!.db.execute(
        sql`select count(*)::int as n, count(distinct hash)::int as different from drizzle.__drizzle_migrations`,
      )
      expect(applied.rows[0]?.n).toBe(applied.rows[0]?.different)
    }
  })

  test('the verb says how many it applied, and applies none twice', async () => {
    const url = await empty()
    expect(await migrate(url)).toBeGreaterThan(0)
    expect(await migrate(url)).toBe(0)
  })

  test('a statement of a migration may take longer than any other', async () => {
    const url = await empty()
    const [other, looker] = await Promise.all([lookInto(url), lookInto(url)])
    // What the first one wants to make itself, and so waits for.
    await other.client.query('begin; create schema drizzle')
    const migrated = migrate(url)
    migrated.catch(() => {}) // it may fail while we look
    await until('it waits for longer than it may anywhere else', async () => {
      const { rows } = await looker.client.query(
        `select 1 from pg_stat_activity
          where application_name = 'switchyard migrate' and wait_event_type = 'Lock' and clock_timestamp() - query_start > '2.5 s'`,
      )
      return rows.length > 0
    })
    await other.client.query('rollback')
    expect(await migrated).toBeGreaterThan(0)
    await Promise.all([other.stop(), looker.stop()])
  })

  test('a database that is newer than the program is refused in words', async () => {
    const url = await empty()
    const first = await open(url)
    await first.db.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 4102444800000)`)
    await expect(open(url)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('newer than this program: its last migration is of 2100-01-01'),
    })
  })
})

test('while another replica migrates nobody is let through to tables that may be half there', async () => {
  const url = await empty()
  const other = await lookInto(url)
  await other.client.query('select pg_advisory_lock(7190265021)')
  // As after a start that has waited long enough.
  const database = await openDatabase({ url, poolSize: 5, dataDir: '', log, stopping: AbortSignal.abort() })
  opened.push(database)
  expect(await healthOf(database)).toBe('down')
  await expect(database.pool.query('select 1')).rejects.toMatchObject({ code: 'unavailable' })
  await expect(database.transaction((tx) => tx.execute(sql`select 1`))).rejects.toMatchObject({ code: 'unavailable' })
  await other.stop()
  await database.whenReady()
  expect((await database.pool.query('select 1 as n')).rows).toEqual([{ n: 1 }])
})

test('a database that does not exist yet is said clearly, and found when it is made', async () => {
  const url = await empty()
  await made[0]!.drop()
  const database = await open(url)
  expect(await database.check()).toMatchObject({ status: 'down', detail: expect.stringContaining('does not exist') })
  expect(log.of('database away')).toHaveLength(1)

  const name = new URL(url).pathname.slice(1)
  const helper = await open(await empty())
  await helper.pool.query(`create database ${name}`)
  await database.whenReady()
  expect(await database.check()).toMatchObject({ status: 'ok', mode: 'postgresql' })
})

describe('a server that goes and comes', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.remove())

  test('is away at the start: the start goes on, and the tables are there when it comes', async () => {
    await server.stop()
    const database = await open(server.url)
    expect(await database.check()).toMatchObject({ status: 'down', detail: expect.stringContaining('ECONNREFUSED') })

    await server.start()
    await database.whenReady()
    expect(await healthOf(database)).toBe('ok')
    // One that is just starting may be met as well: another reason, and the same outage.
    const events = log.lines.map(({ event }) => event)
    expect(events.filter((event, at) => event !== events[at - 1])).toEqual(['database away', 'database ready'])
  })

  test('is killed and started again under writes: nothing that was taken is lost, and nobody starts anew', async () => {
    const database = await open(server.url)
    await database.pool.query('truncate mcp.tool_executions')
    const history = openExecutions(database, log)
    let added = 0
    let writing = true
    const writer = (async () => {
      // Not more than the history holds while the server is away, however long that takes.
      for (; writing && added < 8_000; added++) {
        history.add(row())
        await sleep(1)
      }
    })()

    await until('rows are written', () => added > 300 && history.waiting() < added)
    await server.kill()
    const atDeath = added
    await until('rows are waiting', () => history.check?.().status === 'degraded' && added > atDeath + 100)
    await expect(history.begin(row({ status: 'started' }))).rejects.toThrow()
    await server.start()
    await until('the history is written again', () => history.check?.().status === 'ok')
    writing = false
    await writer
    await history.stop()

    const { rows } = await database.pool.query('select count(*)::int as n from mcp.tool_executions')
    expect(rows).toEqual([{ n: added }])
    expect(history.lost()).toBe(0)
  })

  test('the end of a call that began before it went is written when it is back', async () => {
    const database = await open(server.url)
    const history = openExecutions(database, log)
    const begun = row({ status: 'started', audit: 'strict' })
    await history.begin(begun)
    await server.kill()
    await expect(history.finish(begun.id, { status: 'ok', result: null, error: null, errorCode: null, ms: 1 })).rejects.toThrow()

    await server.start()
    await until('the end is written', () => history.waiting() === 0)
    expect(await history.get(begun.id)).toMatchObject({ status: 'ok', ms: 1 })
    await history.stop()
  })

  test('hangs: its health says so, queries fail and do not hang, and it is used again when it goes on', async () => {
    const database = await open(server.url)
    await database.pool.query('select 1')
    server.pause()
    try {
      await expect(database.pool.query('select 1')).rejects.toMatchObject({ code: 'unavailable', data: { retry_after: 2 } })
      await until('its health says so', async () => (await healthOf(database)) === 'down')
      // Nobody waits any more for what is known to hang.
      await expect(database.transaction((tx) => tx.execute(sql`select 1`))).rejects.toMatchObject({ code: 'unavailable' })
    } finally {
      server.resume()
    }
    await until('it answers again', async () => (await healthOf(database)) === 'ok')
  })
})

describe.each(stores)('transactions on $name', ({ open: openStore, test }) => {
  let store: OpenStore
  beforeAll(async () => {
    store = await openStore()
    await store.database.pool.query('create table thing (n int)')
  })
  afterAll(() => store?.close())

  const things = async () => (await store.database.pool.query('select n from thing order by n')).rows.map(({ n }) => n)

  test('all of it or nothing, also side by side', async () => {
    const { database } = store
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        database
          .transaction(async (tx) => {
            await tx.execute(sql`insert into thing values (${n})`)
            await tx.execute(sql`insert into thing values (${n + 100})`)
            if (n % 2 === 1) throw new Error('changed my mind')
          })
          .catch(() => {}),
      ),
    )
    expect(await things()).toEqual([0, 2, 4, 6, 8, 100, 102, 104, 106, 108])
  })

  test('a connection that dies in the middle is an error of that call, and of nobody else', async () => {
    const { database } = store
    const before = await things()
    // Drizzle's own transaction too, for whoever takes the short way.
    for (const run of [database.transaction, database.db.transaction.bind(database.db)]) {
      const attempt = run(async (tx) => {
        await tx.execute(sql`insert into thing values (-1)`)
        const client = (tx as unknown as { session: { client: { connection: { stream: { destroy(): void } } } } }).session.client
        client.connection.stream.destroy()
        await sleep(50)
        await tx.execute(sql`insert into thing values (-2)`)
      })
      await expect(attempt).rejects.toThrow()
    }
    expect(await things()).toEqual(before)
  })
})
