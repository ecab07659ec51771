/** The ledger of running children: with it, the next start ends what a killed Switchyard left behind. */
import { eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { processes } from './schema.ts'

export interface Entry {
  /** Leader of its process group. */
  readonly pid: number
  /** As the kernel tells it. */
  readonly startTime: string
  readonly upstream: string
  readonly command: string
}

export interface Processes {
  /** @returns the id of the row */
  add(entry: Entry): Promise<string>
  remove(id: string): Promise<void>
  /** Rows of this host whose owner is gone; the children may still be running, or not. */
  orphans(): Promise<(Entry & { readonly id: string })[]>
}

/** Who keeps this ledger, and how to tell whether another one still lives. */
export interface Owner {
  readonly host: string
  readonly pid: number
  readonly startTime: string
  isAlive(pid: number, startTime: string): boolean
}

export function openProcesses({ db }: Database, owner: Owner): Processes {
  return {
    async add({ pid, startTime, upstream, command }) {
      const row = { pid, startTime, upstream, command, host: owner.host, ownerPid: owner.pid, ownerStartTime: owner.startTime }
      const [added] = await db.insert(processes).values(row).returning({ id: processes.id })
      return added!.id
    },
    async remove(id) {
      await db.delete(processes).where(eq(processes.id, id))
    },
    async orphans() {
      const rows = await db.select().from(processes).where(eq(processes.host, owner.host))
      return rows
        .filter((row) => !owner.isAlive(row.ownerPid, row.ownerStartTime))
        .map(({ id, pid, startTime, upstream, command }) => ({ id, pid, startTime, upstream, command }))
    },
  }
}
