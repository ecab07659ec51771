/**
 * The embedded PostgreSQL: files in the data directory, opened by one process at a time and shared with the others through a socket.
 * Who can connect to the socket is a guest of the process that owns the files; when the owner goes away, one of the guests takes over.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Claim, tryClaim } from './claim.ts'
import { watchDisk } from './disk.ts'
import { preparePlace } from './embedded-place.ts'
import { startThread, type Thread } from './embedded-thread.ts'
import { requireSameVersion } from './migrations.ts'
import type { Source, Usable } from './source.ts'

export interface EmbeddedOptions {
  dataDir: string
  minFree: number
  template?: string
  log: Log
}

/** One session does one thing at a time: more connections would only wait further inside. */
const connectionsEach = 3
/** It does one thing at a time, and the thing before may be a large one. */
const waits = { connectionTimeoutMillis: 5_000, query_timeout: 5_000 }
/** Milliseconds for another process to make the database and to serve it. */
const longestWait = 30_000

/** @throws Failure when the data directory cannot be used */
export async function embeddedSource({ dataDir, minFree, template, log }: EmbeddedOptions): Promise<Source> {
  const place = preparePlace(dataDir)
  const disk = await watchDisk({ directory: place.directory, least: minFree, log })
  let thread: Thread | undefined
  let released: Promise<void> | undefined

  /** Opens the files here, unless somebody else serves them by now: whoever held the claim before may have become the owner. */
  async function own(claim: Claim): Promise<Usable | undefined> {
    try {
      const somebody = await reach(place.socket)
      if (somebody) {
        somebody.destroy()
        await claim.release()
        return undefined
      }
      requireRoom()
      if (process.platform !== 'win32') await rm(place.socket, { force: true })
      thread = await startThread(place, template, log)
    } catch (error) {
      await claim.release()
      throw error
    }
    released = thread.ended.then(() => claim.release())
    return { gone: released }
  }

  /** Making the files takes about as much as must be free; what is there already is opened and read. */
  function requireRoom(): void {
    const short = disk.short()
    if (short && !existsSync(join(place.directory, 'postgresql', 'PG_VERSION')))
      throw new Failure('unavailable', `the database cannot be made: ${short}`)
  }

  async function beGuest(owner: Socket, stopping: AbortSignal, check: () => Promise<void>): Promise<Usable> {
    const leave = () => owner.destroy()
    const gone = new Promise<void>((resolve) => owner.once('close', () => resolve())).then(() =>
      stopping.removeEventListener('abort', leave),
    )
    stopping.addEventListener('abort', leave)
    try {
      stopping.throwIfAborted()
      await check()
    } catch (error) {
      leave()
      throw error
    }
    log.debug('database shared with another process', { dataDir })
    return { gone }
  }

  return {
    mode: 'embedded',
    connections: {
      ...place.connection,
      user: 'postgres',
      password: '',
      database: 'postgres',
      ssl: false,
      max: connectionsEach,
      ...waits,
    },
    slowest: 5_000,
    patience: 60_000,
    async prepare(pool, stopping) {
      const began = performance.now()
      while (performance.now() - began < longestWait) {
        stopping.throwIfAborted()
        const owner = await reach(place.socket)
        if (owner) return beGuest(owner, stopping, () => requireSameVersion({ query: (text) => pool.ask(text) }))
        const claim = await tryClaim(place.directory)
        const usable = claim && (await own(claim))
        if (usable) return usable
        await sleep(20 + Math.random() * 80, undefined, { signal: stopping })
      }
      throw new Error(`another process holds the data directory ${place.directory} and does not answer`)
    },
    admit: disk.admit,
    short: disk.short,
    async stop() {
      disk.stop()
      await thread?.stop()
      await released
    },
  }
}

/**
 * Connects to the socket. It is served exactly as long as the files are open, so a connection means: hands off.
 * @returns null when nobody listens there
 */
function reach(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(socket))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null)
      else reject(error)
    })
  })
}
