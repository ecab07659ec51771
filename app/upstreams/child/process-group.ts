/** Ends a child with everything that it started: they are one process group, and the group goes as a whole. */
import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { hasLiveMember } from '../../process-table.ts'

/** How long a killed group may take to disappear, in milliseconds; longer only where the kernel itself hangs in one of its calls. */
const killTime = 2_000

/**
 * Ends a process group: TERM to all of it, KILL to what is left after the grace.
 * @param pid the group's leader, who may be gone already
 * @param grace milliseconds
 * @returns true when the group is empty; false when something outlived even the KILL
 */
export async function endGroup(pid: number, { grace }: { grace: number }): Promise<boolean> {
  if (process.platform === 'win32') return endTree(pid)
  if (!signalGroup(pid, 'SIGTERM') || (await emptied(pid, grace))) return true
  signalGroup(pid, 'SIGKILL')
  return emptied(pid, killTime)
}

/**
 * Sends a signal to every process of a group; 0 only asks whether there is any.
 * @returns false when the group has no member
 */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  // kill(-1) means every process of the machine and kill(0) our own group.
  if (!Number.isInteger(pid) || pid < 2) throw new RangeError(`a process group is named by a pid above 1, got ${pid}`)
  try {
    process.kill(-pid, signal)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // EPERM: a member that runs as somebody else, or on macOS a group of zombies.
    return code === 'EPERM' && process.platform !== 'darwin'
  }
}

/** Waits until the group is empty, at most so many milliseconds; says whether it is. */
async function emptied(group: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  for (let pause = 5; ; pause = Math.min(pause * 2, 100)) {
    if (!signalGroup(group, 0) || !(await hasLiveMember(group).catch(() => true))) return true
    if (performance.now() >= end) return false
    await delay(pause)
  }
}

/** Windows has no groups and no TERM: the process is ended with everything that it started. */
function endTree(pid: number): Promise<boolean> {
  return new Promise((done) => execFile('taskkill', ['/pid', String(pid), '/t', '/f'], () => done(true)))
}
