/** Finds the program of an upstream before anything is started, so that a wrong setting is named and not just "ENOENT". */
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { Failure } from '../../errors.ts'

export interface Wanted {
  upstream: string
  /** A name to be looked for on the PATH, or a path, relative to `cwd`. */
  command: string
  /** null: our own working directory. */
  cwd: string | null
}

/**
 * Gives the full path of the program.
 * @param path the PATH that the child will have
 * @throws Failure when the folder or the program is missing, or when it may not be executed
 */
export async function findProgram({ upstream, command, cwd }: Wanted, path = '/usr/bin:/bin'): Promise<string> {
  const folder = cwd ?? process.cwd()
  if (!(await isA('folder', folder)))
    throw new Failure('upstream_away', `${upstream}: folder "${folder}" was not found; check mcpServers.${upstream}.cwd`)
  // Windows tries endings (PATHEXT) and more places; it is left to find the program itself.
  if (process.platform === 'win32') return command
  const places = command.includes('/')
    ? [resolve(folder, command)]
    : path.split(delimiter).map((place) => resolve(folder, place, command))
  let barred: string | undefined
  for (const place of places) {
    if (!(await isA('file', place))) continue
    if (await mayExecute(place)) return place
    barred ??= place
  }
  throw barred === undefined ? notFound(upstream, command) : notExecutable(upstream, barred)
}

/** What is said when the system refused to start it. */
export function startFailure({ upstream, command }: Wanted, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'ENOENT') return notFound(upstream, command)
  return new Failure('upstream_away', `${upstream}: "${command}" could not be started: ${error.message}`, { cause: error })
}

const notFound = (upstream: string, command: string) =>
  new Failure('upstream_away', `${upstream}: command "${command}" was not found; check mcpServers.${upstream}.command`)

const notExecutable = (upstream: string, file: string) =>
  new Failure(
    'upstream_away',
    `${upstream}: "${file}" may not be executed; chmod +x it, or name the program that runs it in mcpServers.${upstream}.command`,
  )

const isA = (kind: 'file' | 'folder', path: string) =>
  stat(path).then(
    (found) => (kind === 'file' ? found.isFile() : found.isDirectory()),
    () => false,
  )

const mayExecute = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
