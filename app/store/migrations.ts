/** Brings the tables up to date: once, whoever else is starting at the same moment. */

import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as apply } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { Failure } from '../errors.ts'
import { packageRoot } from '../root.ts'

export const migrationsFolder = join(packageRoot, 'drizzle')

/** The part of a database that is needed here; node-postgres and PGlite both have it. */
interface Asked {
  query(text: string): PromiseLike<{ rows: Record<string, unknown>[] }>
}

/** Any number, the same for all replicas: whoever holds this lock migrates. */
const lock = 7_190_265_021
/** Milliseconds for one statement of a migration: it may build an index on a large table. */
const longestStatement = 10 * 60_000
/** Milliseconds for every other one, here and at the server: what is not answered by then is asked on another connection, as in pool.ts. */
const longestAnswer = 1_900
const longestAtServer = 1_800
/** Milliseconds after which the server ends a session that says nothing: whoever held the lock and cannot be reached any more holds it no longer. */
const longestSilence = 4_000
/** For the server to say goodbye. */
const longestEnd = 1_000

/**
 * Applies what is missing on a PostgreSQL server, under an advisory lock, on a connection of its own.
 * @returns how many migrations were applied
 * @throws NewerDatabase; errors of the connection as they are
 */
export async function migrate(url: string, signal?: AbortSignal): Promise<number> {
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: url,
    stream: () => socket,
    application_name: 'switchyard migrate',
    connectionTimeoutMillis: 2_000,
    query_timeout: longestStatement,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  client.on('error', () => {}) // the query that was running tells it
  const quick = {
    query(text: string, values?: unknown[]) {
      const asked = { text, values, query_timeout: longestAnswer }
      return client.query(asked)
    },
  }
  const abandon = () => void client.end().catch(() => {})
  signal?.addEventListener('abort', abandon)
  try {
    await client.connect()
    await quick.query(`set statement_timeout = ${longestAtServer}; ${silenceEndsIt}`)
    // Asked again and again instead of waiting inside PostgreSQL: a wait in there could not be told from a hung server.
    while (!(await quick.query('select pg_try_advisory_lock($1) as got', [lock])).rows[0]?.got) {
      await sleep(100, undefined, { signal })
    }
    return await applyTo(quick, async () => {
      await quick.query('set statement_timeout = 0')
      await apply(drizzle(client), { migrationsFolder })
    })
  } finally {
    signal?.removeEventListener('abort', abandon)
    // Also gives the lock back. A way that leads nowhere by now would let us wait for the end as well.
    await Promise.race([client.end().catch(() => {}), sleep(longestEnd, undefined, { ref: false })])
    socket.destroy()
  }
}

/** The first of them is not known before PostgreSQL 14. */
const silenceEndsIt = `select set_config(name, '${longestSilence}', false) from pg_settings
  where name in ('idle_session_timeout', 'idle_in_transaction_session_timeout')`

/** Runs `apply` where something is missing. @returns how many migrations were applied @throws NewerDatabase */
export async function applyTo(db: Asked, apply: () => Promise<void>): Promise<number> {
  const before = await appliedIn(db)
  if (before.last > ours().last) throw newer(before.last)
  if (before.last === ours().last) return 0
  await apply()
  return (await appliedIn(db)).count - before.count
}

/**
 * For a guest of another process's embedded database, who must not migrate it.
 * @throws NewerDatabase, or Failure `conflict` where its tables are older than this program
 */
export async function requireSameVersion(db: Asked): Promise<void> {
  const { last } = await appliedIn(db)
  if (last > ours().last) throw newer(last)
  if (last < ours().last) {
    throw new Failure(
      'conflict',
      'the data directory is in use by an older Switchyard: end that one first, or choose another data directory',
    )
  }
}

/** Starting this program again is of no use. */
export class NewerDatabase extends Failure {}

function newer(last: number): Failure {
  return new NewerDatabase(
    'conflict',
    `the database is newer than this program: its last migration is of ${day(last)}, the last one known here of ${day(ours().last)}; start the newer Switchyard, or choose another database`,
  )
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 16)

function ours(): { last: number } {
  return { last: Math.max(...readMigrationFiles({ migrationsFolder }).map((migration) => migration.folderMillis)) }
}

async function appliedIn(db: Asked): Promise<{ count: number; last: number }> {
  const { rows: tables } = await db.query("select to_regclass('drizzle.__drizzle_migrations') is not null as present")
  if (!tables[0]?.present) return { count: 0, last: 0 }
  const { rows } = await db.query(
    'select count(*)::int as count, coalesce(max(created_at), 0)::float8 as last from drizzle.__drizzle_migrations',
  )
  return { count: Number(rows[0]?.count), last: Number(rows[0]?.last) }
}
