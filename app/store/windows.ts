/** Counts calls in sliding windows, so that no stretch of time of that length ever holds more than the limit: in Redis for all replicas, else here. */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { createLocalWindows, type Taken } from './local-windows.ts'
import type { RedisService } from './redis.ts'

export type { Taken } from './local-windows.ts'

export interface Windows {
  /**
   * Counts one call of `key`; what is refused is not counted. Never throws: Redis away means local.
   * @returns at once in the process, a promise over Redis
   */
  take(key: string, limit: number, windowSeconds: number): Taken | Promise<Taken>
  /** Calls of `key` that count now. Counts nothing itself; never throws. */
  used(key: string, windowSeconds: number): number | Promise<number>
}

/**
 * One list a key, of the times (us) of its counted calls, oldest first. A list and not a sorted set: two calls in one
 * microsecond are two entries without further ado, and it takes a third of the memory.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('LINDEX', KEYS[1], -1) or 0)
if last > now then now = last end
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
while oldest and oldest <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = tonumber(redis.call('LINDEX', KEYS[1], 0))
end
local count = redis.call('LLEN', KEYS[1])
if count >= limit then
  local leaving = tonumber(redis.call('LINDEX', KEYS[1], count - limit))
  return { 0, 0, leaving and leaving + window - now or window }
end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return { 1, limit - count - 1, 0 }
`
const hash = createHash('sha1').update(script).digest('hex')

export function createWindows(redis: RedisService): Windows {
  const local = createLocalWindows()

  async function takeFrom(client: Redis, key: string, limit: number, windowSeconds: number): Promise<Taken> {
    try {
      const name = nameOf(key, windowSeconds)
      const [allowed, remaining, wait] = await run(client, name, limit, windowSeconds * 1_000_000)
      return { allowed: allowed === 1, remaining, retryAfter: Math.ceil(wait / 1_000_000), local: false }
    } catch (error) {
      redis.failed(error)
      return takeAlone(key, limit, windowSeconds)
    }
  }

  const takeAlone = (key: string, limit: number, windowSeconds: number): Taken => ({
    ...local.take(key, limit, windowSeconds),
    alone: true,
  })

  async function usedIn(client: Redis, key: string, windowSeconds: number): Promise<number> {
    try {
      const times = await client.lrange(nameOf(key, windowSeconds), 0, -1)
      const before = (Date.now() - windowSeconds * 1000) * 1000
      return times.filter((time) => Number(time) > before).length
    } catch (error) {
      redis.failed(error)
      return local.used(key, windowSeconds)
    }
  }

  return {
    async used(key, windowSeconds) {
      const { client } = redis
      return client && redis.ready() ? usedIn(client, key, windowSeconds) : local.used(key, windowSeconds)
    },
    take(key, limit, windowSeconds) {
      const { client } = redis
      if (!client) return local.take(key, limit, windowSeconds)
      return redis.ready() ? takeFrom(client, key, limit, windowSeconds) : takeAlone(key, limit, windowSeconds)
    },
  }
}

const nameOf = (key: string, windowSeconds: number) => `switchyard:window:${windowSeconds}:${key}`

async function run(client: Redis, key: string, limit: number, window: number): Promise<[number, number, number]> {
  try {
    return (await client.evalsha(hash, 1, key, limit, window)) as [number, number, number]
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return (await client.eval(script, 1, key, limit, window)) as [number, number, number]
  }
}
