/** What people gave to clients by signing in: codes and tokens as hashes, accounts sealed. */
import { and, arrayContains, desc, eq, gt, isNotNull, isNull, lt, or, sql } from 'drizzle-orm'
import { noteDeed } from './audit.ts'
import type { Database } from './database.ts'
import { type Connection, toUser, type User } from './people.ts'
import { grants, users } from './schema.ts'

export type Grant = typeof grants.$inferSelect
export type NewGrant = typeof grants.$inferInsert

/** A grant that calls may be made with, and the person of this server who gave it, as they are now. */
export interface LiveGrant extends Grant {
  readonly user?: User
}

/** What becomes of a grant: some of its columns change, it ends, or nothing happens. @template T what is answered */
export type Decision<T> = {
  readonly answer: T
  readonly set?: Partial<Grant>
  /** Why it ends, for the audit log. */
  readonly end?: string
}

export interface GrantStore {
  /**
   * Committed together with its row in the audit log.
   * @param address of whoever gave it
   * @param provedAt when they proved who they are: an account that has changed since is not theirs by that any more
   * @returns false where it is there already, or whoever gave it may not sign in any more
   */
  add(grant: NewGrant, address: string | null, provedAt?: Date): Promise<boolean>
  /** Decides about one grant while nobody else can. A refresh token also finds the grant that it was of once. */
  decide<T>(by: 'code' | 'refresh', hash: string, decide: (grant: Grant) => Decision<T>): Promise<T | undefined>
  /** Undefined also for one of a person who may not sign in any more. */
  byAccess(hash: string): Promise<LiveGrant | undefined>
  /** Those that clients hold tokens of, the newest first. @param holder id of the caller that they make; without it, everybody's */
  list(holder?: string): Promise<readonly LiveGrant[]>
  /** Ends the grant that this token is of. */
  end(hash: string): Promise<void>
  /** Ends one without a word in the audit log: its account is not taken any more. */
  endOne(id: string): Promise<void>
  /**
   * Ends one in somebody's name. @param actor who wants it @param holder whose it must be; without it, anybody's
   * @returns what was ended
   */
  revoke(id: string, actor: string, holder?: string): Promise<Grant | undefined>
}

/** The id of the caller that a token makes. */
const holderOf = sql<string>`coalesce('user:' || ${grants.userId}::text, 'person:' || ${grants.realm} || ':' || ${grants.username})`

export function createGrantStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): GrantStore {
  const found = (by: 'code' | 'refresh', hash: string) =>
    by === 'code' ? eq(grants.codeHash, hash) : or(eq(grants.refreshHash, hash), arrayContains(grants.spent, [hash]))
  const withUser = () => db.select({ grant: grants, user: users }).from(grants).leftJoin(users, eq(users.id, grants.userId))
  const mayUse = or(isNull(grants.userId), eq(users.isActive, true))

  return {
    add: (grant, address, provedAt = new Date()) =>
      transaction(async (tx) => {
        await tx.delete(grants).where(lt(grants.refreshExpiresAt, new Date()))
        if (grant.userId && !(await isAsProved(tx, grant.userId, provedAt))) return false
        const added = await tx.insert(grants).values(grant).onConflictDoNothing().returning()
        if (added.length === 0) return false
        await note(tx, added[0]!, nameOf(added[0]!), { address, action: grant.userId ? 'grant_created' : 'sign_in' })
        return true
      }),
    decide: (by, hash, decide) =>
      transaction(async (tx) => {
        const [grant] = await tx.select().from(grants).where(found(by, hash)).for('update')
        if (!grant) return undefined
        const { answer, set, end } = decide(grant)
        if (end !== undefined) {
          await tx.delete(grants).where(eq(grants.id, grant.id))
          await note(tx, grant, nameOf(grant), { action: 'grant_ended', why: end })
        } else if (set) await tx.update(grants).set(set).where(eq(grants.id, grant.id))
        return answer
      }),
    async byAccess(hash) {
      const [row] = await withUser().where(and(eq(grants.accessHash, hash), mayUse))
      return row && live(row)
    },
    async list(holder) {
      const inForce = and(isNotNull(grants.codeUsedAt), gt(grants.refreshExpiresAt, new Date()))
      const wanted = holder === undefined ? inForce : and(inForce, eq(holderOf, holder))
      const rows = await withUser().where(wanted).orderBy(desc(grants.createdAt), desc(grants.id))
      return rows.map(live)
    },
    end: (hash) =>
      transaction(async (tx) => {
        const ended = await tx
          .delete(grants)
          .where(or(eq(grants.accessHash, hash), eq(grants.refreshHash, hash)))
          .returning()
        for (const grant of ended)
          await note(tx, grant, nameOf(grant), { action: 'grant_revoked', why: 'the client asked for it' })
      }),
    async endOne(id) {
      await db.delete(grants).where(eq(grants.id, id))
    },
    revoke: (id, actor, holder) =>
      transaction(async (tx) => {
        const one = holder === undefined ? eq(grants.id, id) : and(eq(grants.id, id), eq(holderOf, holder))
        const [grant] = await tx.delete(grants).where(one).returning()
        if (grant) await note(tx, grant, actor, { action: 'grant_revoked' })
        return grant
      }),
  }
}

const live = ({ grant, user }: { grant: Grant; user: typeof users.$inferSelect | null }): LiveGrant =>
  user ? { ...grant, user: toUser(user) } : grant

/** Whether the account is in force, and has not changed since somebody proved that it is theirs: another password ends that proof too. */
async function isAsProved(tx: Connection, id: string, provedAt: Date): Promise<boolean> {
  const rows = await tx
    .select({ updatedAt: users.updatedAt })
    .from(users)
    .where(and(eq(users.id, id), users.isActive))
    .for('share')
  return rows.some(({ updatedAt }) => updatedAt.getTime() <= provedAt.getTime())
}

/** Who gave it, as the audit log calls them. */
const nameOf = ({ userId, realm, username }: Grant): string => (userId ? username : `person:${realm}:${username}`)

interface Deed {
  readonly action: 'sign_in' | 'grant_created' | 'grant_ended' | 'grant_revoked'
  readonly why?: string
  readonly address?: string | null
}

async function note(tx: Connection, grant: Grant, actor: string, { action, why, address }: Deed): Promise<void> {
  const { id, realm, userId, clientId, clientName, scopes, username } = grant
  const target = userId ? `grant:${id}` : `upstream:${realm}`
  const named = clientName === null ? {} : { client_name: clientName }
  const details = { client: clientId, ...named, person: username, scopes, ...(why === undefined ? {} : { why }) }
  await noteDeed(tx, { actor, action, target, details, address })
}
