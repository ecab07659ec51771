/** The audit log: who did what to this server. What changes the database has its row in the same transaction; of anything else it is there before. */
import { needing } from './away.ts'
import type { Database, Db } from './database.ts'
import { auditLog } from './schema.ts'

export interface Deed {
  readonly actor: string
  /** Such as `key_created`; such as `commands_reload` for what is yet to be done. */
  readonly action: string
  /** To what, such as `key:ID`. */
  readonly target?: string
  readonly details?: object
  /** From where. */
  readonly address?: string | null
}

/** @param tx the transaction of the deed */
export async function noteDeed(tx: Db, deed: Deed): Promise<void> {
  await tx.insert(auditLog).values(deed)
}

export interface Audit {
  /**
   * Writes down what somebody is about to do that is no change of the database. To be awaited: without the row there is no deed. What came of
   * it stands in the history.
   * @throws Failure `unavailable` without the database
   */
  announce(deed: Deed): Promise<void>
}

export const createAudit = ({ db }: Pick<Database, 'db'>): Audit => ({
  announce: (deed) =>
    needing(noteDeed(db, deed), 'nothing was done: the audit log cannot be written, because the database is away: try again', 2),
})
