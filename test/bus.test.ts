/** What replicas tell each other over a real Redis, and that nothing depends on it. */
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { openBus } from '../app/store/bus.ts'
import { openRedis, type RedisService } from '../app/store/redis.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { openFaultProxy } from './fakes/fault-proxy.ts'
import { type RedisServer, startRedis, withRedis } from './services.ts'
import { until } from './until.ts'

const url = inject('redisUrl')
const log = collectedLog()
const opened: { stop?(): unknown }[] = []

async function replica(redisUrl: string | null, options?: { patience: number }) {
  const redis: RedisService = await openRedis(redisUrl, log, options)
  const bus = openBus(redis, log)
  const heard: Json[] = []
  bus.hear('weather', (word) => heard.push(word))
  opened.push(bus, redis)
  return { redis, bus, heard }
}

let first: Awaited<ReturnType<typeof replica>>
let second: Awaited<ReturnType<typeof replica>>

beforeAll(async () => {
  if (url === null) return
  first = await replica(url)
  second = await replica(url)
  // Whoever listens does so when it is connected: the first word that arrives shows it.
  await until('the replicas hear each other', () => {
    first.bus.tell('weather', { ready: true })
    second.bus.tell('weather', { ready: true })
    return first.heard.length > 0 && second.heard.length > 0
  })
})
afterAll(async () => {
  for (const one of opened.reverse()) await one.stop?.()
})

withRedis()('a word reaches every other replica, and not the one that said it', async () => {
  first.bus.tell('weather', { sun: 1 })
  first.bus.tell('traffic', { jam: 1 })
  first.bus.tell('weather', { sun: 2 })
  await until('the second has heard', () => second.heard.some(({ sun }) => sun === 2))
  expect(second.heard.filter(({ sun, jam }) => sun || jam)).toEqual([{ sun: 1 }, { sun: 2 }])
  expect(first.heard.filter(({ sun }) => sun)).toEqual([])
})

withRedis()('what somebody else writes to the channel harms nobody', async () => {
  for (const text of ['', 'null', '[]', '{"topic":"weather"}', '{"topic":"weather","word":7}']) {
    await first.redis.client!.publish('switchyard:bus', text)
  }
  first.bus.tell('weather', { after: true })
  await until('the second hears on', () => second.heard.some(({ after }) => after === true))
  expect(second.heard.every((word) => typeof word === 'object')).toBe(true)
})

test('without Redis nothing is told and nothing fails', async () => {
  const alone = await replica(null)
  alone.bus.tell('weather', { sun: 3 })
  expect(alone.heard).toEqual([])
})

describe('a Redis that goes and comes', () => {
  vi.setConfig({ testTimeout: 90_000 })
  let server: RedisServer
  beforeAll(async () => {
    if (url !== null) server = await startRedis()
  })
  afterAll(() => server?.remove())

  async function two(address = server.url, options?: { patience: number }) {
    const pair = [await replica(address, options), await replica(address, options)] as const
    const looked = pair.map(({ bus }) => {
      const times = { missed: 0 }
      bus.missed(() => times.missed++)
      return times
    })
    onTestFinished(async () => {
      for (const { bus, redis } of pair) {
        bus.stop?.()
        await redis.stop()
      }
    })
    const hearEachOther = () =>
      until('the two hear each other', () => {
        const from = pair.map(({ heard }) => heard.length)
        for (const { bus } of pair) bus.tell('weather', { ready: true })
        return new Promise((resolve) =>
          setTimeout(() => resolve(pair.every(({ heard }, index) => heard.length > from[index]!)), 50),
        )
      })
    await hearEachOther()
    return { pair, looked, hearEachOther }
  }

  withRedis()('is killed: whoever listens is told to look for himself when it is back, and hears on', async () => {
    const { pair, looked, hearEachOther } = await two(server.url, { patience: 2_000 })
    expect(looked).toEqual([{ missed: 0 }, { missed: 0 }])
    await server.kill()
    pair[0].bus.tell('weather', { lost: true })
    await server.start()
    await until('both look', () => looked.every(({ missed }) => missed > 0))
    await hearEachOther()
  })

  withRedis()('hangs: nobody waits for it, and whoever was not told is told afterwards to look', async () => {
    const { pair, looked, hearEachOther } = await two()
    server.pause()
    try {
      const before = log.of('bus not told').length
      pair[0].bus.tell('weather', { lost: true })
      await until('it is noticed', () => log.of('bus not told').length > before)
    } finally {
      server.resume()
    }
    await until('the other looks', () => looked[1]!.missed > 0)
    await hearEachOther()
  })

  withRedis()('cannot be reached, and no connection is closed: the one that listens is given up and made anew', async () => {
    const proxy = await openFaultProxy(server.url)
    onTestFinished(() => proxy.stop())
    const { looked, hearEachOther } = await two(proxy.url)
    const before = proxy.connections
    proxy.halfOpen()
    await until('new connections are made', () => proxy.connections >= before + 2)
    proxy.heal()
    await until('both look', () => looked.every(({ missed }) => missed > 0))
    await hearEachOther()
  })
})
