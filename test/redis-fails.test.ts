/** What a running server does while its Redis is killed, hung, full or only read, under load: calls go on, and it is used again when it is back. */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, vi } from 'vitest'
import { silent } from '../app/log.ts'
import { createAnswers } from '../app/store/answers.ts'
import { openRedis } from '../app/store/redis.ts'
import { load, statusOf } from './fakes/callers.ts'
import { openFaultProxy } from './fakes/fault-proxy.ts'
import { launch } from './launch.ts'
import { type RedisServer, startRedis, withRedis } from './services.ts'
import type { TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const test = withRedis()

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis?.remove())

async function tell(...words: [string, ...string[]]): Promise<void> {
  const client = new Redis(redis.url, { lazyConnect: true })
  await client.connect()
  await client.call(...words)
  client.disconnect()
}

const health = async (server: TestProcess) => {
  const response = await fetch(`${server.url()}/health`)
  return ((await response.json()) as { components: Record<string, { status: string; detail?: string }> }).components.redis!
}
const says = (server: TestProcess, status: string) =>
  until(`health says that Redis is ${status}`, async () => (await health(server)).status === status)

describe.each<{ what: string; begin(): unknown; end(): unknown }>([
  { what: 'killed', begin: () => redis.kill(), end: () => redis.start() },
  { what: 'hung', begin: () => redis.pause(), end: () => redis.resume() },
  {
    what: 'full',
    begin: () => tell('CONFIG', 'SET', 'maxmemory', '1'),
    end: () => tell('CONFIG', 'SET', 'maxmemory', '0'),
  },
  {
    what: 'a replica that only reads',
    begin: () => tell('REPLICAOF', '127.0.0.1', '1'),
    end: () => tell('REPLICAOF', 'NO', 'ONE'),
  },
])('a Redis that is $what', ({ begin, end }) => {
  test('keeps no call from its answer and the server from no probe, is said in health, and is used again', async () => {
    const server = await launch([], { env: { REDIS_URL: redis.url, RATE_LIMIT_REQUESTS: '1000000' } })
    await says(server, 'ok')
    const callers = load(server, undefined)
    await callers.goesOn(30)
    await begin()
    let broken = true
    const mend = async () => {
      if (broken) await end()
      broken = false
    }
    onTestFinished(mend)
    await callers.goesOn(30)
    await says(server, 'degraded')
    expect((await health(server)).detail).toContain('limits are counted in this process')
    expect(await statusOf(server, '/health/ready')).toBe(200)
    await callers.goesOn(30)
    await mend()
    await says(server, 'ok')
    await callers.goesOn(30)
    await callers.stop()
    expect(callers.failures).toEqual([])
    expect(callers.live()).toBe(callers.calls())
  })
})

test('answers that may be used again are kept in the process while Redis says nothing, and one caller alone waits for it', async () => {
  const proxy = await openFaultProxy(redis.url)
  onTestFinished(() => proxy.stop())
  const service = await openRedis(proxy.url, silent)
  onTestFinished(() => service.stop())
  await until('Redis is there', () => service.ready())
  const answers = createAnswers(service)
  const answer = { status: 200, headers: {}, body: Buffer.from('kept'), url: 'http://a/', freshUntil: Date.now() + 60_000 }
  await answers.keep('shared', answer, 60)
  expect((await answers.get('shared'))?.body.toString()).toBe('kept')
  proxy.halfOpen()
  expect(await answers.get('shared')).toBeUndefined()
  // Found out by the one before: nothing is sent to it any more.
  expect(service.ready()).toBe(false)
  await answers.keep('here', answer, 60)
  expect((await answers.get('here'))?.body.toString()).toBe('kept')
  proxy.heal()
  await until('Redis is used again', () => service.ready())
  expect((await answers.get('shared'))?.body.toString()).toBe('kept')
})
