/** The thread in which the embedded PostgreSQL runs: there, a query blocks nobody but the other queries. Started by embedded.ts. */
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import { openWire } from './embedded-wire.ts'
import { applyTo, migrationsFolder, NewerDatabase } from './migrations.ts'

/** What embedded.ts hands over. */
export interface Orders {
  readonly dataDir: string
  readonly socket: string
  /** A gzipped data directory to start from; null for initdb. */
  readonly template: string | null
}

/** What the thread says: once, that it serves or why not. */
export type Word = { serves: true } | { serves: false; newer: boolean; reason: string }

export const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB']

/** Opens the files. A first start that was killed in the middle is begun anew: nobody was told yet that anything is in there. */
async function openFiles({ dataDir, template }: Orders): Promise<PGlite> {
  const files = join(dataDir, 'postgresql')
  const unfinished = join(dataDir, 'postgresql.unfinished')
  if (existsSync(unfinished)) await rm(files, { recursive: true, force: true })
  if (existsSync(join(files, 'PG_VERSION'))) return PGlite.create(files, { startParams })
  await writeFile(unfinished, '')
  await mkdir(files, { recursive: true, mode: 0o700 })
  const loadDataDir = template === null ? undefined : new Blob([await readFile(template)], { type: 'application/gzip' })
  const db = await PGlite.create(files, { startParams, loadDataDir })
  await rm(unfinished)
  return db
}

async function serve(orders: Orders): Promise<() => Promise<void>> {
  const db = await openFiles(orders)
  try {
    await applyTo(db, () => migrate(drizzle(db), { migrationsFolder }))
    // A throw in here ends the thread, and the process looks for a new owner of the files.
    const wire = await openWire(db, orders.socket, (error) => {
      setImmediate(() => {
        throw error
      })
    })
    if (process.platform !== 'win32') await chmod(orders.socket, 0o600)
    return async () => {
      await wire.quiet()
      await db.close()
      await wire.close()
    }
  } catch (error) {
    await db.close()
    throw error
  }
}

async function run(port: NonNullable<typeof parentPort>): Promise<void> {
  const asked = new Promise((resolve) => port.once('message', resolve))
  const say = (word: Word) => port.postMessage(word)
  let close: (() => Promise<void>) | undefined
  try {
    close = await serve(workerData as Orders)
    say({ serves: true })
    await asked
  } catch (error) {
    say({ serves: false, newer: error instanceof NewerDatabase, reason: error instanceof Error ? error.message : String(error) })
  }
  await close?.()
  // PGlite keeps handles of its own.
  process.exit(0)
}

if (parentPort) await run(parentPort)
