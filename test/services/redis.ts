/** A private Redis that may be paused, killed and started again. It keeps nothing on disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { findProgram, type Running, run, signalAll, until } from './programs.ts'

export interface RedisServer {
  readonly url: string
  readonly pid: number
  /** It keeps its connections and answers nobody. */
  pause(): void
  resume(): void
  kill(): Promise<void>
  stop(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  remove(): Promise<void>
}

/** @throws when Redis is not installed, or does not start */
export async function startRedis(): Promise<RedisServer> {
  const program = findProgram('redis-server')
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-redis-'))
  const port = await freePort()
  let server: Running | undefined

  async function start(): Promise<void> {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory]
    const starting = await run(program, args)
    server = starting
    await until('Redis answers', () => {
      if (starting.child.exitCode !== null) throw new Error(`redis-server ended: ${starting.printed()}`)
      return /ready to accept connections/i.test(starting.printed())
    })
  }

  const signal = (name: NodeJS.Signals) => signalAll(server ? [server.pid] : [], name)

  async function end(name: NodeJS.Signals): Promise<void> {
    signal(name)
    await server?.ended
    server = undefined
  }

  async function remove(): Promise<void> {
    await end('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    url: `redis://127.0.0.1:${port}/0`,
    get pid() {
      return server?.pid ?? 0
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start,
    remove,
  }
}
