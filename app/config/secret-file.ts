/** Files with a secret in them: what they may look like, and who else may read them. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { reasonOf } from './problems.ts'

/** No key, password or certificate is longer, in bytes. */
const longest = 64 * 1024
/** Where Docker, Podman, Kubernetes and systemd put secrets: readable by all inside, and only inside. */
const mounts = /^(\/var)?\/run\/(secrets|credentials)\//
/** Kubernetes keeps what it projects behind a folder of this name, wherever it is mounted. */
const projected = /\/\.\.\d{4}_\d\d_\d\d_|\/\.\.data\//

/**
 * The content of a file that holds a secret and nothing else, without the white space around it.
 * @throws Error whose message says what is wrong with the file, as the end of a sentence that begins with its name
 */
export function readSecretFile(path: string): string {
  const content = readPrivate(path)
    .replace(/^\uFEFF/, '')
    .trim()
  if (content === '') throw new Error('is empty')
  if (content.includes('\0')) throw new Error('is no text')
  return content
}

/** The same as it stands there, be it empty. */
export function readPrivate(path: string): string {
  // Opened once: what is looked at is what is read. A pipe that nobody writes to must not hold up the start.
  const file = open(path)
  try {
    const about = fstatSync(file)
    if (about.isDirectory()) throw new Error('is a directory, and must be a file')
    if (about.size > longest) throw new Error(`has ${about.size} bytes: a secret has at most ${longest}`)
    const fault = opennessOf(path, about.mode)
    if (fault) throw new Error(fault)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/**
 * Why others than its owner and its group may not have this file as it is, with the command that mends it; undefined where it is in order.
 * The group may read it: that is how a file of root's is given to a service.
 */
export function opennessOf(path: string, mode: number): string | undefined {
  if (process.platform === 'win32' || (mode & 0o006) === 0 || isMounted(path)) return undefined
  return `can be ${mode & 0o004 ? 'read' : 'written'} by every user of this machine: chmod 600 ${path}`
}

/** Whether it was mounted for one container or one service, which is why everybody in there may read it. */
function isMounted(path: string): boolean {
  try {
    const real = realpathSync(path)
    if (mounts.test(path) || mounts.test(real) || projected.test(real)) return true
    // A file that is a mount of its own, as containers get one that lies outside.
    return statSync(real).dev !== statSync(dirname(real)).dev
  } catch {
    return false
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw new Error(`cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}
