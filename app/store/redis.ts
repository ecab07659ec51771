/** The connection to Redis, which holds only what may be lost: without it everything goes on in the process. */
import { Redis } from 'ioredis'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'

export interface RedisService extends Service {
  /** Absent when no Redis is configured. */
  readonly client?: Redis
  /** Whether a command sent now would reach Redis. Ask before each: a command never waits for a connection. */
  ready(): boolean
  stop(): Promise<void>
  check(): Promise<Health>
}

/** Milliseconds that one command may take: beyond it, the process's own counters are the better answer. */
const patience = 250

/**
 * Connects in the background: a Redis that is away neither delays nor fails the start, and it is tried for ever.
 * @param url `redis://...` or `rediss://...`, null for none
 */
export function openRedis(url: string | null, log: Log): Promise<RedisService> {
  return Promise.resolve(url ? connect(url, log) : none)
}

const none: RedisService = {
  ready: () => false,
  stop: () => Promise.resolve(),
  check: () => Promise.resolve({ status: 'ok', mode: 'process', detail: 'limits are counted in this process' }),
}

function connect(url: string, log: Log): RedisService {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    commandTimeout: patience,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    retryStrategy: (failures) => Math.min(5_000, 100 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2),
    // After a failover the old master answers so: the address now leads to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  let away = false
  let stopped = false
  client.on('error', (error: Error) => {
    if (!away) log.warn('redis away', { reason: error.message || 'no connection' })
    away = true
  })
  client.on('close', () => {
    if (!away && !stopped) log.warn('redis away', { reason: 'the connection ended' })
    away = true
  })
  client.on('ready', () => {
    log.info('redis ready')
    away = false
  })
  client.connect().catch(() => {}) // told by the error event, and tried again by the client

  return {
    client,
    ready: () => client.status === 'ready',
    async stop() {
      stopped = true
      if (client.status === 'ready') await client.quit().catch(() => {})
      client.disconnect()
    },
    async check() {
      if (client.status !== 'ready') return { status: 'degraded', detail: 'away: limits are counted in this process' }
      const began = performance.now()
      try {
        await client.ping()
        return { status: 'ok', mode: 'redis', ms: Math.round(performance.now() - began) }
      } catch (error) {
        return { status: 'degraded', detail: `no answer: ${error instanceof Error ? error.message : String(error)}` }
      }
    },
  }
}
