/** What replicas tell each other over a real Redis, and that nothing depends on it. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { openBus } from '../app/store/bus.ts'
import { openRedis, type RedisService } from '../app/store/redis.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { withRedis } from './services.ts'
import { until } from './until.ts'

const url = inject('redisUrl')
const log = collectedLog()
const opened: { stop?(): unknown }[] = []

async function replica(redisUrl: string | null) {
  const redis: RedisService = await openRedis(redisUrl, log)
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
