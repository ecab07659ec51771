/** What has to be there before calls are measured: the servers beside ours, and a PostgreSQL. Made once for all parts of a run. */
import { startPostgres } from '../test/services/postgres.ts'
import { mustClose, temporaryDirectory } from './opened.ts'
import { bundlePrograms, type Programs } from './programs.ts'
import { progress } from './progress.ts'

export interface Prepared {
  readonly programs: Programs
  /** Null where there is no PostgreSQL; then those who need it are left out. */
  readonly databaseUrl: string | null
}

let made: Promise<Prepared> | undefined

export const prepared = (): Promise<Prepared> => (made ??= prepare())

async function prepare(): Promise<Prepared> {
  return { programs: await bundlePrograms(await temporaryDirectory()), databaseUrl: await privatePostgres() }
}

/** Null, with a word about why, on a machine that has none: the rows that need it say so. */
async function privatePostgres(): Promise<string | null> {
  try {
    const server = await startPostgres()
    mustClose(() => server.remove())
    return server.url
  } catch (error) {
    progress(`no PostgreSQL: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}
