/** The accounts of people as admins see and change them: every change together with its row in the audit log, and with the end of what it makes void. */
import { and, desc, eq, gt, isNotNull, lt, ne, or, sql } from 'drizzle-orm'
import { Failure } from '../errors.ts'
import type { Role } from '../roles.ts'
import { noteDeed } from './audit.ts'
import type { Database, Db } from './database.ts'
import { auditLog, grants, sessions, users } from './schema.ts'

export interface StoredUser {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly isActive: boolean
  readonly hasPassword: boolean
  /** Whom an OpenID provider knows them as: issuer and subject. */
  readonly subject: string | null
  readonly createdAt: Date
  readonly lastSignInAt: Date | null
  /** Browsers that are signed in. */
  readonly sessions: number
}

/** Who does it, and where they are. */
export interface Actor {
  readonly name: string
  readonly address?: string
}

export interface Change {
  readonly role?: Role
  readonly isActive?: boolean
  readonly passwordHash?: string
  /** How it is called in the audit log. */
  readonly action: 'role_changed' | 'password_changed' | 'user_disabled' | 'user_enabled' | 'signed_out_everywhere'
  readonly details?: object
  /** Hash of the session that goes on: that of whoever changes their own password. */
  readonly keep?: string
}

export interface OwnSession {
  /** SHA-256 of the cookie's value. */
  readonly tokenHash: string
  readonly address: string | null
  readonly userAgent: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
}

export interface AuditEntry {
  readonly id: number
  readonly actor: string
  readonly action: string
  readonly target: string | null
  readonly details: unknown
  readonly address: string | null
  readonly at: Date
}

export interface AuditQuery {
  readonly limit: number
  /** Id of the last entry of the page before. */
  readonly before?: number
  readonly actor?: string
  readonly action?: string
}

export interface UserStore {
  list(): Promise<StoredUser[]>
  /** By name or id. */
  find(nameOrId: string): Promise<StoredUser | undefined>
  /** Undefined where somebody has this name. */
  add(user: { name: string; role: Role; passwordHash: string | null }, actor: Actor): Promise<StoredUser | undefined>
  /**
   * Changes the account, and ends its sessions, tokens and what it gave to clients.
   * @returns undefined where there is none
   * @throws Failure `conflict` where nobody would be left who could look after the server
   */
  change(id: string, change: Change, actor: Actor): Promise<StoredUser | undefined>
  /** For whoever changes their own password. */
  passwordHashOf(id: string): Promise<string | null>
  sessionsOf(userId: string): Promise<OwnSession[]>
  /** @returns whether there was such a session of this user */
  endSession(userId: string, tokenHash: string, actor: Actor): Promise<boolean>
  /** The newest first. */
  audit(query: AuditQuery): Promise<AuditEntry[]>
}

