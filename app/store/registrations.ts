/** Servers that have registered themselves. Each row is a lease, counted by the database's clock, so that all replicas agree on when it ends. */
import { and, asc, eq, inArray, not, type SQL, sql } from 'drizzle-orm'
import type { Json } from '../call.ts'
import { noteDeed } from './audit.ts'
import type { Database, Db } from './database.ts'
import { registrations as table } from './schema.ts'

export interface NewRegistration {
  readonly serverId: string
  readonly serverUrl: string
  readonly serverName: string
  readonly description: string
  readonly version: string | null
  readonly uuid: string | null
  readonly capabilities: readonly string[]
  readonly metadata: Json
}

export interface Registration extends NewRegistration {
  /** `<server_id>_<copy_number>` */
  readonly serverKey: string
  readonly copyNumber: number
  /** Id of the caller. */
  readonly registeredBy: string
  /** It has sent a heartbeat. */
  readonly beats: boolean
  readonly registeredAt: Date
  readonly renewedAt: Date
  readonly expiresAt: Date
}

/** Who asks for a change. */
export interface Asker {
  /** Id of the caller. */
  readonly id: string
  /** How the audit log calls them, where they may deal with what others have registered. */
  readonly admin?: string
}

/**
 * A registration ends with its lease, and with the key that it was registered with: when that is revoked or has expired. For all functions here it
 * is not there from then on. They throw what the database throws when it is away.
 */
export interface RegistrationStore {
  /**
   * Commits it. The same server at the same URL keeps its key; another URL gets the lowest number that is free. What an admin takes over from others
   * stands in the audit log.
   * @param lease seconds
   * @returns `foreign` where somebody else has registered it who may not be replaced, `full` where there are `most` of them already
   */
  put(
    registration: NewRegistration,
    by: Asker,
    limits: { lease: number; most: number },
  ): Promise<Registration | 'foreign' | 'full'>
  /** In the order of their keys. */
  list(): Promise<Registration[]>
  /**
   * Whether there is such a lease to renew.
   * @param by who says that the server is there; undefined where it was asked itself
   */
  renew(serverKey: string, lease: number, by?: Asker): Promise<boolean>
  /** Those of them that whoever asks may remove; what an admin takes from others stands in the audit log. @returns the keys that were removed, in their order */
  remove(serverKeys: readonly string[], by: Asker): Promise<string[]>
  /** After a start: everybody gets one lease to show that they are there, however long nobody was here to hear them. */
  revive(lease: number): Promise<void>
  /** Removes those that have ended. */
  sweep(): Promise<void>
}

const inSeconds = (seconds: number): SQL => sql`now() + ${seconds}::float8 * interval '1 second'`
/** Keys stay in their table when they end. No account of a person registers anything, and of anybody else there is nothing to look up. */
const ended = sql`(registrations.expires_at <= now()
  or (registrations.registered_by like 'key:%' and not exists (
    select from mcp.api_keys as key where key.id = substr(registrations.registered_by, 5)
      and key.revoked_at is null and (key.expires_at is null or key.expires_at > now()))))`
const inForce = not(ended)
const mayChange = ({ id, admin }: Asker): SQL | undefined => (admin === undefined ? eq(table.registeredBy, id) : undefined)
/** PostgreSQL's code for a row that another one stands in the way of. */
const uniqueViolation = '23505'
const mostCopies = 1_001

