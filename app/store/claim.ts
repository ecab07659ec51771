/**
 * A claim on a directory among the processes of this machine: by whoever is going to open, or has opened, the database files in it.
 * A file says who claims; a claim of a dead process counts for nothing. First the own file is made, then the others are looked at: of two
 * at the same moment at least one sees the other. A single lock file would have to be taken from the dead, and two could do that at once.
 */
import { randomUUID } from 'node:crypto'
import { readdir, stat, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isAlive, startTimeOf } from '../process-table.ts'
import { sha256 } from '../sha256.ts'

export interface Claim {
  release(): Promise<void>
}

/**
 * Milliseconds that a claim of another host counts, a container on the same volume: nobody can see from here whether that one lives. It is time enough
 * to open the files; from then on the socket, which works across containers, tells that they are open.
 */
const foreignPatience = 60_000

const host = sha256(hostname()).slice(0, 12)
/** The kernel's words for a start time, fit for a file name. */
const encode = (startTime: string) => Buffer.from(startTime).toString('base64url')
const decode = (name: string) => Buffer.from(name, 'base64url').toString()

/** @returns null when somebody else holds the directory, or wants it at the same moment: wait a little, by chance, and ask again */
export async function tryClaim(directory: string): Promise<Claim | null> {
  const startTime = startTimeOf(process.pid) ?? ''
  const mine = `claim.${host}.${process.pid}.${encode(startTime)}.${randomUUID().slice(0, 8)}`
  const claim: Claim = { release: () => remove(join(directory, mine)) }
  await writeFile(join(directory, mine), '', { flag: 'wx', mode: 0o600 })
  try {
    for (const name of await readdir(directory)) {
      if (!name.startsWith('claim.') || name === mine) continue
      if (await counts(directory, name)) {
        await claim.release()
        return null
      }
      // Names never come again, so nobody's living claim can be removed here.
      await remove(join(directory, name))
    }
    return claim
  } catch (error) {
    await claim.release()
    throw error
  }
}

async function counts(directory: string, name: string): Promise<boolean> {
  const [, itsHost, pid, startTime = ''] = name.split('.')
  if (itsHost === host) return isAlive(Number(pid), decode(startTime))
  const made = await stat(join(directory, name)).catch(() => null)
  return made !== null && Date.now() - made.mtimeMs < foreignPatience
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
