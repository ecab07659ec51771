/** What tests with child processes start and make: gone when the test is over, whichever way it ends. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { packageRoot } from '../app/root.ts'
import type { FakeSpec } from './fakes/mcp-server.ts'
import { signalAll } from './services/programs.ts'
import { type StartOptions, spawnProcess, startProcess, type TestProcess } from './start.ts'

/** The flags that load the commands of test/fakes/commands. */
export const withCommands = ['--commands', join(packageRoot, 'test', 'fakes', 'commands')]

/** Starts the built server and waits until it is ready or has ended. */
export const launch = async (args?: string[], options?: StartOptions) => cleaned(await startProcess(args, options))

/** Starts the built server and waits for nothing. */
export const launchUnwatched = async (args?: string[], options?: StartOptions) => cleaned(await spawnProcess(args, options))

function cleaned(started: TestProcess): TestProcess {
  onTestFinished(() => started.clean())
  return started
}

/** An empty directory. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-scratch-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** A call of `wait` or `hang` that runs until the test wants it to end. */
export interface Held {
  /** What the command takes. */
  readonly arguments: { file: string }
  running(): boolean
  release(): void
}

/** @param directory where it leaves its marks */
export function hold(directory: string, name = 'held'): Held {
  const file = join(directory, name)
  return {
    arguments: { file },
    running: () => existsSync(`${file}.running`),
    release: () => writeFileSync(file, ''),
  }
}

/** An upstream whose processes can be told from all others. */
export interface Upstream {
  readonly config: { command: string; args: string[] }
  /** Its processes that run now. */
  pids(): number[]
}

/** server-everything. @param stubborn does not leave by itself at the end of its stdin */
export function everything({ stubborn = false } = {}): Upstream {
  const program = inModules('@modelcontextprotocol', 'server-everything', 'dist', 'index.js')
  const stay = stubborn ? ['--import', 'data:text/javascript,setInterval(() => {}, 1000)'] : []
  return marked([...stay, program, 'stdio'])
}

/** The fake of test/fakes/mcp-stdio.ts. */
export const fakeUpstream = (spec: FakeSpec): Upstream =>
  marked([
    '--import',
    inModules('tsx', 'dist', 'loader.mjs'),
    join(packageRoot, 'test', 'fakes', 'mcp-stdio.ts'),
    JSON.stringify(spec),
  ])

const inModules = (...path: string[]) => join(packageRoot, 'node_modules', ...path)

let upstreams = 0

/** A program of Node's with one more argument, which tells it from all others. */
function marked(args: string[]): Upstream {
  const mark = `test-${process.pid}-${++upstreams}`
  const pids = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && argumentsOf(name).includes(mark))
      .map(Number)
  onTestFinished(() => signalAll(pids(), 'SIGKILL'))
  return { config: { command: process.execPath, args: [...args, mark] }, pids }
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
