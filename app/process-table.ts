/** What the kernel knows about processes: when one started, because a pid alone may have been given to another since, and who is in a group. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

interface Sight {
  startTime: string
  /** Ended, but its parent has not looked yet: it holds its pid and nothing else. */
  zombie: boolean
}

/** When the process started, in words that are unique on this machine across restarts of it; null where there is no such process. */
export function startTimeOf(pid: number): string | null {
  return look(pid)?.startTime ?? null
}

/** Whether the process that started then still runs under this pid. */
export function isAlive(pid: number, startTime: string): boolean {
  const sight = look(pid)
  return sight !== null && !sight.zombie && sight.startTime === startTime
}

/**
 * Whether anybody in the group still runs. Zombies do not, though the kernel counts them: where nobody collects them (a container without
 * an init) they stay for ever. Only Linux can say; elsewhere the answer is always yes. Throws when the kernel does not answer.
 */
export async function hasLiveMember(group: number): Promise<boolean> {
  if (process.platform !== 'linux') return true
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [state, , memberOf] = statFields(await readFile(`/proc/${name}/stat`, 'latin1').catch(emptyIfGone))
    if (Number(memberOf) === group && !isZombie(state)) return true
  }
  return false
}

function emptyIfGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ESRCH') return ''
  throw error
}

function look(pid: number): Sight | null {
  return process.platform === 'linux' ? lookInProc(pid) : lookWithPs(pid)
}

function lookInProc(pid: number): Sight | null {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return { startTime: `${bootId()}/${fields[19]}`, zombie: isZombie(fields[0]) }
  } catch {
    return null
  }
}

/** The fields of /proc/PID/stat from the third one, the state, on: the second is the program's name, which may hold spaces and brackets. */
const statFields = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

const isZombie = (state = '') => /^[ZX]/i.test(state)

const bootFile = '/proc/sys/kernel/random/boot_id'
let boot: string | undefined

/** The kernel counts start times from the boot, so a time without its boot says little. Some sandboxes hide it. */
export function bootId(): string {
  boot ??= existsSync(bootFile) ? readFileSync(bootFile, 'latin1').trim() : 'boot'
  return boot
}

function lookWithPs(pid: number): Sight | null {
  try {
    const listing = execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [state, ...startTime] = listing.trim().split(/\s+/)
    return startTime.length > 0 ? { startTime: startTime.join(' '), zombie: isZombie(state) } : null
  } catch {
    return null
  }
}
