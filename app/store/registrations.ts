/** Servers that have registered themselves. Each row is a lease, counted by the database's clock, so that all replicas agree on when it ends. */
import { and, eq, inArray } from 'drizzle-orm'
import type { Json } from '../call.ts'
import { noteDeed } from './audit.ts'
import type { Database } from './database.ts'
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
  /** Id of the caller. */
  readonly registeredBy: string
}

export interface Registration extends NewRegistration {
  /** `<server_id>_<copy_number>` */
  readonly serverKey: string
  readonly copyNumber: number
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

/** Its functions throw what the database throws when it is away. */
export interface RegistrationStore {
  /**
   * Commits it. The same server at the same URL keeps its key; another URL gets the lowest number that is free.
   * @param lease seconds
   * @returns undefined where there are `most` of them already
   */
  put(registration: NewRegistration, lease: number, most: number): Promise<Registration | undefined>
  /** Those whose lease is not over, in the order of their keys. */
  list(): Promise<Registration[]>
  find(serverKey: string): Promise<Registration | undefined>
  /** Whether there is such a lease to renew. @param beat the server itself has said that it is there */
  renew(serverKey: string, lease: number, beat: boolean): Promise<boolean>
  /** Those of them that whoever asks may remove; what an admin takes from others stands in the audit log. @returns the keys that were removed */
  remove(serverKeys: readonly string[], by: Asker): Promise<string[]>
  /** After a start: everybody gets one lease to show that they are there, however long nobody was here to hear them. */
  revive(lease: number): Promise<void>
  /** Removes those whose lease is over. */
  sweep(): Promise<void>
}

const columns = `server_key as "serverKey", server_id as "serverId", copy_number as "copyNumber", server_url as "serverUrl",
  server_name as "serverName", description, version, uuid, capabilities, metadata, registered_by as "registeredBy", beats,
  registered_at as "registeredAt", renewed_at as "renewedAt", expires_at as "expiresAt"`
const until = (parameter: string) => `now() + ${parameter}::float8 * interval '1 second'`
/** PostgreSQL's code for a row that another one stands in the way of. */
const uniqueViolation = '23505'
const mostCopies = 1_001

export function createRegistrationStore({ pool, transaction }: Pick<Database, 'pool' | 'transaction'>): RegistrationStore {
  async function sweep(): Promise<void> {
    await pool.query('delete from mcp.registrations where expires_at <= now()')
  }

  async function insert(given: NewRegistration, lease: number, most: number): Promise<Registration | undefined> {
    const { rows } = await pool.query<Registration>(
      `insert into mcp.registrations as kept (server_key, server_id, copy_number, server_url, server_name, description, version, uuid,
         capabilities, metadata, registered_by, expires_at)
       select $1::text || '_' || copy, $1, copy, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, ${until('$10')}
       from (
         select min(number) as copy from generate_series(1, ${mostCopies}) as number
         where not exists (select from mcp.registrations where server_id = $1 and copy_number = number)
       ) as free
       where exists (select from mcp.registrations where server_id = $1 and server_url = $2)
         or (select count(*) from mcp.registrations) < $11
       on conflict (server_id, server_url) do update set
         server_name = excluded.server_name, description = excluded.description, version = excluded.version, uuid = excluded.uuid,
         capabilities = excluded.capabilities, metadata = excluded.metadata, registered_by = excluded.registered_by,
         beats = false, registered_at = now(), renewed_at = now(), expires_at = excluded.expires_at
       returning ${columns}`,
      [
        given.serverId,
        given.serverUrl,
        given.serverName,
        given.description,
        given.version,
        given.uuid,
        JSON.stringify(given.capabilities),
        JSON.stringify(given.metadata),
        given.registeredBy,
        lease,
        most,
      ],
    )
    return rows[0]
  }

  return {
    sweep,
    async put(given, lease, most) {
      await sweep()
      for (let tries = 1; ; tries++) {
        try {
          return await insert(given, lease, most)
        } catch (error) {
          // Another copy took the number in the same moment.
          if ((error as { code?: string }).code !== uniqueViolation || tries === 20) throw error
        }
      }
    },
    async list() {
      const { rows } = await pool.query<Registration>(
        `select ${columns} from mcp.registrations where expires_at > now() order by server_id, copy_number`,
      )
      return rows
    },
    async find(serverKey) {
      const { rows } = await pool.query<Registration>(
        `select ${columns} from mcp.registrations where server_key = $1 and expires_at > now()`,
        [serverKey],
      )
      return rows[0]
    },
    async renew(serverKey, lease, beat) {
      const { rowCount } = await pool.query(
        `update mcp.registrations set renewed_at = now(), expires_at = ${until('$2')}, beats = beats or $3
         where server_key = $1 and expires_at > now()`,
        [serverKey, lease, beat],
      )
      return rowCount === 1
    },
    remove: (serverKeys, { id, admin }) =>
      transaction(async (tx) => {
        const own = admin === undefined ? eq(table.registeredBy, id) : undefined
        const removed = await tx
          .delete(table)
          .where(and(inArray(table.serverKey, [...serverKeys]), own))
          .returning()
        for (const { serverKey, serverUrl, registeredBy } of removed) {
          if (admin === undefined || registeredBy === id) continue
          const details = { server_url: serverUrl, registered_by: registeredBy }
          await noteDeed(tx, { actor: admin, action: 'server_unregistered', target: `server:${serverKey}`, details })
        }
        return removed.map(({ serverKey }) => serverKey)
      }),
    async revive(lease) {
      await pool.query(`update mcp.registrations set expires_at = greatest(expires_at, ${until('$1')})`, [lease])
    },
  }
}