export function createUserStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): UserStore {
  const select = (tx: Db) =>
    tx
      .select({
        user: users,
        sessions: sql<number>`(select count(*)::int from ${sessions} where ${sessions.userId} = ${users.id} and ${sessions.expiresAt} > now())`,
      })
      .from(users)
  const byId = async (tx: Db, id: string) => {
    const [row] = await select(tx).where(eq(users.id, id))
    return row && toStored(row)
  }

  return {
    async list() {
      return (await select(db).orderBy(users.name)).map(toStored)
    },
    async find(nameOrId) {
      // A text that is no UUID must not be compared with one.
      const isId = sql`${users.id}::text = ${nameOrId}`
      // Somebody may be called like the id of somebody else.
      const [row] = await select(db)
        .where(or(eq(users.name, nameOrId), isId))
        .orderBy(desc(isId))
        .limit(1)
      return row && toStored(row)
    },
    add: ({ name, role, passwordHash }, actor) =>
      transaction(async (tx) => {
        const [row] = await tx
          .insert(users)
          .values({ name, role, passwordHash })
          .onConflictDoNothing({ target: users.name })
          .returning()
        if (!row) return undefined
        await note(tx, actor, 'user_created', name, { role })
        return byId(tx, row.id)
      }),
    change: (id, { role, isActive, passwordHash, action, details, keep }, actor) =>
      transaction(async (tx) => {
        // Two admins who demote each other at the same moment: one of them comes second.
        await tx.execute(sql`lock table ${users} in share row exclusive mode`)
        const before = await byId(tx, id)
        if (!before) return undefined
        const after = { role: role ?? before.role, isActive: isActive ?? before.isActive }
        if (isAdmin(before) && !isAdmin({ ...before, ...after })) await requireAnotherAdmin(tx, before)
        const secret = passwordHash === undefined ? {} : { passwordHash }
        // Tokens are compared with this time, and end with it.
        await tx
          .update(users)
          .set({ ...after, ...secret, updatedAt: new Date() })
          .where(eq(users.id, id))
        await tx
          .delete(sessions)
          .where(and(eq(sessions.userId, id), keep === undefined ? undefined : ne(sessions.tokenHash, keep)))
        await tx.delete(grants).where(eq(grants.userId, id))
        await note(tx, actor, action, before.name, details)
        return byId(tx, id)
      }),
    async passwordHashOf(id) {
      const [row] = await db.select({ hash: users.passwordHash }).from(users).where(eq(users.id, id))
      return row?.hash ?? null
    },
    sessionsOf: (userId) =>
      db
        .select()
        .from(sessions)
        .where(and(eq(sessions.userId, userId), gt(sessions.expiresAt, new Date())))
        .orderBy(desc(sessions.lastSeenAt)),
    endSession: (userId, tokenHash, actor) =>
      transaction(async (tx) => {
        const gone = await tx
          .delete(sessions)
          .where(and(eq(sessions.userId, userId), eq(sessions.tokenHash, tokenHash)))
          .returning({ hash: sessions.tokenHash })
        if (gone.length > 0) await note(tx, actor, 'session_ended', actor.name)
        return gone.length > 0
      }),
    async audit({ limit, before, actor, action }) {
      const wanted = [
        before === undefined ? undefined : lt(auditLog.id, before),
        actor === undefined ? undefined : eq(auditLog.actor, actor),
        action === undefined ? undefined : eq(auditLog.action, action),
      ]
      const rows = await db
        .select()
        .from(auditLog)
        .where(and(...wanted))
        .orderBy(desc(auditLog.id))
        .limit(limit)
      return rows.map(({ createdAt, ...row }) => ({ ...row, at: createdAt }))
    },
  }
}

const isAdmin = ({ role, isActive, hasPassword, subject }: StoredUser): boolean =>
  role === 'admin' && isActive && (hasPassword || subject !== null)

/** @throws Failure `conflict` where nobody else could look after the server; whoever asks holds the lock of the table */
export async function requireAnotherAdmin(tx: Db, { id, name }: Pick<StoredUser, 'id' | 'name'>): Promise<void> {
  const canSignIn = or(isNotNull(users.passwordHash), isNotNull(users.subject))
  const [other] = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(ne(users.id, id), eq(users.role, 'admin'), users.isActive, canSignIn))
    .limit(1)
  if (!other) throw new Failure('conflict', `${name} is the last admin who can sign in: make somebody else an admin first`)
}

async function note(tx: Db, { name, address }: Actor, action: string, user: string, details?: object): Promise<void> {
  await noteDeed(tx, { actor: name, action, target: `user:${user}`, details, address })
}

function toStored({ user, sessions }: { user: typeof users.$inferSelect; sessions: number }): StoredUser {
  const { id, name, role, isActive, passwordHash, subject, createdAt, lastSignInAt } = user
  return {
    id,
    name,
    role: role as Role,
    isActive,
    hasPassword: passwordHash !== null,
    subject,
    createdAt,
    lastSignInAt,
    sessions,
  }
}
