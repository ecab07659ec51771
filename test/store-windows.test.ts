import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, afterEach, test as always, beforeAll, beforeEach, describe, expect, onTestFinished } from 'vitest'
import { countTry } from '../app/sign-in-tries.ts'
import { createLocalWindows } from '../app/store/local-windows.ts'
import { patience } from '../app/store/patient-redis.ts'
import { openRedis, type RedisService } from '../app/store/redis.ts'
import { createWindows, type Windows } from '../app/store/windows.ts'
import { type CollectedLog, collectedLog } from './fakes/collected-log.ts'
import { type RedisServer, startRedis, withRedis } from './services.ts'
import { until } from './until.ts'

const test = withRedis()

describe('in the process', () => {
  always('no stretch of time as long as the window ever holds more than the limit, whatever the times', () => {
    const times = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 })
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 20 }), (steps, limit) => {
        let now = 0
        const windows = createLocalWindows(() => now)
        const allowed: number[] = []
        for (const step of steps) {
          now += step
          if (windows.take('key', limit, 1).allowed) allowed.push(now)
        }
        for (let last = limit; last < allowed.length; last++)
          expect(allowed[last]! - allowed[last - limit]!).toBeGreaterThanOrEqual(1000)
      }),
    )
  })

  always('a refusal says when one more is allowed, and that is true', () => {
    let now = 0
    const windows = createLocalWindows(() => now)
    for (const at of [0, 700, 1_500]) {
      now = at
      windows.take('key', 3, 10)
    }
    now = 4_000
    expect(windows.take('key', 3, 10)).toEqual({ allowed: false, remaining: 0, retryAfter: 6, local: true })
    now = 10_000
    expect(windows.take('key', 3, 10)).toEqual({ allowed: true, remaining: 0, retryAfter: 0, local: true })
    // The limit was lowered: two have to grow old before one is allowed.
    expect(windows.take('key', 2, 10)).toMatchObject({ allowed: false, retryAfter: 2 })
    expect(windows.take('other', 3, 10)).toMatchObject({ allowed: true, remaining: 2 })
  })

  always('keys that nobody uses are dropped, and there are never more than a hundred thousand', () => {
    let now = 0
    const windows = createLocalWindows(() => now)
    for (let key = 0; key < 100_500; key++) windows.take(String(key), 1, 60)
    expect(windows.size()).toBe(100_000)
    now = 100_000
    windows.take('new', 1, 60)
    expect(windows.size()).toBe(1)
  })
})

