/** A private PostgreSQL that may be paused, killed and started again. */
import { execFileSync } from 'node:child_process'
import { chownSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { familyOf, findProgram, type Running, run, runToEnd, signalAll, until } from './programs.ts'

export interface PostgresServer {
  readonly url: string
  /** Of the running server. */
  readonly pid: number
  /** It keeps its connections and answers nobody. */
  pause(): void
  resume(): void
  /** Ends it without a word to anybody. */
  kill(): Promise<void>
  /** Ends it and its connections in order. */
  stop(): Promise<void>
  /** Starts it again, with the same data on the same port. */
  start(): Promise<void>
  /** Ends it and removes its files. */
  remove(): Promise<void>
}

const debian = '/usr/lib/postgresql'

function programs(): { initdb: string; postgres: string } {
  let elsewhere: string[] = []
  try {
    elsewhere = readdirSync(debian)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, 'bin'))
  } catch {
    // Not a Debian.
  }
  return { initdb: findProgram('initdb', elsewhere), postgres: findProgram('postgres', elsewhere) }
}

/** PostgreSQL does not run as root; its own user does it then. */
function identity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const ask = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: ask('-u'), gid: ask('-g') }
}

/** @throws when PostgreSQL is not installed, or does not start */
export async function startPostgres(): Promise<PostgresServer> {
  const { initdb, postgres } = programs()
  const user = identity()
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-postgres-'))
  const data = join(directory, 'data')
  const options = { ...user, cwd: directory }
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'full_page_writes=off',
    'shared_buffers=16MB',
  ]
  let server: Running | undefined

  async function start(): Promise<void> {
    const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
    const starting = await run(postgres, args, options)
    server = starting
    await until('PostgreSQL answers', async () => {
      if (starting.child.exitCode !== null) throw new Error(`postgres ended: ${starting.printed()}`)
      return answers(url)
    })
  }

  async function signalAndWait(pids: readonly number[], signal: NodeJS.Signals): Promise<void> {
    signalAll(pids, signal)
    await server?.ended
    server = undefined
  }

  const family = () => (server ? familyOf(server.pid) : [])
  const kill = () => signalAndWait(family(), 'SIGKILL')

  async function remove(): Promise<void> {
    await kill()
    await rm(directory, { recursive: true, force: true })
  }

  try {
    if (user) chownSync(directory, user.uid, user.gid)
    await runToEnd(initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], options)
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    url,
    get pid() {
      return server?.pid ?? 0
    },
    pause: () => signalAll(family(), 'SIGSTOP'),
    resume: () => signalAll(family(), 'SIGCONT'),
    kill,
    // SIGINT ends the connections; SIGTERM would wait for them.
    stop: () => signalAndWait(server ? [server.pid] : [], 'SIGINT'),
    start,
    remove,
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
