/** Tells the other replicas what only this one has heard. Word that is lost is only late: whoever did not hear it finds out by itself. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Json } from '../call.ts'
import { isObject } from '../is-object.ts'
import type { Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { RedisService } from './redis.ts'

export interface Bus extends Service {
  /** Tells all other replicas. Nobody waits for it; while Redis is away they are told afterwards that there was something. */
  tell(topic: string, word: Json): void
  /** Called with what other replicas tell. */
  hear(topic: string, listener: (word: Json) => void): void
  /** Called when words may have been lost, here or on their way from another replica: whoever needs them looks for himself now. */
  missed(listener: () => void): void
}

const channel = 'switchyard:bus'
/** What a replica says that could not say something else before. */
const catchUp = '*'
/** Milliseconds between two looks whether the ear still hears, and that it may take to answer. */
const interval = 2_000
const patience = 1_000

/** Listens on a connection of its own, because Redis takes no other commands on one that listens. */
export function openBus({ client, ready }: RedisService, log: Log): Bus {
  const listeners = new Map<string, ((word: Json) => void)[]>()
  const lookers: (() => void)[] = []
  const self = randomUUID()
  /** Whether others were not told of something. */
  let untold = false

  function take(text: string): void {
    const { from, topic, word } = read(text)
    if (from === self || typeof topic !== 'string' || !isObject(word)) return
    if (topic === catchUp) lookAgain()
    for (const listener of listeners.get(topic) ?? []) listener(word)
  }

  function lookAgain(): void {
    for (const look of lookers) look()
  }

  function tell(topic: string, word: Json): void {
    if (!client) return
    if (!ready()) {
      untold = true
      return
    }
    client.publish(channel, JSON.stringify({ from: self, topic, word })).catch((error: Error) => {
      untold = true
      log.debug('bus not told', { topic, reason: error.message })
    })
  }

  function makeUp(): void {
    if (!untold || !ready()) return
    untold = false
    tell(catchUp, {})
  }

  const ear = client && listenOn(client, take, lookAgain, log)
  const timer = ear && setInterval(() => void ear.feel().then(makeUp), interval).unref()
  return {
    tell,
    hear(topic, listener) {
      listeners.set(topic, [...(listeners.get(topic) ?? []), listener])
    },
    missed: (listener) => void lookers.push(listener),
    stop() {
      clearInterval(timer)
      ear?.stop()
    },
  }
}

/** @param again is called when it hears again after a time in which it did not */
function listenOn(client: Redis, take: (text: string) => void, again: () => void, log: Log) {
  const ear = client.duplicate({
    enableOfflineQueue: true,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    lazyConnect: true,
    autoResubscribe: false,
  })
  let gap = false
  let feeling = false
  ear.on('error', () => {}) // the other connection says that Redis is away; this one is tried again by itself
  ear.on('close', () => {
    gap = true
  })
  ear.on('message', (_channel, text: string) => take(text))
  ear.on('ready', () => {
    ear.subscribe(channel).then(
      () => {
        if (gap) again()
        gap = false
      },
      (error: Error) => log.debug('bus not heard', { reason: error.message }), // its connection has ended, and comes back
    )
  })
  ear.connect().catch(() => {}) // tried again by the client

  /** A connection that is open and says nothing may be one whose other end has gone, or hangs. */
  async function hears(): Promise<boolean> {
    if (ear.status !== 'ready') return ear.status !== 'connect'
    const late = new AbortController()
    const tooLate = sleep(patience, false, { signal: late.signal, ref: false }).catch(() => false)
    const answered = await Promise.race([
      ear.ping().then(
        () => true,
        () => false,
      ),
      tooLate,
    ])
    late.abort()
    return answered
  }

  return {
    /** Begins anew where nothing is heard any more. Never throws. */
    async feel(): Promise<void> {
      if (feeling) return
      feeling = true
      if (!(await hears())) ear.disconnect(true)
      feeling = false
    },
    stop: () => ear.disconnect(),
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
