/** People who come with an OpenID provider: found by whom the provider says they are, or made when they come for the first time. */
import { eq, sql } from 'drizzle-orm'
import type { Role } from '../roles.ts'
import type { Database } from './database.ts'
import { type Connection, insertSession, type NewSession, note, toUser, type User } from './people.ts'
import { users } from './schema.ts'
import { requireAnotherAdmin } from './users.ts'

/** Somebody whom a provider has just proved. */
export interface Newcomer {
  /** Issuer and subject. */
  readonly subject: string
  /** What they would be called here; a number is added where somebody else is called so. */
  readonly name: string
  /** What they are here from now on; undefined where that stays as it is, and nobody new is let in. */
  readonly role: Role | undefined
  /** Nobody without a role is let in, whoever they were before. */
  readonly roleRequired: boolean
}

export interface SubjectStore {
  /**
   * Signs in: the account, its role, the session and what stands of them in the audit log are one transaction.
   * @returns undefined for an account that is not in force, and for whoever has no role and needs one
   */
  signIn(newcomer: Newcomer, session: NewSession): Promise<User | undefined>
}

/** People of one name; after that somebody should look what is going on. */
const mostNamesakes = 100

export function createSubjectStore({ transaction }: Pick<Database, 'transaction'>): SubjectStore {
  return {
    signIn: (newcomer, session) =>
      transaction(async (connection) => {
        // Roles are given out one after the other, as everywhere: two who lose theirs at once must not both be the last but one.
        await connection.execute(sql`lock table ${users} in share row exclusive mode`)
        const user = await userOf(connection, newcomer, session.address)
        if (!user) {
          await note(connection, 'sign_in_refused', newcomer.name, session.address, { subject: newcomer.subject })
          return undefined
        }
        await insertSession(connection, user, session, { subject: newcomer.subject })
        return user
      }),
  }
}

async function userOf(connection: Connection, newcomer: Newcomer, address: string): Promise<User | undefined> {
  const { subject, role, roleRequired } = newcomer
  if (role === undefined && roleRequired) return undefined
  const [row] = await connection.select().from(users).where(eq(users.subject, subject)).for('update')
  if (!row) return role && create(connection, newcomer, role, address)
  if (!row.isActive) return undefined
  if (role === undefined || role === row.role) return toUser(row)
  // The last one who can look after the server stays one, whatever the provider says.
  if (row.role === 'admin') await requireAnotherAdmin(connection, row)
  // What was given to the earlier role ends with it: tokens are compared with this time.
  const [changed] = await connection.update(users).set({ role, updatedAt: new Date() }).where(eq(users.id, row.id)).returning()
  await note(connection, 'role_changed', row.name, address, { from: row.role, to: role, by: subject })
  return toUser(changed!)
}

/** An account that somebody else has by this name is never theirs: a provider knows nothing of our names. */
async function create(connection: Connection, { subject, name }: Newcomer, role: Role, address: string): Promise<User> {
  for (let nth = 1; nth <= mostNamesakes; nth++) {
    const wanted = nth === 1 ? name : `${name}-${nth}`
    const [row] = await connection.insert(users).values({ name: wanted, role, subject }).onConflictDoNothing().returning()
    if (row) {
      await note(connection, 'user_created', row.name, address, { role, by: subject })
      return toUser(row)
    }
    // The same person in another window, a moment earlier.
    const [same] = await connection.select().from(users).where(eq(users.subject, subject))
    if (same) return toUser(same)
  }
  throw new Error(`there are ${mostNamesakes} users called ${name}`)
}
