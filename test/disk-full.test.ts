/** What a running server with the embedded database does while its disk is nearly full: a real one, that the test fills. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { watchDisk } from '../app/store/disk.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { query } from './fakes/embedded-client.ts'
import { launch, launchUnwatched } from './launch.ts'
import { leftOut } from './missing.ts'
import { type SmallDisk, smallDisk, whyNoDisk } from './services/small-disk.ts'
import type { TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const MiB = 2 ** 20
const why = whyNoDisk()
if (why !== undefined) leftOut('THE TESTS OF A DISK THAT FILLS ARE SKIPPED.', why)

describe.skipIf(why !== undefined)('a disk that fills', () => {
  let disk: SmallDisk
  let dataDir: string
  beforeEach(async () => {
    disk = await smallDisk(320 * MiB)
    dataDir = join(disk.directory, 'data')
  })
  afterEach(() => disk?.remove())

  const environment = { RATE_LIMIT_REQUESTS: '0' }

  async function call(server: TestProcess, command: string, params = {}) {
    const response = await fetch(`${server.url()}/cmd`, { method: 'POST', body: JSON.stringify({ command, params }) })
    return (await response.json()) as { result?: object; error?: { message: string; data: object } }
  }
  const health = async (server: TestProcess) => {
    const response = await fetch(`${server.url()}/health`)
    return (await response.json()) as { status: string; components: Record<string, { status: string; detail?: string }> }
  }
  const written = async () =>
    (await query<{ n: number }>(dataDir, `select count(*)::int as n from mcp.tool_executions where tool_name = 'echo'`))[0]!.n

  test('is read and not written: calls go on, their history waits, and all of it is there when there is room again', async () => {
    const server = await launch([], { dataDir, env: environment })
    await call(server, 'echo', { message: 'before' })
    await until('it is in the history', async () => (await written()) === 1)

    disk.fillTo(40 * MiB)
    await until('health says so', async () => (await health(server)).components.database?.status === 'degraded')
    expect(await health(server)).toMatchObject({
      status: 'degraded',
      components: {
        database: { detail: expect.stringMatching(/^the disk of the data directory is nearly full: \d+ MiB left, and 64 MiB/) },
      },
    })
    for (let n = 0; n < 20; n++) expect(await call(server, 'echo', { message: `${n}` })).toHaveProperty('result')
    // There is nobody else to send requests to, and most of them are answered.
    expect((await fetch(`${server.url()}/health/ready`)).status).toBe(200)
    await until('the history waits', async () => (await health(server)).components.history?.status === 'degraded')
    expect(await written()).toBe(1)
    const free = disk.free()
    expect(free).toBeGreaterThan(30 * MiB)

    disk.empty()
    await until('the history is written', async () => (await written()) === 21)
    await until('all is well', async () => (await health(server)).status === 'healthy')
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  })

  test('with audit: strict a call is refused, with a sentence that says what is missing', async () => {
    const server = await launch(['--audit', 'strict'], { dataDir, env: environment })
    expect(await call(server, 'echo', { message: 'before' })).toHaveProperty('result')
    disk.fillTo(40 * MiB)
    await until('calls are refused', async () => 'error' in (await call(server, 'echo', { message: 'now' })))
    const { error } = await call(server, 'echo', { message: 'now' })
    expect(error).toMatchObject({ data: { code: 'unavailable', retry_after: expect.any(Number) } })
    disk.empty()
    await until('calls are made again', async () => 'result' in (await call(server, 'echo', { message: 'then' })))
  })

  test('that is too small from the start is said before anything is made on it', async () => {
    disk.fillTo(40 * MiB)
    const server = await launchUnwatched([], { dataDir, env: environment })
    expect(await server.exited).toBe(1)
    expect(server.stderr()).toContain('the database cannot be made: the disk of the data directory is nearly full: 4')
  })
})

describe('the watch over the disk', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchyard-free-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  test('refuses what changes something below the floor, lets reading through, and says both in the log once', async () => {
    const log = collectedLog()
    let left = 10 * MiB
    const disk = await watchDisk({ directory, least: 64 * MiB, log, free: async () => left })
    onTestFinished(() => disk.stop())
    for (const statement of ['insert into a values (1)', ' with b as (delete from a) select 1', 'begin', 'UPDATE a set b = 1'])
      expect(() => disk.admit(statement)).toThrowError(
        'nothing can be written: the disk of the data directory is nearly full: 10 MiB left, and 64 MiB are needed',
      )
    for (const statement of ['select 1', '\n  SELECT * from a', 'show all']) expect(() => disk.admit(statement)).not.toThrow()
    left = 65 * MiB
    await until('there is room', () => disk.short() === undefined)
    expect(() => disk.admit('begin')).not.toThrow()
    expect(log.lines.map(({ event }) => event)).toEqual(['disk nearly full', 'disk has room again'])
  })

  test('looks at the disk that the directory is on, and 0 is no floor', async () => {
    const log = collectedLog()
    const none = await watchDisk({ directory, least: 0, log })
    expect(none.short()).toBeUndefined()
    const all = await watchDisk({ directory, least: Number.MAX_SAFE_INTEGER, log })
    onTestFinished(() => all.stop())
    expect(all.short()).toMatch(/nearly full: \d+ MiB left/)
  })
})
