/** Reads the user's command files: what each exports, and a reason for everything that cannot be used. */
import { readdir } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Jiti } from 'jiti'
import { Failure } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Definition } from './command.ts'
import { type Review, review, type Strictness } from './review.ts'
import { createReadRun } from './run-params.ts'

export const isModule = (file: string) => /\.(m?ts|m?js)$/.test(file) && !/\.(d|test)\.[^.]+$/.test(file)
const isLoaded = (file: string) => isModule(file) && !/^[_.]/.test(file)
/** A module may wait for something at its top level, but must not keep the server from starting (ms). */
const longestLoad = 10_000

/** One thing that a file exports; or the file itself, where it exports nothing that can be used. */
export interface Found extends Review {
  readonly file: string
  /** As its author wrote it, where there is one. */
  readonly name?: string
}

/** How the files are read. */
export interface Reading extends Strictness {
  /** Loads a module, TypeScript too. */
  readonly jiti: Jiti
  readonly folder: string
}

/** Only who has such a folder pays for the TypeScript compiler. It keeps nothing on disk: the folder may be read-only. */
export async function openJiti(folder: string): Promise<Jiti> {
  const { createJiti } = await import('jiti')
  return createJiti(join(folder, sep), { fsCache: false, interopDefault: false })
}

/**
 * The command files of a folder, by name.
 * @throws Failure `failed` when it cannot be read
 */
export async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(isLoaded).sort()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'does not exist: make it, or leave the setting out' : `cannot be read: ${message}`
    throw new Failure('failed', `the command folder ${folder} ${reason}`, { cause: error })
  }
}

/**
 * Loads all of them, and others that are named. Where two commands have one name, the file that comes first keeps it.
 * @param more files of the folder that are not loaded by themselves
 */
export async function loadFolder(reading: Reading, more: Iterable<string> = []): Promise<Found[]> {
  const { jiti, folder } = reading
  forget(jiti, folder)
  const readRun = createReadRun(jiti)
  const found: Found[] = []
  const holders = new Map<string, string>()
  for (const file of new Set([...(await listFolder(folder)), ...more])) {
    for (const exported of await exportsOf(jiti, join(folder, file))) {
      if ('problem' in exported) found.push({ file, problems: [exported.problem], warnings: [], fixed: [] })
      else found.push(unlessTaken({ file, ...named(exported.value), ...review(exported.value, reading, readRun) }, holders))
    }
  }
  return found
}

function unlessTaken(found: Found, holders: Map<string, string>): Found {
  const { definition, file } = found
  if (!definition) return found
  const { kind = 'tool', name } = definition
  const key = definition.kind === 'resource' ? definition.uri : `${kind} ${name}`
  const holder = holders.get(key)
  if (!holder) {
    holders.set(key, file)
    return found
  }
  const reason = `${kind === 'tool' ? 'command' : kind} "${name}" is in ${holder} already: give one of the two another name`
  return { file, name, problems: [reason], warnings: [], fixed: [] }
}

/** The whole folder is loaded anew, helper modules too, so that what runs is what the files say. */
function forget(jiti: Jiti, folder: string): void {
  for (const file of Object.keys(jiti.cache)) if (file.startsWith(folder + sep)) delete jiti.cache[file]
}

async function exportsOf(jiti: Jiti, path: string): Promise<readonly ({ value: unknown } | { problem: string })[]> {
  try {
    const module = await inTime(jiti.import<{ default?: unknown }>(path))
    if (module.default !== undefined) return [module.default].flat().map((value) => ({ value }))
    return [{ problem: 'has no default export: export default a command, or a list of commands' }]
  } catch (error) {
    return [{ problem: error instanceof Error ? error.message : String(error) }]
  }
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

function named(value: unknown): { name?: string } {
  const name = isObject(value) ? value.name : undefined
  return typeof name === 'string' && name ? { name: name.slice(0, 64) } : {}
}

/** What everything that can be called is made of. */
export const definitionsIn = (found: readonly Found[]): Definition[] => found.flatMap(({ definition }) => definition ?? [])
