/** Which process runs something, as a text that outlives it: whoever reads it later can look whether that process is still there. */
import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { bootId, isAlive, startTimeOf } from './process-table.ts'

/** This process. */
export const thisRunner: string = JSON.stringify([place(), process.pid, startTimeOf(process.pid)])

/** Whether the process has certainly ended. Of one on another machine, or in another container, nobody here can tell. */
export function isGone(runner: string): boolean {
  if (runner === thisRunner) return false
  const [where, pid, startTime] = JSON.parse(runner) as [string, number, string | null]
  return where === place() && startTime !== null && !isAlive(pid, startTime)
}

/** Where a pid means the same process: containers may share a host's name, and hosts the number of a namespace. */
function place(): string {
  if (process.platform !== 'linux') return hostname()
  return `${hostname()} ${bootId()} ${pidNamespace()}`
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}
