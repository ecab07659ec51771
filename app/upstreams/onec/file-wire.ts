/** A base that sees a place which we see too: a request is a file there, and so is its answer. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { OnecWay } from '../../config/upstream/onec.ts'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import type { Watch } from '../steady.ts'
import { isTimeUp } from '../time-up.ts'
import { sentence } from './answers.ts'
import { type Exchange, TooLarge } from './exchange.ts'
import { openFolder } from './folder-exchange.ts'
import { openFtp } from './ftp-exchange.ts'
import { withoutMark } from './json.ts'
import type { OnecWire } from './wire.ts'

type Shared = Extract<OnecWay, { transport: 'file' }>

/** Answers that may still come although nobody waits for them any more. */
const mostLate = 1_000

/** @param name of the upstream */
export function openFileWire(name: string, { directory, pollEvery }: Shared, watch: Watch): OnecWire {
  const exchange: Exchange = directory.includes('://') ? openFtp(directory) : openFolder(directory)
  const late = new Set<string>()
  /** Whether the last request came to nothing: only then it is worth a look that costs the base something. */
  let silent = false

  async function usable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof TooLarge) throw new Failure('upstream_failed', `${name}: ${error.message}`)
      throw new Failure('upstream_away', `${name}: ${exchange.place} cannot be used: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** The answer as JSON; undefined while it is not there, or not there whole. */
  async function take(file: string): Promise<{ value: unknown } | undefined> {
    const text = await usable(() => exchange.take(file))
    if (text === undefined) return undefined
    try {
      return { value: JSON.parse(withoutMark(text)) as unknown }
    } catch {
      return undefined
    }
  }

  async function sweep(): Promise<void> {
    for (const file of [...late]) if (await exchange.removeAnswer(file)) late.delete(file)
  }

  return {
    transport: 'file',
    async send(message, { what, timeout, signal }) {
      const began = performance.now()
      await usable(() => exchange.ready())
      await sweep()
      const file = `${randomUUID()}.json`
      try {
        await usable(() => exchange.put(file, JSON.stringify(message)))
        for (;;) {
          const answer = await take(file)
          if (answer) {
            silent = false
            watch.answered()
            return answer.value
          }
          const isLate = performance.now() - began >= timeout || isTimeUp(signal)
          if (signal?.aborted && !isLate) throw new Failure('cancelled', `${name}: ${what} was cancelled`)
          if (isLate) {
            silent = true
            watch.missed()
            throw new Failure('upstream_away', sentence({ name, what, began }, 'was not answered: nothing came into out'))
          }
          await delay(pollEvery * 1000, undefined, { signal }).catch(() => {})
        }
      } catch (error) {
        // The base may be at work on it: its answer is thrown away when it comes.
        if (late.size < mostLate) late.add(file)
        throw error
      } finally {
        await exchange.remove(file)
      }
    },
    async look(who, signal) {
      await usable(() => exchange.ready())
      if (silent)
        await this.send(
          { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} },
          { who, what: 'initialize', timeout: 60_000, signal, safe: true },
        )
    },
    async close() {
      await sweep()
      exchange.close()
    },
  }
}
