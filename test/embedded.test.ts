import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { tryClaim } from '../app/store/claim.ts'
import { openDatabase } from '../app/store/database.ts'
import { preparePlace } from '../app/store/embedded-place.ts'
import { NewerDatabase } from '../app/store/migrations.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { type StoreProcess, startStoreProcess } from './fakes/store-processes.ts'
import { openEmbedded } from './fakes/stores.ts'
import { until } from './until.ts'

let dataDir: string
const open = (log = collectedLog()) => openEmbedded(log, dataDir)

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-embedded-'))
})
afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

describe('several processes on one data directory', { timeout: 90_000 }, () => {
  let processes: StoreProcess[]
  beforeEach(() => {
    processes = []
  })
  afterEach(() => Promise.all(processes.map((one) => one.kill())))

  function start(): StoreProcess {
    const one = startStoreProcess(dataDir, inject('embeddedTemplate'))
    processes.push(one)
    return one
  }
  const writes = (one: StoreProcess, more = 20) => {
    const enough = one.written.length + more
    return until('rows are written', () => one.written.length >= enough, 60_000)
  }

  /** Opens the database when all of them have ended, and looks for every row that was acknowledged to anybody. */
  async function expectAllRows(): Promise<void> {
    const { database, close } = await open()
    try {
      const { rows } = await database.pool.query<{ id: string }>('select id from mcp.tool_executions')
      const there = new Set(rows.map(({ id }) => id))
      const missing = processes.flatMap(({ written }) => written).filter((id) => !there.has(id))
      expect(missing).toEqual([])
    } finally {
      await close()
    }
  }

  test('they share the database of the first, and nothing is left when they have stopped', async () => {
    const first = start()
    await writes(first)
    const second = start()
    await writes(second)

    expect([first.owned(), second.owned()]).toEqual([true, false])
    // The guest first: a write of its that is under way needs the owner.
    expect([await second.stop(), await first.stop()]).toEqual([0, 0])
    expect(second.failed).toEqual([])
    expect(readdirSync(dataDir)).toEqual(['postgresql'])
    await expectAllRows()
  })

  test('the owner is killed while the others write: one takes over, all go on, every acknowledged row is there', async () => {
    const owner = start()
    await writes(owner)
    const others = [start(), start()]
    await Promise.all(others.map((one) => writes(one)))

    await owner.kill()
    await Promise.all(others.map((one) => writes(one)))
    expect(others.filter((one) => one.owned())).toHaveLength(1)

    await Promise.all(others.map((one) => one.kill()))
    await expectAllRows()
  })

  test('the owner stops in order while another writes: the other takes over', async () => {
    const owner = start()
    await writes(owner)
    const other = start()
    await writes(other)

    expect(await owner.stop()).toBe(0)
    await writes(other)
    expect(other.owned()).toBe(true)
    expect(await other.stop()).toBe(0)
    await expectAllRows()
  })

  test('four that start at once on a dead owner’s socket agree on one new owner', async () => {
    const dead = start()
    await writes(dead)
    await dead.kill()
    expect(existsSync(join(dataDir, '.s.PGSQL.5432'))).toBe(true)

    const four = [start(), start(), start(), start()]
    await Promise.all(four.map((one) => writes(one)))
    expect(four.filter((one) => one.owned())).toHaveLength(1)

    await Promise.all(four.map((one) => one.kill()))
    await expectAllRows()
  })
})

describe('a claim', () => {
  test('is held by one, and free again when that one lets go', async () => {
    const first = await tryClaim(dataDir)
    expect(first).not.toBeNull()
    expect(await tryClaim(dataDir)).toBeNull()
    await first?.release()
    const second = await tryClaim(dataDir)
    expect(second).not.toBeNull()
    await second?.release()
    expect(readdirSync(dataDir)).toEqual([])
  })

  test('is never given to two, however many ask at once', async () => {
    for (let round = 0; round < 50; round++) {
      const claims = (await Promise.all(Array.from({ length: 8 }, () => tryClaim(dataDir)))).filter((claim) => claim !== null)
      expect(claims.length).toBeLessThanOrEqual(1)
      for (const claim of claims) await claim.release()
    }
  })

  test('of a process that has ended counts for nothing', async () => {
    const claim = await tryClaim(dataDir)
    const [name = ''] = readdirSync(dataDir)
    await claim?.release()
    const [word, host, pid, , random] = name.split('.')
    await writeFile(join(dataDir, [word, host, pid, Buffer.from('another start').toString('base64url'), random].join('.')), '')

    const next = await tryClaim(dataDir)
    expect(next).not.toBeNull()
    await next?.release()
  })
})

