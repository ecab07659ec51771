/**
 * A bounded queue between the hot path and the database: putting in costs a push, one statement takes out up to a thousand. While the database is
 * away items wait, in order; what finds no room is counted, and said in the log when it begins and when it is over.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { pauseAfter } from './backoff.ts'
import { statementSize, writeAll } from './refusals.ts'

export interface Buffer<T> {
  /** Never waits and never throws; when there is no more room the item is lost and counted. */
  put(item: T): void
  /** Items not yet in the database. */
  waiting(): number
  /** Items that found no room or cannot be stored, since the start. */
  lost(): number
  /** Why the last try failed; undefined when it worked. */
  trouble(): string | undefined
  /** Writes what is left, and gives up after `patience` ms. */
  stop(patience: number): Promise<void>
}

export interface BufferOptions<T> {
  /** For the log. */
  name: string
  write(items: readonly T[]): Promise<void>
  bytesOf(item: T): number
  /** Which item it is, for the log line that says it was dropped. */
  idOf(item: T): string
  log: Log
  /** Longest wait of an item while the database answers, ms. */
  interval?: number
  mostItems?: number
  mostBytes?: number
}

/** As many as one statement takes: no use in waiting longer. */
const enough = 1_000

export function createBuffer<T>(options: BufferOptions<T>): Buffer<T> {
  const { name, write, bytesOf, idOf, log, interval = 250, mostItems = 10_000, mostBytes = 32_000_000 } = options
  const items: T[] = []
  const stopping = new AbortController()
  let bytes = 0
  let lost = 0
  /** Of those, the ones that the log has not been told the number of. */
  let untold = 0
  /** Items in one statement; fewer where the database was too slow for as many. */
  let most = enough
  let trouble: string | undefined
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  function lose(): void {
    lost++
    if (untold++ > 0) return
    log.error(`${name} overflow`, { waiting: items.length, reason: trouble ?? 'the database is too slow' })
  }

  function tellLosses(): void {
    if (untold > 0) log.error(`${name} incomplete`, { lost: untold, since_start: lost })
    untold = 0
  }

  function refused(item: T, error: unknown): void {
    lost++
    log.error(`${name} row refused`, { id: idOf(item), error })
  }

  async function writeNext(): Promise<void> {
    const count = statementSize(items, bytesOf, most)
    const batch = items.slice(0, count)
    await writeAll(batch, write, refused)
    items.splice(0, count)
    for (const item of batch) bytes -= bytesOf(item)
  }

  async function flush(): Promise<void> {
    for (let failures = 0; items.length > 0; ) {
      try {
        await writeNext()
        if (trouble) log.info(`${name} written again`, { waiting: items.length, lost })
        trouble = undefined
        failures = 0
        most = Math.min(enough, Math.ceil(most * 1.25))
      } catch (error) {
        if (stopping.signal.aborted) return
        if (!trouble) log.warn(`${name} waiting`, { waiting: items.length, error })
        trouble = error instanceof Error ? error.message : String(error)
        most = Math.ceil(most / 2)
        await sleep(pauseAfter(++failures), undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
    tellLosses()
  }

  function start(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    flushing ??= flush().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  return {
    put(item) {
      const size = bytesOf(item)
      if (items.length >= mostItems || bytes + size > mostBytes) {
        lose()
        return
      }
      items.push(item)
      bytes += size
      if (items.length === enough) void start()
      else timer ??= setTimeout(start, interval)
    },
    waiting: () => items.length,
    lost: () => lost,
    trouble: () => trouble,
    async stop(patience) {
      stopping.abort()
      const late = new AbortController()
      await Promise.race([start().then(start), sleep(patience, undefined, { signal: late.signal }).catch(() => {})])
      late.abort()
      clearTimeout(timer)
      tellLosses()
      if (items.length > 0) log.error(`${name} lost at stop`, { rows: items.length, reason: trouble })
    },
  }
}
