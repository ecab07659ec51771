/** The connection to Redis, which holds only what may be lost: without it everything goes on in the process. */
import type { Redis } from 'ioredis'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { PatientRedis, patience as usualPatience } from './patient-redis.ts'

export interface RedisService extends Service {
  /** Absent when no Redis is configured. */
  readonly client?: Redis
  /** Whether a command sent now would be answered soon. Ask before each: a command never waits for a connection, and a Redis in trouble is left alone. */
  ready(): boolean
  /** Says that a command failed, or was not answered in time: from now on nobody else waits for it, until it has taken a write again. */
  failed(error: unknown): void
  stop(): Promise<void>
  check(): Promise<Health>
}

/** Milliseconds between two looks whether a Redis in trouble takes writes again. */
const rest = 1_000
/** Milliseconds between two connections that are made anew because the server turned out to be a replica. */
const betweenSwaps = 30_000

/**
 * Connects in the background: a Redis that is away neither delays nor fails the start, and it is tried for ever.
 * @param url `redis://...` or `rediss://...`, null for none
 * @param options.patience milliseconds that one command may take
 */
export function openRedis(url: string | null, log: Log, { patience = usualPatience } = {}): Promise<RedisService> {
  return Promise.resolve(url ? connect(url, log, patience) : none)
}

const none: RedisService = {
  ready: () => false,
  failed: () => {},
  stop: () => Promise.resolve(),
  check: () => Promise.resolve({ status: 'ok', mode: 'process', detail: 'limits are counted in this process' }),
}

function connect(url: string, log: Log, patience: number): RedisService {
  let usable = false
  /** Why it is not. */
  let trouble = 'not connected yet'
  let told = false
  let stopped = false
  let looking: NodeJS.Timeout | undefined
  let swappedAt = Number.NEGATIVE_INFINITY
  const client = new PatientRedis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (failures) => Math.min(5_000, 100 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2),
    // After a failover the old master answers so: the address may by now lead to the new one.
    reconnectOnError(error) {
      if (!error.message.startsWith('READONLY') || performance.now() - swappedAt < betweenSwaps) return false
      swappedAt = performance.now()
      return true
    },
  })
  client.patience = patience

  function away(reason: string): void {
    usable = false
    trouble = reason
    if (told || stopped) return
    told = true
    log.warn('redis away', { reason, hint: 'limits are counted in this process' })
  }

  function failed(error: unknown): void {
    away(messageOf(error))
    clearTimeout(looking)
    if (!stopped) looking = setTimeout(() => void look(), rest).unref()
  }

  /** By a write, because a full Redis and a replica answer everything else. */
  async function look(): Promise<void> {
    if (client.status !== 'ready') return
    try {
      await client.set('switchyard:probe', '1', 'PX', rest)
      // After a new connection two looks may be under way.
      if (usable) return
      usable = true
      told = false
      log.info('redis ready')
    } catch (error) {
      failed(error)
    }
  }

  client.on('error', (error: Error) => away(error.message || 'no connection'))
  client.on('close', () => away('the connection ended'))
  client.on('ready', () => void look())
  client.connect().catch(() => {}) // told by the error event, and tried again by the client

  return {
    client,
    ready: () => usable,
    failed: (error) => {
      if (usable) failed(error)
    },
    async stop() {
      stopped = true
      clearTimeout(looking)
      if (client.status === 'ready') await client.quit().catch(() => {})
      client.disconnect()
    },
    async check() {
      const away = (reason: string): Health => ({ status: 'degraded', detail: `${reason}: limits are counted in this process` })
      if (!usable) return away(trouble)
      const began = performance.now()
      try {
        await client.ping()
        return { status: 'ok', mode: 'redis', ms: Math.round(performance.now() - began) }
      } catch (error) {
        return away(`no answer: ${messageOf(error)}`)
      }
    },
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
