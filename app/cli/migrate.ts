/** `switchyard migrate`: the tables brought up to date, before a new version is started or while nobody else may. */

import { maskUrl } from '../config/mask.ts'
import { type Config, loadConfig, processSources } from '../config.ts'
import { Failure } from '../errors.ts'
import type { Life } from '../lifecycle.ts'
import { silent } from '../log.ts'
import { reasonOf } from '../reason.ts'
import { migrate as migrateServer, openDatabase } from '../store/database.ts'
import { showProgress } from './progress.ts'
import { openScreen } from './screen.ts'
import { runTask } from './task.ts'
import type { Given, Verb } from './verb.ts'

export const migrate: Verb = {
  name: 'migrate',
  words: [],
  summary: "Bring the database's tables up to date.",
  about: [
    'Creates what is missing in the database that DATABASE_URL names, and changes nothing that is there already. A server does the same by itself when it starts: this is for those who want it done before, by a user that may change tables. Several at once wait for each other.',
    'Without DATABASE_URL it opens the embedded database in the data directory.',
  ],
  flags: [],
  examples: [
    ['migrate', 'Migrate the database of this configuration.'],
    ['migrate --env-file prod.env', 'With the DATABASE_URL that stands in a file.'],
  ],
  run,
}

async function run({ flags }: Given): Promise<number> {
  const sources = processSources(flags)
  const { config, origins } = loadConfig(sources)
  const { url } = config.database
  const progress = showProgress(openScreen(process.stderr, sources.env))
  progress.say(url ? `migrating ${maskUrl(url)}` : `opening the embedded database in ${config.dataDir}`)
  try {
    return await runTask(silent, async (life) => {
      const done = url ? await onServer(url, origins.get('database.url')!, life.stopping) : await embedded(config, life)
      progress.around(() => process.stdout.write(`${done}\n`))
      return 0
    })
  } finally {
    progress.end()
  }
}

async function onServer(url: string, origin: string, stopping: AbortSignal): Promise<string> {
  try {
    const count = await migrateServer(url, stopping)
    const where = maskUrl(url)
    return count ? `${where}: ${count} ${count === 1 ? 'migration' : 'migrations'} applied` : `${where}: was up to date already`
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('unavailable', `${maskUrl(url)} (${origin}) could not be migrated: ${reasonOf(error)}`, { cause: error })
  }
}

/** Opening it is enough: the process that owns the files migrates them. */
async function embedded({ database, dataDir }: Config, life: Life): Promise<string> {
  const opened = await life.start('database', () => openDatabase({ ...database, dataDir, log: silent }))
  const { status, detail } = await opened.check()
  if (status === 'ok') return `embedded database in ${dataDir}: up to date (DATABASE_URL is not set)`
  throw new Failure('unavailable', `the embedded database in ${dataDir} could not be opened: ${detail}`)
}
