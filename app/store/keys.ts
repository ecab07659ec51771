/** API keys as they are kept: never their text, and every key made or revoked together with its row in the audit log. */
import { and, desc, eq, isNull, lt, type SQL } from 'drizzle-orm'
import type { Scope } from '../call.ts'
import { noteDeed } from './audit.ts'
import type { Database, Db } from './database.ts'
import { apiKeys } from './schema.ts'

export interface StoredKey {
  readonly id: string
  /** The seal of its text. */
  readonly hash: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Patterns of what it may call; null: whatever its scopes allow. */
  readonly allowedTools: readonly string[] | null
  /** Calls a window; null: as everybody. */
  readonly rateLimit: number | null
  readonly createdAt: Date
  readonly createdBy: string
  /** Null: never. */
  readonly expiresAt: Date | null
  readonly lastUsed: Date | null
  readonly revokedAt: Date | null
}

export type NewKey = Pick<StoredKey, 'id' | 'hash' | 'name' | 'scopes' | 'allowedTools' | 'rateLimit' | 'createdBy' | 'expiresAt'>

export interface KeyStore {
  /** Undefined when another key has that name that is neither revoked nor expired. */
  add(key: NewKey): Promise<StoredKey | undefined>
  find(id: string): Promise<StoredKey | undefined>
  /** All of them, the newest first. */
  list(): Promise<StoredKey[]>
  /** Undefined when no key that could be revoked has this id or name. */
  revoke(nameOrId: string, actor: string): Promise<StoredKey | undefined>
  /** Notes when a key was used. */
  used(id: string, at: Date): Promise<void>
}

export function createKeyStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): KeyStore {
  return {
    add: (key) =>
      transaction(async (tx) => {
        // Whoever lets a key run out makes the next one under the same name.
        await revokeWhere(tx, and(eq(apiKeys.name, key.name), lt(apiKeys.expiresAt, new Date())))
        const [row] = await tx
          .insert(apiKeys)
          .values({ ...key, scopes: [...key.scopes], allowedTools: key.allowedTools && [...key.allowedTools] })
          .onConflictDoNothing({ target: apiKeys.name, where: isNull(apiKeys.revokedAt) })
          .returning()
        if (!row) return undefined
        const { name, scopes, allowedTools: tools, rateLimit: rate, expiresAt } = row
        const details = { name, scopes, tools, rate, expires_at: expiresAt }
        await noteDeed(tx, { actor: key.createdBy, action: 'key_created', target: `key:${row.id}`, details })
        return toKey(row)
      }),
    async find(id) {
      const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id))
      return row && toKey(row)
    },
    async list() {
      const rows = await db.select().from(apiKeys).orderBy(desc(apiKeys.createdAt))
      return rows.map(toKey)
    },
    revoke: (nameOrId, actor) =>
      transaction(async (tx) => {
        const row = (await revokeWhere(tx, eq(apiKeys.id, nameOrId))) ?? (await revokeWhere(tx, eq(apiKeys.name, nameOrId)))
        if (!row) return undefined
        await noteDeed(tx, { actor, action: 'key_revoked', target: `key:${row.id}`, details: { name: row.name } })
        return toKey(row)
      }),
    async used(id, at) {
      await db.update(apiKeys).set({ lastUsed: at }).where(eq(apiKeys.id, id))
    },
  }
}

async function revokeWhere(tx: Db, which: SQL | undefined): Promise<Row | undefined> {
  const [row] = await tx
    .update(apiKeys)
    .set({ revokedAt: new Date() })
    .where(and(which, isNull(apiKeys.revokedAt)))
    .returning()
  return row
}

type Row = typeof apiKeys.$inferSelect

const toKey = (row: Row): StoredKey => ({ ...row, scopes: row.scopes as Scope[] })
