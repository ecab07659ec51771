/** Connections to the database that survive whatever happens at their other end. */
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Log } from '../log.ts'
import { isAway, orUnavailable } from './away.ts'
import * as schema from './schema.ts'

/** What queries are written with, inside and outside of a transaction. */
export type Db = NodePgDatabase<typeof schema>

/** Hears how queries end, and may keep them from being sent. */
export interface Watch {
  /** Throws where there is no use in asking. @param statement its text, `begin` for a transaction */
  before(statement: string): void
  answered(): void
  failed(error: unknown): void
}

/** Tells the watch, and throws what may be told outside. */
async function watched<T>({ before, answered, failed }: Watch, statement: string, work: () => Promise<T>): Promise<T> {
  before(statement)
  try {
    const result = await work()
    answered()
    return result
  } catch (error) {
    failed(error)
    throw orUnavailable(error)
  }
}

/** Every query on it, but for those of its watch, which uses `ask`. */
export class WatchedPool extends pg.Pool {
  readonly #watch: Watch

  constructor(config: pg.PoolConfig, watch: Watch) {
    super(config)
    this.#watch = watch
  }

  /** Nobody hears how it ends but whoever asks. */
  ask(text: string): Promise<pg.QueryResult> {
    return super.query(text)
  }

  // biome-ignore lint/suspicious/noExplicitAny: the overloads of node-postgres, one of which takes a callback
  override query(...given: any[]): any {
    const query = () => (super.query as (...given: unknown[]) => Promise<pg.QueryResult>)(...given)
    if (typeof given.at(-1) === 'function') return query()
    const [asked] = given as [string | pg.QueryConfig]
    return watched(this.#watch, typeof asked === 'string' ? asked : asked.text, query)
  }

  /** @throws Failure `unavailable` where the connection dies or hangs in the middle, or it takes longer than one query and its wait may */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T> {
    const { connectionTimeoutMillis = 0, query_timeout = 0 } = this.options
    return watched(this.#watch, 'begin', () => inTransaction(this, connectionTimeoutMillis + query_timeout, work))
  }

  /**
   * Ends the connections that nobody uses. After an outage they may lead to nowhere, and after a failover to the server that is a standby now:
   * each would cost a caller its whole patience, or an error, before it was found out.
   */
  dropIdle(): void {
    for (let idle = this.idleCount; idle > 0; idle--) {
      super.connect().then(
        (client) => client.release(true),
        () => {}, // it has ended by itself
      )
    }
  }
}

/**
 * A pool whose connections may die at any moment, idle or in use, without an unhandled error. Waiting for one and for an answer takes three
 * seconds at most.
 */
export function createPool(config: pg.PoolConfig, log: Log, watch: Watch): WatchedPool {
  const pool = new WatchedPool(
    {
      application_name: 'switchyard',
      connectionTimeoutMillis: 1_000,
      query_timeout: 1_900,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      idleTimeoutMillis: 30_000,
      ...config,
    },
    watch,
  )
  pool.on('error', (error) => log.debug('database connection lost', { error: error.message }))
  // The pool looks after idle connections only; the query that was running on this one tells its caller.
  pool.on('connect', (client) => client.on('error', (error) => log.debug('database connection lost', { error: error.message })))
  return pool
}

export const queriesOn = (connection: pg.Pool | pg.PoolClient): Db => drizzle(connection, { schema })

/**
 * Runs `work` between BEGIN and COMMIT on one connection; what it throws is thrown after a ROLLBACK.
 * @param longest milliseconds for all of it: statements that are each in time may be too many. The connection is ended then
 */
async function inTransaction<T>(pool: pg.Pool, longest: number, work: (db: Db) => Promise<T>): Promise<T> {
  const end = performance.now() + longest
  const client = await pool.connect()
  let broken: Error | undefined
  let released = false
  function release(): void {
    clearTimeout(timer)
    if (!released) client.release(broken)
    released = true
  }
  const timer = setTimeout(() => {
    broken = new Error('Connection terminated: the transaction took too long')
    release()
  }, end - performance.now())
  try {
    await client.query('BEGIN')
    const result = await work(queriesOn(client))
    await client.query('COMMIT')
    return result
  } catch (error) {
    // One that hangs would let us wait for the ROLLBACK too; ended, the server does it by itself.
    if (isAway(error)) broken = error as Error
    else
      await client.query('ROLLBACK').catch((reason: Error) => {
        broken = reason
      })
    throw error
  } finally {
    release()
  }
}
