/** Which children run, written down where it outlives us, so that the next start ends what a killed Switchyard left behind. */
import type { Log } from '../../log.ts'
import { startTimeOf } from '../../process-table.ts'
import { endGroup } from './process-group.ts'

export interface LedgerEntry {
  /** Leader of its own process group. */
  pid: number
  /** From `startTimeOf`: a pid alone may belong to somebody else by now. */
  startTime: string
  upstream: string
  command: string
}

export interface Ledger {
  /** Gives the id of the new row. */
  add(entry: LedgerEntry): Promise<string>
  remove(id: string): Promise<void>
  /** Rows of this host whose owner is gone. */
  orphans(): Promise<({ id: string } & LedgerEntry)[]>
}

/** How long orphans may take to leave, in milliseconds, before they are killed. */
const grace = 2_000

/**
 * Ends the process groups that a killed Switchyard left, and removes their rows. A pid whose process started at another time is left alone.
 * Never throws: a start does not fail because the ledger is away.
 * @returns how many groups were ended
 */
export async function removeOrphans(ledger: Ledger, log: Log): Promise<number> {
  let ended = 0

  async function removeOne({ id, pid, startTime, upstream, command }: { id: string } & LedgerEntry): Promise<void> {
    if (startTimeOf(pid) === startTime) {
      if (!(await endGroup(pid, { grace }))) return log.warn('orphan could not be ended', { upstream, pid, command })
      ended++
      log.info('orphan ended', { upstream, pid, command })
    }
    await ledger.remove(id)
  }

  try {
    const removals = await Promise.allSettled((await ledger.orphans()).map(removeOne))
    for (const removal of removals) if (removal.status === 'rejected') log.warn('orphan not removed', { error: removal.reason })
  } catch (error) {
    log.warn('orphans not looked for: the ledger is away', { error })
  }
  return ended
}