export function createRegistrationStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): RegistrationStore {
  async function sweep(): Promise<void> {
    await db.delete(table).where(ended)
  }

  return {
    sweep,
    async put(given, by, limits) {
      await sweep()
      for (let tries = 1; ; tries++) {
        try {
          return await transaction((tx) => putNow(tx, given, by, limits))
        } catch (error) {
          // Another copy took the number in the same moment.
          if (!isUniqueViolation(error) || tries === 20) throw error
        }
      }
    },
    async list() {
      return (await db.select().from(table).where(inForce).orderBy(asc(table.serverId), asc(table.copyNumber))).map(
        toRegistration,
      )
    },
    async renew(serverKey, lease, by) {
      const renewed = await db
        .update(table)
        .set({ renewedAt: sql`now()`, expiresAt: inSeconds(lease), ...(by ? { beats: true } : {}) })
        .where(and(eq(table.serverKey, serverKey), inForce, by && mayChange(by)))
        .returning({ key: table.serverKey })
      return renewed.length > 0
    },
    remove: (serverKeys, by) =>
      transaction(async (tx) => {
        const removed = await tx
          .delete(table)
          .where(and(inArray(table.serverKey, [...serverKeys]), mayChange(by)))
          .returning()
        for (const one of removed) await noteForeign(tx, by, 'server_unregistered', one)
        const gone = new Set(removed.map(({ serverKey }) => serverKey))
        return serverKeys.filter((key) => gone.has(key))
      }),
    async revive(lease) {
      await db.update(table).set({ expiresAt: sql`greatest(${table.expiresAt}, ${inSeconds(lease)})` })
    },
  }
}

async function putNow(tx: Db, given: NewRegistration, by: Asker, { lease, most }: { lease: number; most: number }) {
  const same = and(eq(table.serverId, given.serverId), eq(table.serverUrl, given.serverUrl))
  const [before] = await tx.select().from(table).where(same).for('update')
  if (before && before.registeredBy !== by.id && by.admin === undefined) return 'foreign'
  if (before) await noteForeign(tx, by, 'server_taken_over', before)
  const { serverId, serverUrl, serverName, description, version, uuid } = given
  const { rows } = await tx.execute<{ key: string }>(
    sql`insert into mcp.registrations as kept (server_key, server_id, copy_number, server_url, server_name, description, version, uuid,
        capabilities, metadata, registered_by, expires_at)
      select ${serverId}::text || '_' || copy, ${serverId}, copy, ${serverUrl}, ${serverName}, ${description}, ${version}, ${uuid},
        ${JSON.stringify(given.capabilities)}::jsonb, ${JSON.stringify(given.metadata)}::jsonb, ${by.id}, ${inSeconds(lease)}
      from (
        select min(number) as copy from generate_series(1, ${sql.raw(String(mostCopies))}) as number
        where not exists (select from mcp.registrations where server_id = ${serverId} and copy_number = number)
      ) as free
      where exists (select from mcp.registrations where server_id = ${serverId} and server_url = ${serverUrl})
        or (select count(*) from mcp.registrations) < ${most}::int
      on conflict (server_id, server_url) do update set
        server_name = excluded.server_name, description = excluded.description, version = excluded.version, uuid = excluded.uuid,
        capabilities = excluded.capabilities, metadata = excluded.metadata, registered_by = excluded.registered_by,
        beats = false, registered_at = now(), renewed_at = now(), expires_at = excluded.expires_at
      where kept.registered_by in (excluded.registered_by, ${before?.registeredBy ?? by.id})
      returning server_key as key`,
  )
  const [after] = await tx.select().from(table).where(same)
  if (!after) return 'full'
  // Somebody else has registered it in the same moment.
  return rows.length > 0 ? toRegistration(after) : 'foreign'
}

/** What is one's own is no news to anybody. */
async function noteForeign(tx: Db, { id, admin }: Asker, action: string, one: Row): Promise<void> {
  const { serverKey, serverUrl, registeredBy } = one
  if (admin === undefined || registeredBy === id) return
  const details = { server_url: serverUrl, registered_by: registeredBy }
  await noteDeed(tx, { actor: admin, action, target: `server:${serverKey}`, details })
}

function isUniqueViolation(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  return code === uniqueViolation || cause?.code === uniqueViolation
}

type Row = typeof table.$inferSelect

const toRegistration = (row: Row): Registration => ({
  ...row,
  capabilities: row.capabilities as string[],
  metadata: row.metadata as Json,
})
