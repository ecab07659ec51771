/** Commands out of a folder of the user's: loaded at start, and again whenever a file in it changes. */
import { watch } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import type { Catalog } from '../catalog.ts'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { buildCommands } from './build.ts'
import { type Loaded, listFolder, loadFolder } from './folder.ts'

/** Who the catalogue says offers these commands. */
const owner = 'commands'
/** Helpers and data beside the commands count too. */
const isSource = (file: string) => /\.(m?[tj]s|json)$/.test(file)
/** An editor writes a file in several steps; ms of silence after which it is taken to be done. */
const settling = 100

/**
 * Loads `*.ts`, `*.mts`, `*.js` and `*.mjs` of a folder and offers what they export. A file that cannot be used is logged and left out;
 * the others stand.
 * @param disabled names that are not offered
 * @throws Failure `failed` when the folder cannot be read
 */
export async function openCommands(
  directory: string,
  catalog: Catalog,
  log: Log,
  disabled: readonly string[] = [],
): Promise<Service> {
  const folder = resolve(directory)
  await listFolder(folder)
  // Only who has such a folder pays for the TypeScript compiler. It keeps nothing on disk: the folder may be read-only.
  const { createJiti } = await import('jiti')
  const jiti = createJiti(join(folder, sep), { fsCache: false, interopDefault: false })
  let problems: Loaded['problems'] = []

  async function load(): Promise<void> {
    const loaded = await loadFolder(jiti, folder)
    problems = loaded.problems
    for (const problem of problems) log.warn('command not loaded', problem)
    const definitions = loaded.definitions.filter(({ name }) => !disabled.includes(name))
    catalog.offer(owner, buildCommands(definitions, owner))
    log.info('commands loaded', { folder, commands: definitions.length, left_out: problems.length })
  }

  const reload = oneAtATime(() => load().catch((error: unknown) => log.error('commands not loaded', { folder, error })))
  let timer: NodeJS.Timeout | undefined
  // Watching begins before the first load, so that a change during it is not missed.
  const watcher = watch(folder, (_, file) => {
    if (file !== null && !isSource(file)) return
    clearTimeout(timer)
    timer = setTimeout(reload, settling)
  })
  watcher.on('error', (error) => log.warn('commands are not watched any more', { folder, error: error.message }))
  await reload()
  return {
    stop() {
      watcher.close()
      clearTimeout(timer)
    },
    check: (): Health => (problems.length ? { status: 'degraded', detail: sentence(problems) } : { status: 'ok' }),
  }
}

/** Asked for while it runs, the work is done once more afterwards: what it read may be old. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running = false
  let again = false
  return async function run() {
    again = true
    if (running) return
    running = true
    while (again) {
      again = false
      await work()
    }
    running = false
  }
}

const sentence = ([first, ...others]: Loaded['problems']) =>
  `${first?.file}: ${first?.reason}${others.length ? ` (and ${others.length} more)` : ''}`
