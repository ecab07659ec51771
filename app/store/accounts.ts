/** Accounts of people as their tokens need them: whether one is still there, and whether it changed since. */
import { and, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { note, toUser, type User } from './people.ts'
import { users } from './schema.ts'

export interface Account {
  readonly user: User
  /**
   * Another one after every change of the account: of its role, its password, whether it is in force, and after a sign-out everywhere. It is
   * the time of the change in milliseconds, but only ever compared with itself, so that clocks may differ.
   */
  readonly version: number
}

export interface AccountStore {
  /** Undefined for nobody, and for somebody whose account is not in force. @param id UUID */
  find(id: string): Promise<Account | undefined>
  /** Notes in the audit log that a token was asked for, before it is given. */
  noteToken(user: User, address: string): Promise<void>
}

export function createAccountStore({ db }: Pick<Database, 'db'>): AccountStore {
  return {
    async find(id) {
      const [row] = await db
        .select()
        .from(users)
        .where(and(eq(users.id, id), users.isActive))
      return row && { user: toUser(row), version: row.updatedAt.getTime() }
    },
    noteToken: (user, address) => note(db, 'token', user.name, address),
  }
}
