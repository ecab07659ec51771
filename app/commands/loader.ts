/** Commands out of a folder of the user's: loaded at start, again whenever a file in it changes, and when an admin says so. */
import { watch } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { buildCommands } from './build.ts'
import { definitionsIn, type Found, isModule, listFolder, loadFolder, openJiti } from './folder.ts'
import type { Strictness } from './review.ts'

/** Who the catalogue says offers these commands. */
const owner = 'commands'
/** Helpers and data beside the commands count too. */
const isSource = (file: string) => /\.(m?[tj]s|json)$/.test(file)
/** An editor writes a file in several steps; ms of silence after which it is taken to be done. */
const settling = 100

export interface FolderOptions extends Strictness {
  readonly directory: string
  readonly catalog: Catalog
  readonly log: Log
  /** Names that are not offered. */
  readonly disabled: readonly string[]
}

export interface CommandFolder extends Service {
  readonly folder: string
  /** What was found when it was last loaded. */
  found(): readonly Found[]
  /** Whether a command of this name is offered, or why it is not. */
  state(name: string): 'loaded' | 'unloaded' | 'disabled'
  /** Loads everything anew; what `load` and `unload` said does not count any more. */
  reload(): Promise<readonly Found[]>
  /** Loads one file of the folder, also one that is not loaded by itself. Throws Failure `invalid_arguments` for what is none. */
  load(file: string): Promise<readonly Found[]>
  /** Takes a command out until the next `reload` or `load`. Throws Failure `invalid_arguments` where there is none. */
  unload(name: string): void
}

/**
 * Loads `*.ts`, `*.mts`, `*.js` and `*.mjs` of a folder and offers what they export. A file that cannot be used is logged and left out;
 * the others stand.
 * @throws Failure `failed` when the folder cannot be read
 */
export async function openCommands({ directory, catalog, log, disabled, ...strictness }: FolderOptions): Promise<CommandFolder> {
  const folder = resolve(directory)
  await listFolder(folder)
  const jiti = await openJiti(folder)
  let found: readonly Found[] = []
  const unloaded = new Set<string>()
  const more = new Set<string>()

  function state(name: string): 'loaded' | 'unloaded' | 'disabled' {
    if (disabled.includes(name)) return 'disabled'
    return unloaded.has(name) ? 'unloaded' : 'loaded'
  }

  function offer(): number {
    const wanted = definitionsIn(found).filter(({ name }) => state(name) === 'loaded')
    catalog.offer(owner, buildCommands(wanted, owner))
    return wanted.length
  }

  async function load(): Promise<void> {
    found = await loadFolder({ jiti, folder, ...strictness }, more)
    for (const each of found) tell(each)
    log.info('commands loaded', { folder, commands: offer(), left_out: found.filter(({ definition }) => !definition).length })
  }

  function tell({ file, name, problems, warnings, fixed }: Found): void {
    const whose = name === undefined || !warnings.concat(fixed).length ? {} : { command: name }
    if (problems.length) log.warn('command not loaded', { file, reason: reasonOf({ name, problems }) })
    if (warnings.length) log.warn('command incomplete', { file, ...whose, missing: warnings.join('; ') })
    if (fixed.length) log.warn('command completed', { file, ...whose, fixed: fixed.join('; ') })
  }

  /** One after the other: what an earlier one read may be old. */
  let last: Promise<unknown> = Promise.resolve()
  const reload = (): Promise<void> => {
    const next = last.then(load)
    last = next.catch((error: unknown) => log.error('commands not loaded', { folder, error }))
    return next
  }

  let timer: NodeJS.Timeout | undefined
  // Watching begins before the first load, so that a change during it is not missed.
  const watcher = watch(folder, (_, file) => {
    if (file !== null && !isSource(file)) return
    clearTimeout(timer)
    timer = setTimeout(() => reload().catch(() => {}), settling)
  })
  watcher.on('error', (error) => log.warn('commands are not watched any more', { folder, error: error.message }))
  await reload().catch(() => {})
  return {
    folder,
    found: () => found,
    state,
    async reload() {
      unloaded.clear()
      more.clear()
      await reload()
      return found
    },
    async load(wanted) {
      const file = await fileIn(folder, wanted)
      const before = found.filter((each) => each.file === file)
      for (const { name } of before) if (name !== undefined) unloaded.delete(name)
      more.add(file)
      await reload()
      return found.filter((each) => each.file === file)
    },
    unload(name) {
      const known = definitionsIn(found).map((definition) => definition.name)
      if (!known.includes(name) || state(name) !== 'loaded')
        throw new Failure(
          'invalid_arguments',
          `"${name.slice(0, 100)}" is no command of the folder that is loaded: plugins lists them`,
        )
      unloaded.add(name)
      offer()
    },
    stop() {
      watcher.close()
      clearTimeout(timer)
    },
    check(): Health {
      const [first, ...others] = found.filter(({ problems }) => problems.length > 0)
      if (!first) return { status: 'ok' }
      const detail = `${first.file}: ${reasonOf(first)}${others.length ? ` (and ${others.length} more)` : ''}`
      return { status: 'degraded', detail }
    },
  }
}

/** The path of a file from the folder on; links are followed before it is looked whether it lies there. */
async function fileIn(folder: string, wanted: string): Promise<string> {
  const path = resolve(folder, wanted)
  const [real, base] = await Promise.all([path, folder].map((each) => realpath(each).catch(() => undefined)))
  if (!path.startsWith(folder + sep) || (real !== undefined && !real.startsWith(base + sep)))
    throw new Failure('invalid_arguments', `${wanted.slice(0, 200)} is not in the command folder: give its path from there on`)
  if (real === undefined) throw new Failure('invalid_arguments', `${wanted.slice(0, 200)} does not exist in the command folder`)
  if (!isModule(path)) throw new Failure('invalid_arguments', 'a command file ends in .ts, .mts, .js or .mjs')
  return relative(folder, path)
}

const reasonOf = ({ name, problems }: Pick<Found, 'name' | 'problems'>): string =>
  `${name === undefined ? '' : `command "${name}": `}${problems.join('; ')}`
