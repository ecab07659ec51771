/** A small file system of its own, in memory, for tests that fill it. Mounting takes root on Linux. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly directory: string
  /** Bytes. */
  free(): number
  /** Fills it until only so many bytes are free. */
  fillTo(left: number): void
  /** Takes away what filled it. */
  empty(): void
  remove(): Promise<void>
}

/** Why there can be none here; undefined where there can. */
export function whyNoDisk(): string | undefined {
  if (process.platform !== 'linux') return 'file systems are mounted on Linux only'
  if (process.getuid?.() !== 0) return 'only root may mount a file system'
  try {
    const directory = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim()
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'pipe' })
      execFileSync('umount', [directory])
    } finally {
      rmSync(directory, { recursive: true })
    }
    return undefined
  } catch (error) {
    return `this root may not mount a file system: ${error instanceof Error ? error.message.trim() : String(error)}`
  }
}

/** @param size bytes */
export async function smallDisk(size: number): Promise<SmallDisk> {
  const directory = await mkdtemp(join(tmpdir(), 'switchyard-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory])
  const ballast = join(directory, 'ballast')
  const free = () => {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize
  }
  return {
    directory,
    free,
    fillTo(left) {
      const file = openSync(ballast, 'a')
      try {
        for (let more = free() - left; more > 0; more = free() - left) writeSync(file, Buffer.alloc(Math.min(more, 2 ** 20)))
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    async remove() {
      execFileSync('umount', ['-l', directory])
      await rm(directory, { recursive: true, force: true })
    },
  }
}
