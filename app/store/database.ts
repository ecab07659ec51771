/** The one way to the database: a PostgreSQL server, or the embedded one when none is configured. */
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { Failure } from '../errors.ts'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import { pauseAfter } from './backoff.ts'
import { embeddedSource } from './embedded.ts'
import { migrate, NewerDatabase } from './migrations.ts'
import { createPool, type Db, queriesOn } from './pool.ts'
import { createPulse } from './pulse.ts'
import type { Source, Usable } from './source.ts'

export { migrate } from './migrations.ts'
export type { Db } from './pool.ts'

export interface Database extends Service {
  readonly db: Db
  readonly pool: pg.Pool
  readonly mode: 'postgresql' | 'embedded'
  /** Runs `work` in one transaction; a connection that dies in the middle is an error of this call and of nobody else. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** Settles when the tables are there for the first time; never rejects. */
  whenReady(): Promise<void>
  /** Rejects with NewerDatabase when that is found out after the start; settles in no other case. */
  readonly ended: Promise<void>
  stop(): Promise<void>
  check(): Promise<Health>
}

export interface DatabaseOptions {
  /** `postgres://...`, or null for the embedded database. */
  url: string | null
  /** Connections at most; the embedded database takes three, because it does one thing at a time. */
  poolSize: number
  /** Where the embedded database lives; made when it is missing. */
  dataDir: string
  /** Bytes that must be free on the disk of the embedded database, which is only read otherwise; 64 MiB unless told, 0 for none. */
  minFree?: number
  /** What a first start of the embedded database is made from, where it is not dist/template.tar.gz. */
  template?: string
  log: Log
  /** Aborts when there is no use in waiting for the first success any more. */
  stopping?: AbortSignal
}

/**
 * Opens the database. A server that is away does not fail the start: check() says so, and it is tried in the background until it is there.
 * @throws Failure where waiting mends nothing: a database of a newer version, a data directory that cannot be used
 */
export async function openDatabase({
  url,
  poolSize,
  dataDir,
  minFree = 64 * 2 ** 20,
  template,
  log,
  stopping: giveUp,
}: DatabaseOptions): Promise<Database> {
  const source = url ? serverSource(url, poolSize) : await embeddedSource({ dataDir, minFree, template, log })
  const pulse = createPulse({
    async ask() {
      const readOnly = (await pool.ask(question)).rows[0]?.read_only === 'on'
      if (readOnly) pool.dropIdle()
      return { readOnly }
    },
    patience: source.slowest,
    changed: (reason) => (reason === undefined ? works() : failed(reason)),
  })
  const watch = {
    ...pulse,
    before(statement: string) {
      source.admit?.(statement)
      pulse.before()
    },
  }
  const pool = createPool(source.connections, log, source.admit ? watch : pulse)
  const stopping = new AbortController()
  const aborted = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()))
  let trouble: string | undefined = 'not connected yet'
  let starting = true
  let ready!: () => void
  const wasReady = new Promise<void>((resolve) => {
    ready = resolve
  })
  let tooNew!: (error: NewerDatabase) => void
  const ended = new Promise<void>((_, reject) => {
    tooNew = reject
  })
  ended.catch(() => {}) // whoever runs no life of ours need not look

  /** At the start such an error goes to whoever starts; later it is in the log, and may be over when it is tried again. */
  const endsTheStart = (error: unknown) => error instanceof Failure && error.code !== 'unavailable' && starting

  function failed(reason: string): void {
    if (reason !== trouble) log.warn('database away', { mode: source.mode, reason })
    trouble = reason
    pool.dropIdle()
  }

  function works(): void {
    log.info('database ready', { mode: source.mode })
    trouble = undefined
    ready()
  }

  async function attempt(): Promise<Usable> {
    const usable = await source.prepare(pool, stopping.signal)
    stopping.signal.throwIfAborted()
    pulse.start()
    works()
    return usable
  }

  async function keepUp(first: Promise<Usable>): Promise<void> {
    let failures = 0
    let next: Promise<Usable> | undefined = first
    while (!stopping.signal.aborted) {
      try {
        const { gone } = await (next ?? attempt())
        failures = 0
        if (!gone) return
        await Promise.race([gone, aborted])
        if (!stopping.signal.aborted) failed('the process that held it has ended')
      } catch (error) {
        if (stopping.signal.aborted || endsTheStart(error)) return
        failed(reasonOf(error))
        if (error instanceof NewerDatabase) return tooNew(error)
        failures++
        await sleep(pauseAfter(failures), undefined, { signal: stopping.signal }).catch(() => {})
      }
      next = undefined
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    pulse.stop()
    await Promise.race([pool.end(), sleep(2_000, undefined, { ref: false })])
    await kept
    await source.stop?.()
  }

  async function check(): Promise<Health> {
    if (trouble) return { status: 'down', mode: source.mode, detail: trouble }
    await pulse.feel()
    if (trouble) return { status: 'down', mode: source.mode, detail: trouble }
    const short = source.short?.()
    return short ? { status: 'degraded', mode: source.mode, detail: short } : { status: 'ok', mode: source.mode }
  }

  const first = attempt()
  const kept = keepUp(first)
  const outcome = first.then(
    () => undefined,
    (error: unknown) => error,
  )
  const error = await Promise.race([outcome, sleep(source.patience, undefined, { ref: false, signal: giveUp }).catch(() => {})])
  starting = false
  if (error instanceof Failure) {
    await stop()
    throw error
  }
  return {
    db: queriesOn(pool),
    pool,
    mode: source.mode,
    transaction: (work) => pool.transaction(work),
    whenReady: () => wasReady,
    ended,
    stop,
    check,
  }
}

function serverSource(url: string, poolSize: number): Source {
  return {
    mode: 'postgresql',
    connections: {
      connectionString: url,
      max: poolSize,
      // Not as parameters of the connection: a pooler such as PgBouncer refuses those that it does not know.
      async onConnect(client) {
        await client.query(
          `set statement_timeout = ${longestStatement}; set idle_in_transaction_session_timeout = ${longestSilence}`,
        )
      },
    },
    slowest: 1_000,
    // Another replica may be migrating just now.
    patience: 10_000,
    async prepare(_pool, stopping) {
      await migrate(url, stopping)
      return {}
    },
  }
}

/**
 * Milliseconds after which the server gives up a statement: before we do, because one that we have given up, and that waits for a lock or reads
 * a large table, would keep its place at the server while we open another.
 */
const longestStatement = 1_800
/** Milliseconds that a transaction may do nothing: one whose process cannot be reached any more holds its locks no longer. */
const longestSilence = 10_000

/** A standby, and a server that was told to, answers and takes no changes. */
const question = "select current_setting('transaction_read_only') as read_only"
