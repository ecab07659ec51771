/** Where the embedded database lies, and where its socket is. */
import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type pg from 'pg'
import { Failure } from '../errors.ts'
import { sha256 } from '../sha256.ts'

export interface Place {
  /** The real path of the data directory. */
  readonly directory: string
  /** What the owner listens on, and what guests connect to. */
  readonly socket: string
  /** How node-postgres gets there. */
  readonly connection: pg.PoolConfig
}

/** The name that node-postgres and psql look for in the directory given as host. */
const socketName = '.s.PGSQL.5432'
/** Bytes: the shortest limit among the kernels (macOS 104), less its end mark. */
const longestSocketPath = 103

/**
 * Makes the data directory, for this user alone.
 * @throws Failure `unavailable` when it cannot be made or used
 */
export function preparePlace(dataDir: string): Place {
  try {
    const wanted = resolve(dataDir)
    if (!existsSync(wanted)) mkdirSync(wanted, { recursive: true, mode: 0o700 })
    const directory = realpathSync(wanted)
    if (process.platform === 'win32') return onWindows(directory)
    const socketDirectory =
      Buffer.byteLength(join(directory, socketName)) <= longestSocketPath ? directory : shortDirectory(directory)
    return { directory, socket: join(socketDirectory, socketName), connection: { host: socketDirectory, port: 5432 } }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      'unavailable',
      `the data directory ${dataDir} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

const nameOf = (directory: string) => sha256(directory).slice(0, 16)

/** For a data directory whose path is too long for a socket: every process with the same data directory finds the same one. */
function shortDirectory(directory: string): string {
  const short = join(tmpdir(), `switchyard-${nameOf(directory)}`)
  if (!existsSync(short)) mkdirSync(short, { mode: 0o700 })
  const { uid } = lstatSync(short)
  if (!lstatSync(short).isDirectory() || uid !== process.getuid?.()) {
    throw new Failure(
      'unavailable',
      `${short} belongs to somebody else: remove it, or choose a data directory with a shorter path`,
    )
  }
  chmodSync(short, 0o700)
  return short
}

/**
 * Windows keeps sockets of this kind outside of the file system, under names of their own, and removes them with their process. node-postgres
 * cannot name one, so it gets a socket that knows where to go. Written from the documentation: no test of ours runs on Windows.
 */
function onWindows(directory: string): Place {
  const socket = `\\\\.\\pipe\\switchyard-${nameOf(directory)}`
  class PipeSocket extends Socket {
    override connect(): this {
      return super.connect({ path: socket })
    }
  }
  return { directory, socket, connection: { stream: () => new PipeSocket() } }
}
