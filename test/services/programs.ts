/** Finding and running the programs of real servers. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Looks in PATH, then in the directories given. @throws when there is none */
export function findProgram(name: string, elsewhere: readonly string[] = []): string {
  const places = [...(process.env.PATH ?? '').split(':'), ...elsewhere].map((directory) => join(directory, name))
  const found = places.find(isExecutable)
  if (!found) throw new Error(`${name} was not found in PATH${elsewhere.length > 0 ? ` nor in ${elsewhere.join(', ')}` : ''}`)
  return found
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  /** Settles when it has ended. */
  readonly ended: Promise<void>
  /** What it printed so far, the last of it. */
  printed(): string
}

/** @throws when the program cannot be started */
export async function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Running> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-4_000)
    })
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  return { child, pid: child.pid!, ended, printed: () => text }
}

/** Runs a program to its end. @throws when it fails, with what it printed */
export async function runToEnd(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<void> {
  const { child, ended, printed } = await run(program, args, options)
  await ended
  if (child.exitCode !== 0) throw new Error(`${program} failed: ${printed()}`)
}

/** A process and its children; PostgreSQL gives each connection a process with a group of its own, so that a signal to one group reaches one only. */
export function familyOf(pid: number): number[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
  return [pid, ...children.map(Number)]
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

/** Sends a signal to each; who has ended already is no error. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

/** Asks until a server that is starting answers. What `ask` throws ends the waiting, because a server that has died will not answer. */
export async function until(what: string, ask: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  const end = performance.now() + seconds * 1000
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
