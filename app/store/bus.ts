/** Tells the other replicas what only this one has heard. Word that is lost is only late: whoever did not hear it finds out by itself. */
import { randomUUID } from 'node:crypto'
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { RedisService } from './redis.ts'

export interface Bus extends Service {
  /** Tells all other replicas; does nothing where there is no Redis, or while it is away. */
  tell(topic: string, word: Json): void
  /** Called with what other replicas tell. */
  hear(topic: string, listener: (word: Json) => void): void
}

const channel = 'switchyard:bus'

/** Listens on a connection of its own, because Redis takes no other commands on one that listens. */
export function openBus({ client, ready }: RedisService, log: Log): Bus {
  const listeners = new Map<string, ((word: Json) => void)[]>()
  const self = randomUUID()
  const ear = client?.duplicate({
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,

    lazyConnect: true,
  })
  ear?.on('error', () => {}) // the other connection says that Redis is away; this one is tried again by itself
  ear?.on('message', (_channel, text: string) => take(text))
  ear?.subscribe(channel).catch((error: Error) => log.warn('bus not heard', { reason: error.message }))

  function take(text: string): void {
    const { from, topic, word } = read(text)
    if (from === self || typeof topic !== 'string' || !isObject(word)) return
    for (const listener of listeners.get(topic) ?? []) listener(word)
  }

  return {
    tell(topic, word) {
      if (!client || !ready()) return
      client
        .publish(channel, JSON.stringify({ from: self, topic, word }))
        .catch((error: Error) => log.debug('bus not told', { topic, reason: error.message }))
    },
    hear(topic, listener) {
      listeners.set(topic, [...(listeners.get(topic) ?? []), listener])
    },
    stop() {
      ear?.disconnect()
    },
  }
}

/** Others may write to the same Redis. */
function read(text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
