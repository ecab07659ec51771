/** Connections to the database that survive whatever happens at their other end. */
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import type { Log } from '../log.ts'
import * as schema from './schema.ts'

/** What queries are written with, inside and outside of a transaction. */
export type Db = NodePgDatabase<typeof schema>

/** A pool whose connections may die at any moment, idle or in use, without an unhandled error. */
export function createPool(config: pg.PoolConfig, log: Log): pg.Pool {
  const pool = new pg.Pool({
    application_name: 'switchyard',
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 30_000,
    ...config,
  })
  pool.on('error', (error) => log.debug('database connection lost', { error: error.message }))
  // The pool looks after idle connections only; the query that was running on this one tells its caller.
  pool.on('connect', (client) => client.on('error', (error) => log.debug('database connection lost', { error: error.message })))
  return pool
}

export const queriesOn = (connection: pg.Pool | pg.PoolClient): Db => drizzle(connection, { schema })

/** Runs `work` between BEGIN and COMMIT on one connection; what it throws is thrown after a ROLLBACK. */
export async function inTransaction<T>(pool: pg.Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(queriesOn(client))
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((reason: Error) => {
      broken = reason
    })
    throw error
  } finally {
    client.release(broken)
  }
}
