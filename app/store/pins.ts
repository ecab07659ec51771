/** What upstreams offer, as it was approved, and what has become of it. One row a name, whichever replica saw it first. */
import { and, eq, sql } from 'drizzle-orm'
import { type Form, firstSight, type Mark, type Pin, type PinKind } from '../pins/words.ts'
import { noteDeed } from './audit.ts'
import type { Database } from './database.ts'
import { storable } from './json-text.ts'
import { pins as table } from './schema.ts'

/** Its functions throw what the database throws when it is away. */
export interface PinStore {
  list(): Promise<Pin[]>
  /** Another text after every change of any of them; cheap. */
  version(): Promise<string>
  /**
   * Keeps pins that are new, and of those that are known what is offered now. Where another form was approved meanwhile, the row stays as it is.
   */
  keep(pins: readonly Pin[]): Promise<void>
  /**
   * Approves what is offered now, if it still is what was looked at.
   * @param hash of the form that was looked at
   * @returns undefined where it is another form by now, or there is nothing to approve
   */
  approve(id: string, hash: string, actor: string): Promise<Pin | undefined>
}

/** A row of one statement has ten parameters, and PostgreSQL takes 65,535. */
const atOnce = 500
/** Stands where no form was approved yet: the column takes no null. */
const none = ''

export function createPinStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): PinStore {
  return {
    async list() {
      return (await db.select().from(table)).map(toPin)
    },
    async version() {
      const [row] = await db
        .select({
          all: sql<number>`count(*)`,
          pending: sql<number>`count(${table.pendingHash})`,
          approved: sql<string>`max(${table.approvedAt})::text`,
          changed: sql<string>`max(${table.changedAt})::text`,
        })
        .from(table)
      return Object.values(row ?? {}).join(' ')
    },
    async keep(pins) {
      for (let from = 0; from < pins.length; from += atOnce) {
        const rows = pins.slice(from, from + atOnce).map(toRow)
        await db
          .insert(table)
          .values(rows)
          .onConflictDoUpdate({
            target: [table.upstream, table.kind, table.name],
            set: {
              pendingHash: sql`excluded.pending_hash`,
              pendingForm: sql`excluded.pending_form`,
              warnings: sql`excluded.warnings`,
              changedAt: sql`now()`,
            },
            setWhere: sql`${table.hash} = excluded.hash and ${table.pendingHash} is distinct from excluded.pending_hash`,
          })
      }
    },
    approve: (id, hash, actor) =>
      transaction(async (tx) => {
        const [row] = await tx
          .update(table)
          .set({
            hash: sql`${table.pendingHash}`,
            form: sql`${table.pendingForm}`,
            approvedAt: sql`now()`,
            approvedBy: actor,
            pendingHash: null,
            pendingForm: sql`null`,
            changedAt: sql`now()`,
          })
          .where(and(eq(table.id, id), eq(table.pendingHash, hash)))
          .returning()
        if (!row) return undefined
        const { upstream, kind, name } = row
        await noteDeed(tx, { actor, action: 'pin_approved', target: `pin:${id}`, details: { upstream, kind, name, hash } })
        return toPin(row)
      }),
  }
}

type Row = typeof table.$inferSelect

const toPin = (row: Row): Pin => ({
  id: row.id,
  upstream: row.upstream,
  kind: row.kind as PinKind,
  name: row.name,
  hash: row.hash === none ? null : row.hash,
  form: row.form as Form | null,
  approvedAt: row.approvedAt,
  approvedBy: row.approvedBy,
  pendingHash: row.pendingHash,
  pendingForm: row.pendingForm as Form | null,
  changedAt: row.changedAt,
  marks: row.warnings as Mark[],
})

/** A form of null is the JSON value, where the column must not be empty. */
const toRow = ({
  upstream,
  kind,
  name,
  hash,
  form,
  pendingHash,
  pendingForm,
  changedAt,
  marks,
}: Pin): typeof table.$inferInsert => ({
  upstream,
  kind,
  name,
  hash: hash ?? none,
  form: sql`${JSON.stringify(form)}::json`,
  approvedBy: hash === null ? none : firstSight,
  pendingHash,
  pendingForm: pendingForm === null ? sql`null` : sql`${JSON.stringify(pendingForm)}::json`,
  changedAt,
  warnings: sql`${storable(JSON.stringify(marks))}::jsonb`,
})
