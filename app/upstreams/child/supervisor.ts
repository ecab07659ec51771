/** Runs an upstream's program as our child: fenced in, written down in the ledger, and ended with everything that it started. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { startTimeOf } from '../../process-table.ts'
import { childEnvironment, type Environment } from './child-environment.ts'
import { behindGate, type Launch } from './gate.ts'
import type { Ledger } from './ledger.ts'
import { endGroup, signalGroup } from './process-group.ts'
import { findProgram, startFailure } from './program.ts'
import { logStderr } from './stderr-log.ts'

export interface ChildSpec {
  upstream: string
  /** A name to be looked for on the PATH, or a path, relative to `cwd`. */
  command: string
  args: string[]
  /** All that it gets of an environment, besides the few variables that every program needs. */
  env: Record<string, string>
  /** null: our own working directory. */
  cwd: string | null
}

export interface ChildTools {
  ledger: Ledger
  log: Log
  /** Our own environment; a short list of it is passed on. */
  baseEnv: Environment
}

/** How a child ended: by itself with a code, or by a signal. */
export interface Ending {
  code: number | null
  signal: string | null
}

export interface Child {
  readonly upstream: string
  /** Also the id of its process group. */
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Its last five lines on stderr, as they stand at the moment of looking. */
  readonly lastWords: readonly string[]
  /** Settles when the child has ended, nothing of its group runs any more and all of its output was read. Never rejects. */
  readonly ended: Promise<Ending>
  /** Closes stdin, TERM to the group after 1 s, KILL 2 s later; returns when the ledger row is gone. May be called twice, and after the end. */
  stop(): Promise<void>
}

/** In milliseconds: for leaving by itself at the end of stdin, after the TERM, for closing its pipes, for the ledger to answer. */
const leaveTime = 1_000
const grace = 2_000
const pipeTime = 1_000
const ledgerTime = 2_000

/**
 * Starts the program. It begins only after its ledger row was written; where the ledger is away it runs without one.
 * @throws Failure when the program cannot be started
 */
export async function spawnChild(spec: ChildSpec, tools: ChildTools): Promise<Child> {
  const log = tools.log.with({ upstream: spec.upstream })
  const environment = childEnvironment(tools.baseEnv, spec.env)
  const launch = behindGate(await findProgram(spec, environment.PATH), spec.args, environment)
  const child = await fork(spec, launch, environment)
  const { stdin, stdout, stderr } = child
  const pid = child.pid!
  running.add(pid)

  // Writing to a child that has just died (EPIPE) is no event of its own: its end is.
  for (const stream of [stdin, stdout]) stream.on('error', (error) => log.debug('upstream pipe', { error }))
  const lastWords = logStderr(stderr, log)
  const exited = new Promise<Ending>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const row = writeRow(spec, pid, tools.ledger, log)

  let emptied: Promise<boolean> | undefined
  /** The whole group, also when the child itself is gone: what it started goes with it. */
  const emptyGroup = () => (emptied ??= endGroup(pid, { grace }))

  const ended = exited.then(async (ending) => {
    if (await emptyGroup()) running.delete(pid)
    // A process that left the group may hold a pipe open for ever.
    if (!(await within(closed, pipeTime))) for (const stream of [stdin, stdout, stderr]) stream.destroy()
    return ending
  })
  const forgotten = ended.then(async () => {
    if (!(await emptyGroup())) return log.warn('upstream process could not be ended', { pid })
    const id = await row
    if (id !== null) await tools.ledger.remove(id).catch((error) => log.warn('ledger row not removed', { pid, error }))
  })

  let stopped: Promise<void> | undefined
  async function stop(): Promise<void> {
    stdin.end()
    if ((await within(exited, leaveTime)) || (await emptyGroup())) await forgotten
    else log.warn('upstream process could not be ended', { pid })
  }

  if (!(await within(row, ledgerTime))) log.warn('ledger is slow: the upstream runs without a row for now', { pid })
  launch.open(stdin)
  log.debug('upstream process started', { pid, command: spec.command })
  return { upstream: spec.upstream, pid, stdin, stdout, lastWords, ended, stop: () => (stopped ??= stop()) }
}

function fork(spec: ChildSpec, launch: Launch, env: Record<string, string>): Promise<ChildProcessWithoutNullStreams> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(startFailure(spec, error))
    // On Windows `detached` would open a console window, and there is no group to lead.
    const fence = { detached: process.platform !== 'win32', windowsHide: true }
    try {
      const child = spawn(launch.file, launch.args, { cwd: spec.cwd ?? undefined, env, stdio: 'pipe', ...fence })
      child.once('spawn', () => resolve(child))
      child.on('error', refuse)
    } catch (error) {
      refuse(error as NodeJS.ErrnoException)
    }
  })
}

/** Gives the id of the row; null where there is none. Never throws: a child without a row is better than no child. */
async function writeRow({ upstream, command }: ChildSpec, pid: number, ledger: Ledger, log: Log): Promise<string | null> {
  const startTime = startTimeOf(pid)
  if (startTime === null) return null
  try {
    return await ledger.add({ pid, startTime, upstream, command })
  } catch (error) {
    log.warn('ledger row not written: if Switchyard is killed now, this process stays', { pid, error })
    return null
  }
}

/** Waits for something, at most so many milliseconds; says whether it came. */
async function within(what: Promise<unknown>, ms: number): Promise<boolean> {
  const enough = new AbortController()
  try {
    return await Promise.race([what.then(() => true), delay(ms, false, { signal: enough.signal })])
  } finally {
    enough.abort()
  }
}

/** The groups that run. A hard exit (second signal, deadline, uncaught error) has no time to ask and takes them along. */
const running = new Set<number>()
process.on('exit', () => {
  for (const pid of running) signalGroup(pid, 'SIGKILL')
})
