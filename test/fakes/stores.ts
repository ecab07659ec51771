/** Both kinds of database, real ones, for tests that must hold on either. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, type TestAPI, test } from 'vitest'
import { type Log, silent } from '../../app/log.ts'
import { type Database, openDatabase } from '../../app/store/database.ts'
import { freshDatabase, withPostgres } from '../services.ts'

export interface OpenStore {
  readonly database: Database
  /** Stops the database and removes what it left. */
  close(): Promise<void>
}

/** For `describe.each`: each opens an empty database, and has the `test` that is skipped where there is none. */
export const stores: { name: string; test: TestAPI; open(log?: Log): Promise<OpenStore> }[] = [
  { name: 'the embedded database', test, open: openEmbedded },
  { name: 'PostgreSQL', test: withPostgres(), open: openServer },
]

/** @param directory where it lives; a temporary one unless given */
export async function openEmbedded(log = silent, directory?: string): Promise<OpenStore> {
  const dataDir = directory ?? (await mkdtemp(join(tmpdir(), 'switchyard-data-')))
  const database = await openDatabase({ url: null, poolSize: 3, dataDir, template: inject('embeddedTemplate'), log })
  return {
    database,
    async close() {
      await database.stop()
      if (!directory) await rm(dataDir, { recursive: true })
    },
  }
}

export async function openServer(log = silent): Promise<OpenStore> {
  const { url, drop } = await freshDatabase()
  const database = await openDatabase({ url, poolSize: 5, dataDir: '', log })
  return {
    database,
    async close() {
      await database.stop()
      await drop()
    },
  }
}
