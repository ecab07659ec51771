/** Brings the tables up to date: once, whoever else is starting at the same moment. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type SQL, sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as apply } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { Failure } from '../errors.ts'
import { packageRoot } from '../root.ts'

export const migrationsFolder = join(packageRoot, 'drizzle')

/** The part of a drizzle database that is needed here; node-postgres and PGlite both have it. */
interface Runs {
  execute(query: SQL): PromiseLike<{ rows: Record<string, unknown>[] }>
}

/** Any number, the same for all replicas: whoever holds this lock migrates. */
const lock = 7_190_265_021
/** One statement of a migration may build an index on a large table. */
const longestStatement = 10 * 60_000

/**
 * Applies what is missing on a PostgreSQL server, under an advisory lock, on a connection of its own.
 * @returns how many migrations were applied
 * @throws Failure `conflict` when the database is newer than this program; errors of the connection as they are
 */
export async function migrate(url: string, signal?: AbortSignal): Promise<number> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'switchyard migrate',
    connectionTimeoutMillis: 2_000,
    query_timeout: longestStatement,
    keepAlive: true,
  })
  client.on('error', () => {}) // the query that was running tells it
  const abandon = () => void client.end().catch(() => {})
  signal?.addEventListener('abort', abandon)
  try {
    await client.connect()
    // Behind a pooler the connection may be one that was told to be quick.
    await client.query('set statement_timeout = 0')
    // Asked again and again instead of waiting inside PostgreSQL: a wait in there could not be told from a hung server.
    while (!(await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [lock])).rows[0]?.got) {
      await sleep(100, undefined, { signal })
    }
    const db = drizzle(client)
    return await applyTo(db, () => apply(db, { migrationsFolder }))
  } finally {
    signal?.removeEventListener('abort', abandon)
    await client.end().catch(() => {}) // also gives the lock back
  }
}

/** Runs `apply` where something is missing. @returns how many migrations were applied @throws Failure `conflict` for a newer database */
export async function applyTo(db: Runs, apply: () => Promise<void>): Promise<number> {
  const before = await appliedIn(db)
  if (before.last > ours().last) throw newer(before.last)
  if (before.last === ours().last) return 0
  await apply()
  return (await appliedIn(db)).count - before.count
}

/**
 * For a guest of another process's embedded database, who must not migrate it.
 * @throws Failure `conflict` when its tables are not the ones that this program knows
 */
export async function requireSameVersion(db: Runs): Promise<void> {
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

async function appliedIn(db: Runs): Promise<{ count: number; last: number }> {
  const { rows: tables } = await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') is not null as present`)
  if (!tables[0]?.present) return { count: 0, last: 0 }
  const { rows } = await db.execute(
    sql`select count(*)::int as count, coalesce(max(created_at), 0)::float8 as last from drizzle.__drizzle_migrations`,
  )
  return { count: Number(rows[0]?.count), last: Number(rows[0]?.last) }
}
