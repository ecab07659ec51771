/** The words of signing in. */
import type { Caller } from '../call.ts'

/** What a person signs in with. */
export interface Account {
  readonly username: string
  readonly password: string
}

/** How a system meets an account. `broken`: it answers, and nobody can tell what; `away`: it does not. */
export type Welcome = 'welcome' | 'wrong' | 'forbidden' | 'broken' | 'away'

/** A system behind us whose accounts people sign in with. */
export interface Realm {
  /** The upstream's name in the configuration. */
  readonly name: string
  /** Whether it lets this person in. Never throws. */
  check(account: Account): Promise<Welcome>
  /**
   * The person has come: when it settles, what the system offers them is in the catalogue, or will be when it answers again.
   * Cheap for whoever came a moment ago. @param account opened only when it is needed
   * @throws Failure `unauthorized` when the system does not take the account any more
   */
  greet(caller: Caller, account: () => Account): Promise<void>
}

/** The systems that people sign in at, filled while the upstreams start. */
export interface Realms {
  add(realm: Realm): void
  get(name: string): Realm | undefined
  /** The names of all that the configuration has, also of those that are still starting. */
  readonly names: readonly string[]
}

/** What the form calls the accounts of this server, beside the names of upstreams, which never begin with a dot. */
export const ownRealm = '.'
