/**
 * Watches the room on the disk of the embedded database. PGlite that finds a disk full hangs in the middle of its statement, and everybody with it;
 * so changes are refused before, while what is left is enough for reading, which writes a little too.
 */
import { statfs } from 'node:fs/promises'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'

export interface Disk {
  /** Why nothing is written, for people; undefined while there is room. */
  short(): string | undefined
  /** @throws Failure `unavailable` for a statement that would change something while there is no room */
  admit(statement: string): void
  stop(): void
}

export interface DiskOptions {
  /** A directory on that disk. */
  directory: string
  /** Bytes that must be free; 0 for none, and then nobody looks. */
  least: number
  log: Log
  /** Bytes that are free for us. Throws where that cannot be found out. */
  free?: (directory: string) => Promise<number>
}

/** Milliseconds between two looks. */
const interval = 500
const reading = /^\s*(select|show)\b/i

/** Looks at once, and again and again until it is stopped. Where nobody can say how much is free, there is room. */
export async function watchDisk({ directory, least, log, free = freeOn }: DiskOptions): Promise<Disk> {
  let left = Number.POSITIVE_INFINITY
  let told = false

  function short(): string | undefined {
    if (left >= least) return undefined
    return `the disk of the data directory is nearly full: ${inMiB(left)} left, and ${inMiB(least)} are needed`
  }

  async function look(): Promise<void> {
    try {
      left = await free(directory)
    } catch (error) {
      log.debug('free space not known', { directory, error })
      left = Number.POSITIVE_INFINITY
    }
    const full = left < least
    if (full && !told) log.error('disk nearly full', { directory, free: left, needed: least, hint: 'nothing is written' })
    if (!full && told) log.info('disk has room again', { directory, free: left })
    told = full
  }

  if (least === 0) return { short: () => undefined, admit: () => {}, stop: () => {} }
  await look()
  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().finally(() => {
      looking = false
    })
  }, interval).unref()

  return {
    short,
    admit(statement) {
      if (left >= least || reading.test(statement)) return
      throw new Failure('unavailable', `nothing can be written: ${short()}`, {
        data: { retry_after: 10, free: left, needed: least },
      })
    },
    stop: () => clearInterval(timer),
  }
}

async function freeOn(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

const inMiB = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`
