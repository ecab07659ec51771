/** Calls that need a person's word. Every change of a row is one statement that looks at what the row was, so that of two replicas only one makes it. */
import { and, desc, eq, inArray, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Approval, Decision, Status, Wanted } from '../approvals/words.ts'
import { Failure } from '../errors.ts'
import { noteDeed } from './audit.ts'
import type { Database } from './database.ts'
import { storable } from './json-text.ts'
import { cursorOf, isUuid, positionIn } from './page.ts'
import { approvals as table } from './schema.ts'

/** Its functions throw what the database throws when it is away. Times are the database's, in seconds. */
export interface ApprovalStore {
  /**
   * Uses an approval of the same call of the same caller that was given and not used, where there is one; otherwise keeps a new one that waits.
   * @param id of the new one
   */
  ask(id: string, wanted: Wanted, seconds: number): Promise<'used' | 'pending'>
  /** Whether the call may run: true for one of all who ask, once. */
  use(id: string): Promise<boolean>
  /** The decision, kept with its row in the audit log; undefined where nothing of this id is pending. @param seconds that an approval is good */
  decide(id: string, decision: Decision, seconds: number): Promise<Approval | undefined>
  /** Nobody waits for it any more; does nothing where it was decided already. */
  cancel(id: string): Promise<void>
  /** Those of them that are not pending any more. */
  settled(ids: readonly string[]): Promise<Approval[]>
  find(id: string): Promise<Approval | undefined>
  pending(): Promise<Approval[]>
  /** All that are not pending, the newest first. @param before a `next` of an earlier page @throws Failure `invalid_arguments` for another text */
  past(limit: number, before?: string): Promise<{ approvals: Approval[]; next?: string }>
  /** How many are pending. */
  count(): Promise<number>
}

const inSeconds = (seconds: number) => sql`now() + ${seconds}::float8 * interval '1 second'`
const isPending = and(eq(table.status, 'pending'), sql`${table.expiresAt} > now()`)
const isPast = or(ne(table.status, 'pending'), lte(table.expiresAt, sql`now()`))

export function createApprovalStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): ApprovalStore {
  return {
    ask: (id, wanted, seconds) =>
      transaction(async (tx) => {
        const unused = sql`(select id from mcp.approvals where caller_id = ${wanted.callerId} and hash = ${wanted.hash}
          and status = 'approved' and expires_at > now() order by created_at limit 1 for update skip locked)`
        const used = await tx.update(table).set(asUsed).where(sql`${table.id} = ${unused}`).returning({ id: table.id })
        if (used.length > 0) return 'used'
        const shown = sql`${storable(JSON.stringify(wanted.arguments))}::jsonb`
        await tx
          .insert(table)
          .values({ ...wanted, id, arguments: shown, status: 'pending', expiresAt: inSeconds(seconds) as unknown as Date })
        return 'pending'
      }),
    async use(id) {
      const used = await db
        .update(table)
        .set(asUsed)
        .where(and(eq(table.id, id), eq(table.status, 'approved'), sql`${table.expiresAt} > now()`))
        .returning({ id: table.id })
      return used.length > 0
    },
    decide: (id, { approve, reason, actor }, seconds) =>
      transaction(async (tx) => {
        const [row] = await tx
          .update(table)
          .set({
            status: approve ? 'approved' : 'denied',
            decidedAt: sql`now()`,
            decidedBy: actor,
            reason,
            ...(approve ? { expiresAt: inSeconds(seconds) } : {}),
          })
          .where(and(sql`${table.id}::text = ${id}`, isPending))
          .returning()
        if (!row) return undefined
        const { toolName: tool, callerId: caller } = row
        const action = approve ? 'call_approved' : 'call_denied'
        await noteDeed(tx, { actor, action, target: `approval:${id}`, details: { tool, caller, reason } })
        return toApproval(row)
      }),
    async cancel(id) {
      await db
        .update(table)
        .set({ status: 'cancelled', decidedAt: sql`now()` })
        .where(and(eq(table.id, id), eq(table.status, 'pending')))
    },
    async settled(ids) {
      const mine = inArray(table.id, [...ids])
      await db
        .update(table)
        .set({ status: 'expired' })
        .where(and(mine, eq(table.status, 'pending'), lte(table.expiresAt, sql`now()`)))
      return (
        await db
          .select()
          .from(table)
          .where(and(mine, ne(table.status, 'pending')))
      ).map(toApproval)
    },
    async find(id) {
      if (!isUuid(id)) return undefined
      const [row] = await db.select().from(table).where(eq(table.id, id))
      return row && toApproval(row)
    },
    async pending() {
      return (await db.select().from(table).where(isPending).orderBy(table.createdAt)).map(toApproval)
    },
    async past(limit, before) {
      const rows = await db
        .select()
        .from(table)
        .where(and(isPast, before === undefined ? undefined : olderThan(before)))
        .orderBy(desc(table.createdAt), desc(table.id))
        .limit(limit + 1)
      const approvals = rows.slice(0, limit).map(toApproval)
      const last = approvals.at(-1)
      return rows.length > limit && last ? { approvals, next: cursorOf(last.createdAt, last.id) } : { approvals }
    },
    count: () => db.$count(table, isPending),
  }
}

const asUsed = { status: 'used', usedAt: sql`now()` }

function olderThan(cursor: string): SQL {
  const position = positionIn(cursor)
  if (!position) throw new Failure('invalid_arguments', 'before must be the `next` of an earlier page of this list')
  // A cursor knows milliseconds, the database more.
  return sql`(date_trunc('milliseconds', ${table.createdAt}), ${table.id}) < (${position.at}::timestamptz, ${position.id}::uuid)`
}

/** What nobody waits for in its own time has expired, whether somebody wrote that down or not. */
function toApproval(row: typeof table.$inferSelect): Approval {
  const open = row.status === 'pending' || row.status === 'approved'
  return { ...row, status: open && row.expiresAt.getTime() <= Date.now() ? 'expired' : (row.status as Status) }
}
