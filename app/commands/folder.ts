/** Reads the user's command files: what each exports, and a reason for everything that cannot be used. */
import { readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Jiti } from 'jiti'
import { Failure } from '../errors.ts'
import { checkDefinition } from './check.ts'
import type { Definition } from './command.ts'

const isModule = (file: string) => /\.(m?ts|m?js)$/.test(file) && !/\.(d|test)\.[^.]+$/.test(file) && !/^[_.]/.test(file)
/** A module may wait for something at its top level, but must not keep the server from starting (ms). */
const longestLoad = 10_000

/** What a folder came to: what can be called, and what was left out and why. */
export interface Loaded {
  readonly definitions: Definition[]
  readonly problems: { readonly file: string; readonly reason: string }[]
}

/**
 * The command files of a folder, by name.
 * @throws Failure `failed` when it cannot be read
 */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(isModule).sort()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist: make it, or leave the setting out' : `cannot be read: ${message}`
    throw new Failure('failed', `the command folder ${folder} ${reason}`, { cause: error })
  }
}

/**
 * Loads all of them. Where two commands have one name, the file that comes first keeps it.
 * @param jiti loads a module, TypeScript too
 */
export async function loadFolder(jiti: Jiti, folder: string): Promise<Loaded> {
  forget(jiti, folder)
  const loaded: Loaded = { definitions: [], problems: [] }
  const fileOf = new Map<string, string>()
  for (const file of await listFolder(folder)) {
    for (const value of await exportsOf(jiti, join(folder, file), (reason) => loaded.problems.push({ file, reason }))) {
      const checked = checkDefinition(value)
      if ('problems' in checked) loaded.problems.push({ file, reason: `${nameOf(value)}${checked.problems.join('; ')}` })
      else take(checked.definition, file)
    }
  }
  return loaded

  function take(definition: Definition, file: string): void {
    const { kind = 'tool', name } = definition
    const key = definition.kind === 'resource' ? definition.uri : `${kind} ${name}`
    const holder = fileOf.get(key)
    if (holder) {
      const what = kind === 'tool' ? 'command' : kind
      const reason = `${what} "${name}" is in ${holder} already: give one of the two another name`
      loaded.problems.push({ file, reason })
      return
    }
    fileOf.set(key, file)
    loaded.definitions.push(definition)
  }
}

/** The whole folder is loaded anew, helper modules too, so that what runs is what the files say. */
function forget(jiti: Jiti, folder: string): void {
  for (const file of Object.keys(jiti.cache)) if (file.startsWith(folder + sep)) delete jiti.cache[file]
}

async function exportsOf(jiti: Jiti, path: string, refuse: (reason: string) => void): Promise<readonly unknown[]> {
  try {
    const module = await inTime(jiti.import<{ default?: unknown }>(path))
    if (module.default !== undefined) return [module.default].flat()
    refuse('has no default export: export default a command, or a list of commands')
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error))
  }
  return []
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`did not finish loading within ${longestLoad / 1000} s: do not wait at the top level`)),
      longestLoad,
    )
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function nameOf(value: unknown): string {
  const name = (value as { name?: unknown } | null | undefined)?.name
  return typeof name === 'string' && name ? `command "${name.slice(0, 64)}": ` : ''
}
