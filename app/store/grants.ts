/** What people gave to clients by signing in: codes and tokens as hashes, accounts sealed. */
import { arrayContains, eq, lt, or } from 'drizzle-orm'
import type { Database } from './database.ts'
import { auditLog, grants } from './schema.ts'

export type Grant = typeof grants.$inferSelect
export type NewGrant = Pick<
  Grant,
  | 'id'
  | 'realm'
  | 'username'
  | 'sealed'
  | 'clientId'
  | 'redirectUri'
  | 'challenge'
  | 'codeHash'
  | 'codeExpiresAt'
  | 'refreshExpiresAt'
>

/** What becomes of a grant: some of its columns change, it ends, or nothing happens. */
export type Decision<T> = { readonly answer: T; readonly set?: Partial<Grant>; readonly end?: true }

export interface GrantStore {
  /** Committed together with its row in the audit log. @param address of whoever signed in */
  add(grant: NewGrant, address: string | null): Promise<void>
  /** Decides about one grant while nobody else can. A refresh token also finds the grant that it was of once. */
  decide<T>(by: 'code' | 'refresh', hash: string, decide: (grant: Grant) => Decision<T>): Promise<T | undefined>
  byAccess(hash: string): Promise<Grant | undefined>
  /** Ends the grant that this token is of. */
  end(hash: string): Promise<void>
  endOne(id: string): Promise<void>
}

export function createGrantStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): GrantStore {
  const found = (by: 'code' | 'refresh', hash: string) =>
    by === 'code' ? eq(grants.codeHash, hash) : or(eq(grants.refreshHash, hash), arrayContains(grants.spent, [hash]))

  return {
    add: (grant, address) =>
      transaction(async (tx) => {
        await tx.delete(grants).where(lt(grants.refreshExpiresAt, new Date()))
        await tx.insert(grants).values(grant)
        const { realm, username, clientId } = grant
        const deed = { actor: `person:${realm}:${username}`, action: 'sign_in', target: `upstream:${realm}` }
        await tx.insert(auditLog).values({ ...deed, details: { client: clientId }, address })
      }),
    decide: (by, hash, decide) =>
      transaction(async (tx) => {
        const [grant] = await tx.select().from(grants).where(found(by, hash)).for('update')
        if (!grant) return undefined
        const { answer, set, end } = decide(grant)
        if (end) await tx.delete(grants).where(eq(grants.id, grant.id))
        else if (set) await tx.update(grants).set(set).where(eq(grants.id, grant.id))
        return answer
      }),
    async byAccess(hash) {
      const [grant] = await db.select().from(grants).where(eq(grants.accessHash, hash))
      return grant
    },
    async end(hash) {
      await db.delete(grants).where(or(eq(grants.accessHash, hash), eq(grants.refreshHash, hash)))
    },
    async endOne(id) {
      await db.delete(grants).where(eq(grants.id, id))
    },
  }
}