describe('over Redis', () => {
  let server: RedisServer
  let log: CollectedLog
  let redis: RedisService
  let windows: Windows
  const key = () => `test:${randomUUID()}`
  const ready = () => until('Redis is ready', () => redis.ready())

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.remove())
  beforeEach(async () => {
    log = collectedLog()
    redis = await openRedis(server.url, log)
    windows = createWindows(redis)
    await ready()
  })
  afterEach(() => redis?.stop())

  /** Over a Redis that may be slow, because the machine is: what it counts is looked at, and not when. */
  async function unhurried(): Promise<Windows> {
    const patient = await openRedis(server.url, log, { patience: 2_000 })
    onTestFinished(() => patient.stop())
    await until('it is ready for us', () => patient.ready())
    return createWindows(patient)
  }

  test('of many calls at the same moment, from two replicas, exactly as many pass as allowed', async () => {
    const both = [await unhurried(), await unhurried()]
    const one = key()
    const taken = await Promise.all(Array.from({ length: 300 }, (_, n) => both[n % 2]!.take(one, 50, 60)))

    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(50)
    expect(taken.every(({ local }) => !local)).toBe(true)
    expect(taken.find(({ allowed }) => !allowed)).toEqual({ allowed: false, remaining: 0, retryAfter: 60, local: false })
  })

  test('no stretch of time as long as the window ever holds more than the limit', async () => {
    const one = key()
    const windows = await unhurried()
    const window = 200
    const limit = 10
    const passed: { asked: number; answered: number }[] = []
    while (passed.length < limit * 4) {
      const asked = performance.now()
      const { allowed, local } = await windows.take(one, limit, window / 1000)
      expect(local).toBe(false)
      if (allowed) passed.push({ asked, answered: performance.now() })
    }
    // Redis counted each somewhere between the question and the answer, so the outermost times are further apart than what it saw.
    for (let last = limit; last < passed.length; last++)
      expect(passed[last]!.answered - passed[last - limit]!.asked).toBeGreaterThanOrEqual(window)
  })

  test('a key goes when its window is over', async () => {
    const one = key()
    await windows.take(one, 5, 0.05)
    await until('the key is gone', async () => (await redis.client?.exists(`switchyard:window:0.05:${one}`)) === 0)
  })

  test('it is killed: calls are counted in the process at once; it is back: they are counted there again', async () => {
    const one = key()
    expect(await windows.take(one, 5, 60)).toMatchObject({ local: false })

    await server.kill()
    await until('it is seen', () => !redis.ready())
    const taken = windows.take(one, 5, 60)
    expect(taken).not.toBeInstanceOf(Promise)
    expect(taken).toMatchObject({ allowed: true, local: true })
    expect(await redis.check()).toMatchObject({ status: 'degraded' })

    await server.start()
    await ready()
    await until('it counts', async () => !(await windows.take(one, 5, 60)).local)
    expect(await redis.check()).toMatchObject({ status: 'ok', mode: 'redis' })
    expect(log.lines.map(({ event }) => event)).toEqual(['redis ready', 'redis away', 'redis ready'])
  })

  /** What somebody else on the same Redis sees and does. */
  async function asOperator<T>(work: (operator: Redis) => Promise<T>): Promise<T> {
    const operator = new Redis(server.url)
    try {
      return await work(operator)
    } finally {
      operator.disconnect()
    }
  }
  /** How often Redis was asked to count since the last look, refused or not. */
  const counted = () =>
    asOperator(async (operator) => {
      const stats = await operator.info('commandstats')
      await operator.call('CONFIG', 'RESETSTAT')
      const numbers = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+).*?rejected_calls=(\d+)/g)]
      return numbers.reduce((sum, [, calls, rejected]) => sum + Number(calls) + Number(rejected), 0)
    })

  interface Trouble {
    readonly what: string
    begin(): unknown
    end(): unknown
  }
  const configure = (name: string, value: string) => () => asOperator((operator) => operator.config('SET', name, value))
  const troubles: Trouble[] = [
    { what: 'it hangs', begin: () => server.pause(), end: () => server.resume() },
    { what: 'it is full', begin: configure('maxmemory', '1'), end: configure('maxmemory', '0') },
    {
      what: 'it became a replica that only reads',
      begin: () => asOperator((operator) => operator.replicaof('127.0.0.1', 1)),
      end: () => asOperator((operator) => operator.replicaof('NO', 'ONE')),
    },
  ]

  test.each(troubles)(
    '$what: calls go on, only the first asks it in vain, and it is used again when it recovers',
    async (trouble) => {
      const one = key()
      await windows.take(one, 50, 60)
      await counted()
      await trouble.begin()
      try {
        const first = await windows.take(one, 50, 60)
        const others = Array.from({ length: 20 }, () => windows.take(one, 50, 60))
        expect(first).toMatchObject({ allowed: true, local: true, alone: true })
        // Not one of them waits: each has its answer at once.
        for (const taken of others) expect(taken).toMatchObject({ allowed: true, local: true, alone: true })
        expect(await redis.check()).toMatchObject({
          status: 'degraded',
          detail: expect.stringMatching(/counted in this process$/),
        })
      } finally {
        await trouble.end()
      }
      expect(await counted()).toBe(1)
      await until('it is used again', () => redis.ready())
      expect(await windows.take(one, 50, 60)).toMatchObject({ local: false })
      expect(log.lines.map(({ event }) => event)).toEqual(['redis ready', 'redis away', 'redis ready'])
    },
  )

  test('calls that are under way when it hangs all go on', async () => {
    const one = key()
    server.pause()
    try {
      const taken = await Promise.all(Array.from({ length: 20 }, () => windows.take(one, 50, 60)))
      expect(taken.every(({ allowed, alone }) => allowed && alone)).toBe(true)
    } finally {
      server.resume()
    }
  })

  always('a call loses at most a tenth of a second by it', () => expect(patience).toBeLessThanOrEqual(100))

  test('a process that was held up takes no answer for a late one', async () => {
    const one = key()
    // After these the event loop looks at timers first, and only then at what has come.
    await setImmediate()
    const taken = windows.take(one, 50, 60)
    const end = performance.now() + 4 * patience
    while (performance.now() < end);
    expect(await taken).toMatchObject({ local: false })
    expect(redis.ready()).toBe(true)
  })

  test('it is away: nobody can sign in, because every replica would give ten more tries', async () => {
    await countTry(windows, { name: 'ann', address: '203.0.113.5' })
    await server.kill()
    await until('it is seen', () => !redis.ready())
    await expect(countTry(windows, { name: 'ann', address: '203.0.113.5' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'nobody can sign in just now, because tries cannot be counted: try again in a moment',
      data: { retry_after: 2 },
    })
    await server.start()
    await ready()
    await countTry(windows, { name: 'ann', address: '203.0.113.5' })
  })

  test('it is away at the start: the start does not wait, and it is used when it comes', async () => {
    await server.stop()
    const late = await openRedis(server.url, log)
    expect(createWindows(late).take(key(), 1, 1)).toMatchObject({ local: true })
    await server.start()
    await until('it is found', () => late.ready())
    await late.stop()
  })
})

always('without Redis everything is counted in the process, and that is healthy', async () => {
  const redis = await openRedis(null, collectedLog())
  expect(createWindows(redis).take('key', 1, 1)).toEqual({ allowed: true, remaining: 0, retryAfter: 0, local: true })
  expect(await redis.check()).toMatchObject({ status: 'ok', mode: 'process' })
  await redis.stop()
})
