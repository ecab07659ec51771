/**
 * Answers that may be used again: in Redis for all replicas, else here, within a bound. What is lost is asked for again. A Redis that fails is said
 * to whoever looks after the connection, so that a call waits for it once at most.
 */
import { isObject } from '../is-object.ts'
import { sha256 } from '../sha256.ts'
import type { RedisService } from './redis.ts'

export interface KeptAnswer {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Buffer
  readonly url: string
  /** `Date.now()` until which nobody has to be asked. */
  readonly freshUntil: number
}

export interface Answers {
  get(key: string): Promise<KeptAnswer | undefined>
  /** Forgets it after so many seconds, or earlier where room is needed. */
  keep(key: string, answer: KeptAnswer, seconds: number): Promise<void>
  drop(key: string): Promise<void>
}

/** Bytes of one answer, and of all that are held here. */
const largest = 1024 * 1024
const room = 32 * 1024 * 1024
/** What an entry costs beside its body, roughly. */
const overhead = 1_024

export function createAnswers(redis: RedisService, { most = room }: { most?: number } = {}): Answers {
  const held = new Map<string, { answer: KeptAnswer; until: number; size: number }>()
  let used = 0

  function forget(key: string): void {
    used -= held.get(key)?.size ?? 0
    held.delete(key)
  }

  const local = {
    get(key: string): KeptAnswer | undefined {
      const found = held.get(key)
      if (!found) return undefined
      forget(key)
      if (found.until <= Date.now()) return undefined
      // Whatever was used last is the last to go.
      held.set(key, found)
      used += found.size
      return found.answer
    },
    keep(key: string, answer: KeptAnswer, seconds: number): void {
      forget(key)
      const size = answer.body.length + overhead
      held.set(key, { answer, until: Date.now() + seconds * 1000, size })
      used += size
      for (const oldest of held.keys()) {
        if (used <= most) break
        forget(oldest)
      }
    },
  }

  const shared = () => (redis.ready() ? redis.client : undefined)
  const nameOf = (key: string) => `switchyard:answer:${sha256(key)}`

  return {
    async get(key) {
      const client = shared()
      if (!client) return local.get(key)
      try {
        const text = await client.get(nameOf(key))
        return text === null ? undefined : read(text)
      } catch (error) {
        redis.failed(error)
        return local.get(key)
      }
    },
    async keep(key, answer, seconds) {
      if (answer.body.length > largest) return
      const client = shared()
      if (!client) return local.keep(key, answer, seconds)
      const text = JSON.stringify({ ...answer, body: answer.body.toString('base64') })
      try {
        await client.set(nameOf(key), text, 'EX', Math.max(1, Math.ceil(seconds)))
      } catch (error) {
        redis.failed(error)
        local.keep(key, answer, seconds)
      }
    },
    async drop(key) {
      forget(key)
      await shared()?.del(nameOf(key)).catch(redis.failed)
    },
  }
}

/** Others may write to the same Redis. */
function read(text: string): KeptAnswer | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isObject(value) || typeof value.body !== 'string' || typeof value.freshUntil !== 'number') return undefined
    if (!isObject(value.headers) || !URL.canParse(String(value.url))) return undefined
    return { ...(value as unknown as KeptAnswer), body: Buffer.from(value.body, 'base64') }
  } catch {
    return undefined
  }
}