describe('the files', () => {
  test('are for this user alone', async () => {
    const fresh = join(dataDir, 'made', 'here')
    const { close } = await openEmbedded(undefined, fresh)
    try {
      const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
      expect(modeOf(fresh)).toBe('700')
      expect(modeOf(join(fresh, '.s.PGSQL.5432'))).toBe('600')
    } finally {
      await close()
    }
  })

  test('of a first start that was killed in the middle are made anew', async () => {
    await mkdir(join(dataDir, 'postgresql'))
    await writeFile(join(dataDir, 'postgresql', 'PG_VERSION'), '18\n')
    await writeFile(join(dataDir, 'postgresql.unfinished'), '')

    const { database, close } = await open()
    expect(await database.check()).toMatchObject({ status: 'ok', mode: 'embedded' })
    await close()
  })

  test('may lie deeper than a socket path can be long', async () => {
    const deep = join(dataDir, 'd'.repeat(120))
    const { database, close } = await openEmbedded(undefined, deep)
    const socketDirectory = dirname(preparePlace(deep).socket)
    try {
      expect(socketDirectory.startsWith(await realpath(deep))).toBe(false)
      expect(await database.check()).toMatchObject({ status: 'ok' })
    } finally {
      await close()
      await rm(socketDirectory, { recursive: true })
    }
  })

  test('that cannot be used are a clear error', async () => {
    const file = join(dataDir, 'file')
    await writeFile(file, '')
    await expect(openEmbedded(undefined, join(file, 'below'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(file),
    })
  })
})

test('a database that is stopped while it opens is not looked after any more', async () => {
  const log = collectedLog()
  const options = { url: null, poolSize: 3, dataDir, template: inject('embeddedTemplate'), log }
  const database = await openDatabase({ ...options, stopping: AbortSignal.abort() })
  await database.stop()
  expect(log.lines.map(({ event }) => event)).not.toContain('database ready')
})

describe('versions', () => {
  const lastMigration = sql`select max(id) from drizzle.__drizzle_migrations`
  const setLast = (to: string) => sql`update drizzle.__drizzle_migrations set created_at = ${to} where id = (${lastMigration})`

  test('a database that is newer than the program is refused, by the owner and by a guest', async () => {
    const first = await open()
    await first.database.db.execute(setLast('4102444800000'))
    await expect(open()).rejects.toThrow(NewerDatabase)
    await first.close()
    await expect(open()).rejects.toThrow(NewerDatabase)
  })

  test('a guest that takes over what became newer meanwhile is done for good', async () => {
    const first = await open()
    const guest = await open()
    await first.database.db.execute(setLast('4102444800000'))
    await first.close()
    await expect(guest.database.ended).rejects.toThrow(NewerDatabase)
    expect(await guest.database.check()).toMatchObject({
      status: 'down',
      detail: expect.stringContaining('newer than this program'),
    })
    await guest.close()
  })

  test('a guest of an older program is told so', async () => {
    const first = await open()
    await first.database.db.execute(setLast('1000'))
    await expect(open()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('older Switchyard') })
    await first.close()
  })
})

describe('many connections on one session', () => {
  test('statements that come in several packets keep their own arguments', async () => {
    const { database, close } = await open()
    const long = 'y'.repeat(300_000)
    async function ask(number: number): Promise<boolean> {
      const statement = number % 2 === 0 ? 'select $1::text as text' : 'select $2::text as text, $1::int as number'
      const text = number % 2 === 0 ? long + number : String(number)
      const { rows } = await database.pool.query<{ text: string }>(statement, number % 2 === 0 ? [text] : [number, text])
      return rows[0]?.text === text
    }
    const answers = await Promise.all(Array.from({ length: 100 }, (_, number) => ask(number)))
    await close()
    expect(answers).not.toContain(false)
  })

  test('a transaction is alone, and one whose connection dies leaves nothing', async () => {
    const { database, close } = await open()
    await database.pool.query('create table thing (n int)')
    const dying = await database.pool.connect()
    await dying.query('begin')
    await dying.query('insert into thing values (1)')
    const waiting = database.pool.query('select count(*)::int as n from thing')
    destroy(dying)

    expect((await waiting).rows).toEqual([{ n: 0 }])
    dying.release(true)
    await close()
  })

  test('what is not the protocol ends that connection and harms nobody', async () => {
    const { database, close } = await open()
    const bad = await database.pool.connect()
    streamOf(bad).write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await until('the connection ends', () => streamOf(bad).destroyed)
    bad.release(true)

    expect(await database.check()).toMatchObject({ status: 'ok' })
    await close()
  })
})

/** The socket below a connection, which node-postgres does not show. */
const streamOf = (client: pg.PoolClient) =>
  (client as unknown as { connection: { stream: import('node:net').Socket } }).connection.stream
const destroy = (client: pg.PoolClient) => streamOf(client).destroy()
