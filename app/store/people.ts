/** People who sign in to the panel, their sessions, and the book of what they did. */
import { and, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm'
import { Failure } from '../errors.ts'
import type { Role } from '../roles.ts'
import { noteDeed } from './audit.ts'
import type { Database } from './database.ts'
import { sessions, users } from './schema.ts'

export type { Role }

export interface User {
  readonly id: string
  readonly name: string
  readonly role: Role
}

/** A browser that is about to be signed in. */
export interface NewSession {
  /** SHA-256 of the cookie's value. */
  readonly tokenHash: string
  readonly csrfToken: string
  readonly address: string
  readonly userAgent: string
  readonly expiresAt: Date
}

export interface StoredSession {
  readonly user: User
  readonly csrfToken: string
  readonly lastSeenAt: Date
  readonly expiresAt: Date
}

/** What people do that is written down. */
export type Deed = 'sign_in' | 'sign_in_refused' | 'sign_out' | 'password_created' | 'token' | 'user_created' | 'role_changed'

export interface PeopleStore {
  /** Whether there is anybody who can sign in. */
  someoneHasPassword(): Promise<boolean>
  /** An active user who has chosen a password. */
  findByName(name: string): Promise<{ user: User; passwordHash: string } | undefined>
  /** Makes the first admin and signs them in; undefined when somebody has been quicker, in this process or in another. */
  createFirst(name: string, passwordHash: string, session: NewSession): Promise<User | undefined>
  openSession(user: User, session: NewSession): Promise<void>
  /** @param name of the user that was tried; null where nobody has that name, because people type passwords into the wrong field */
  noteRefusal(name: string | null, address: string): Promise<void>
  findSession(tokenHash: string): Promise<StoredSession | undefined>
  touchSession(tokenHash: string): Promise<void>
  closeSession(tokenHash: string, user: User, address: string): Promise<void>
}

export type Connection = Parameters<Parameters<Database['transaction']>[0]>[0]

/** Everything that people do is committed together with its row in the audit log. */
export function createPeopleStore({ db, transaction }: Pick<Database, 'db' | 'transaction'>): PeopleStore {
  const hasPassword = (connection: Connection) =>
    connection.select({ id: users.id }).from(users).where(isNotNull(users.passwordHash)).limit(1)

  return {
    someoneHasPassword: async () => (await hasPassword(db)).length > 0,
    async findByName(name) {
      const [row] = await db
        .select()
        .from(users)
        .where(and(eq(users.name, name), users.isActive))
      return row?.passwordHash ? { user: toUser(row), passwordHash: row.passwordHash } : undefined
    },
    createFirst: (name, passwordHash, session) =>
      transaction(async (connection) => {
        // Two replicas may each have printed a link: whoever locks the table first makes the first admin.
        await connection.execute(sql`lock table ${users} in share row exclusive mode`)
        if ((await hasPassword(connection)).length > 0) return undefined
        const [row] = await connection
          .insert(users)
          .values({ name, passwordHash, role: 'admin' })
          .onConflictDoUpdate({
            target: users.name,
            set: { passwordHash, role: 'admin', isActive: true, updatedAt: new Date() },
            // Somebody who comes with a provider may be called so, and is not whoever has the link.
            setWhere: and(isNull(users.passwordHash), isNull(users.subject)),
          })
          .returning()
        if (!row) throw new Failure('conflict', `there is a user called "${name}": choose another name`)
        const user = toUser(row)
        await note(connection, 'password_created', user.name, session.address, { role: user.role })
        await insertSession(connection, user, session)
        return user
      }),
    openSession: (user, session) => transaction((connection) => insertSession(connection, user, session)),
    noteRefusal: (name, address) => note(db, 'sign_in_refused', name ?? '(unknown name)', address),
    async findSession(tokenHash) {
      const [row] = await db
        .select({ user: users, csrfToken: sessions.csrfToken, lastSeenAt: sessions.lastSeenAt, expiresAt: sessions.expiresAt })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(eq(sessions.tokenHash, tokenHash), users.isActive))
      return row && { ...row, user: toUser(row.user) }
    },
    async touchSession(tokenHash) {
      await db.update(sessions).set({ lastSeenAt: new Date() }).where(eq(sessions.tokenHash, tokenHash))
    },
    closeSession: (tokenHash, user, address) =>
      transaction(async (connection) => {
        const closed = await connection
          .delete(sessions)
          .where(eq(sessions.tokenHash, tokenHash))
          .returning({ hash: sessions.tokenHash })
        if (closed.length > 0) await note(connection, 'sign_out', user.name, address)
      }),
  }
}

/** Opens a session, with its row in the audit log. @param details what else is to stand there */
export async function insertSession(connection: Connection, user: User, session: NewSession, details?: object): Promise<void> {
  await connection.delete(sessions).where(lt(sessions.expiresAt, new Date()))
  await connection.insert(sessions).values({ ...session, userId: user.id })
  await connection.update(users).set({ lastSignInAt: new Date() }).where(eq(users.id, user.id))
  await note(connection, 'sign_in', user.name, session.address, details)
}

export async function note(
  connection: Connection,
  action: Deed,
  actor: string,
  address: string,
  details?: object,
): Promise<void> {
  await noteDeed(connection, { action, actor, address, details })
}

export const toUser = ({ id, name, role }: typeof users.$inferSelect): User => ({ id, name, role: role as Role })
