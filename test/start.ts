/** The whole system as a fixture: in this process for most tests, as a child process where signals, streams and exit codes matter. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { inject } from 'vitest'
import { loadConfig } from '../app/config.ts'
import { createLife } from '../app/lifecycle.ts'
import { packageRoot } from '../app/root.ts'
import type { System } from '../app/system.ts'
import { assemble } from '../main.ts'
import { type CollectedLog, collectedLog } from './fakes/collected-log.ts'
import { until } from './until.ts'

export interface StartOptions {
  /** As in switchyard.yaml. Ports, the data directory and the stop delay have values for tests. */
  file?: Record<string, unknown>
  env?: Record<string, string>
  flags?: Record<string, unknown>
  /** A data directory that is kept; otherwise a new one, removed at the stop. */
  dataDir?: string
}

/** A stop has no balancer to wait for, and on a machine that runs many tests at once nobody is refused for its being slow. */
export const calmly = { MCP_STOP_DELAY: '0', MCP_LOOP_LAG: '0' }

export interface TestSystem extends System {
  readonly url: string
  readonly adminUrl: string
  readonly log: CollectedLog
  stop(): Promise<void>
}

/** Assembles everything in this process, on free ports and the embedded database, unless `env` names a server. */
export async function start({ file = {}, env = {}, flags = {}, dataDir }: StartOptions = {}): Promise<TestSystem> {
  const home = await mkdtemp(join(tmpdir(), 'switchyard-test-'))
  const config = join(home, 'switchyard.json')
  await writeFile(config, JSON.stringify(file), { mode: 0o600 })
  const settled = loadConfig({
    flags: { config, port: '0', 'admin-port': '0', 'data-dir': dataDir ?? join(home, 'data'), ...flags },
    env: { ...calmly, ...env },
    cwd: home,
    home,
  })
  const log = collectedLog()
  const life = createLife(log)
  const stop = async () => {
    await life.stop('the test is over')
    await rm(home, { recursive: true, force: true })
  }
  try {
    const system = await assemble({ settled, life, log, baseEnv: process.env, template: inject('embeddedTemplate') })
    return { ...system, url: system.url ?? '', adminUrl: system.adminUrl ?? '', log, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export interface TestProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly pid: number
  /** From the log; empty where the port is not served. */
  url(): string
  adminUrl(): string
  /** Everything that came on each stream so far. */
  stdout(): string
  stderr(): string
  /** Log lines with this event so far. */
  logged(event: string): Record<string, unknown>[]
  /** Settles with the exit code, 128+n for a signal. */
  readonly exited: Promise<number>
  signal(name: NodeJS.Signals): void
  /** Kills it if it still runs, and removes what it left on disk. */
  clean(): Promise<void>
}

/** Starts the built server (`npm run build` has been run) as a child, and waits until it is ready or has ended. */
export async function startProcess(args: string[] = [], options: StartOptions = {}): Promise<TestProcess> {
  const started = await spawnProcess(args, options)
  const { child, logged } = started
  const isReady = () => logged('ready').length > 0 || child.exitCode !== null || child.signalCode !== null
  try {
    await until('the server is ready or has ended', isReady, 60_000)
  } catch (error) {
    await started.clean()
    throw error
  }
  return started
}

/** The same without waiting for anything. What `args` say of ports and the data directory counts. */
export async function spawnProcess(
  args: string[] = [],
  { file = {}, env = {}, dataDir }: StartOptions = {},
): Promise<TestProcess> {
  const home = await mkdtemp(join(tmpdir(), 'switchyard-test-'))
  const config = join(home, 'switchyard.json')
  await writeFile(config, JSON.stringify(file), { mode: 0o600 })
  const own = { '--config': config, '--port': '0', '--admin-port': '0', '--data-dir': dataDir ?? join(home, 'data') }
  const flags = Object.entries(own).filter(([flag]) => !args.includes(flag))
  const child = spawn(process.execPath, [join(packageRoot, 'dist', 'main.js'), ...flags.flat(), ...args], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...calmly, ...env },
    stdio: 'pipe',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  child.stdin.on('error', () => {}) // a test may close it from the other side
  const exited = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? 128 + (signals[signal ?? ''] ?? 0)))
  })
  const logged = (event: string) => linesOf(stderr).filter(({ msg }) => msg === event)
  const urlOf = (port: string) => String(logged('listening').find((line) => line.port === port)?.url ?? '')
  return {
    child,
    pid: child.pid!,
    url: () => urlOf('mcp'),
    adminUrl: () => urlOf('admin'),
    stdout: () => stdout,
    stderr: () => stderr,
    logged,
    exited,
    signal: (name) => void child.kill(name),
    async clean() {
      child.kill('SIGKILL')
      await exited
      await rm(home, { recursive: true, force: true })
    },
  }
}

const signals: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/** The log lines of a stream; what is no JSON object (the sign-in link) is passed over. */
function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      try {
        return JSON.parse(line) as Record<string, unknown>
      } catch {
        return {}
      }
    })
}
