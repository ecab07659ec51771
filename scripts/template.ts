/** Makes the data directory that a first start of the embedded database is copied from: initdb and the migrations cost seconds and 800 MB. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { drizzle } from 'drizzle-orm/pglite'
import { migrate } from 'drizzle-orm/pglite/migrator'
import { packageRoot } from '../app/root.ts'
import { migrationsFolder } from '../app/store/migrations.ts'

/** Writes a gzipped data directory with all migrations applied; readers see all of the file or none. */
export async function makeTemplate(file: string): Promise<void> {
  const db = await PGlite.create()
  try {
    await migrate(drizzle(db), { migrationsFolder })
    const directory = await db.dumpDataDir('gzip')
    await mkdir(dirname(file), { recursive: true })
    const part = `${file}.${process.pid}.part`
    await writeFile(part, Buffer.from(await directory.arrayBuffer()))
    await rename(part, file)
  } finally {
    await db.close()
  }
}

if (import.meta.filename === process.argv[1]) await makeTemplate(process.argv[2] ?? join(packageRoot, 'dist', 'template.tar.gz'))
