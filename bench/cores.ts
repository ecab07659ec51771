/** Keeps whoever asks and whoever answers on cores of their own, so that they do not wait for each other's turn. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** `server` is the first core, `all` is every core that we may use. */
export type Place = 'server' | 'all'

const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
const cores = allowed.split(',').flatMap((range) => {
  const [from = 0, to = from] = range.split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
})

/** Whether there are two cores to keep apart, and a `taskset` to do it. */
export const pinning: boolean = cores.length > 1 && hasTaskset()

/** Moves this process to the last core; what it starts stays there too, unless it is told otherwise. */
export function pinSelf(): void {
  if (pinning) execFileSync('taskset', ['-a', '-c', '-p', String(cores.at(-1)), String(process.pid)], { stdio: 'ignore' })
}

/** The command line that runs a program at a place; `taskset` becomes that program, so the pid is the program's. */
export function placed(place: Place, program: string, args: readonly string[]): [string, string[]] {
  if (!pinning) return [program, [...args]]
  return ['taskset', ['-c', place === 'all' ? allowed : String(cores[0]), program, ...args]]
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
