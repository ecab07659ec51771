/** Tells whose cookie a request brings, without asking the database at every click. */
import type { Caller } from '../call.ts'
import type { Log } from '../log.ts'
import { scopesOfRole } from '../roles.ts'
import { secrets } from '../secrets.ts'
import { sha256 } from '../sha256.ts'
import type { PeopleStore, StoredSession, User } from '../store/people.ts'

/** A valid session, as a request has it. */
export interface SignedIn {
  readonly user: User
  readonly caller: Caller
  readonly tokenHash: string
  readonly csrfToken: string
  readonly expiresAt: Date
}

export interface Visits {
  /** @param token the cookie's value */
  find(token: string): Promise<SignedIn | undefined>
  forget(tokenHash: string): void
  /** Of all sessions of one user. */
  forgetUser(userId: string): void
}

const longestIdle = 12 * 3_600_000
/** Milliseconds between two notes in the database that somebody is still there. */
const touchEvery = 60_000
const verdictLife = 2_000
const mostVerdicts = 1_000

export function createVisits(store: PeopleStore, log: Log): Visits {
  const verdicts = new Map<string, { visit: SignedIn | undefined; until: number }>()

  /** Nobody waits for it, and it may be lost: a database that takes no changes must not keep people from looking. */
  function noteVisit(tokenHash: string): void {
    store.touchSession(tokenHash).catch((error: unknown) => log.debug('a visit was not noted', { error }))
  }

  async function look(tokenHash: string): Promise<SignedIn | undefined> {
    const found = await store.findSession(tokenHash)
    if (!found || isOver(found)) return undefined
    if (Date.now() - found.lastSeenAt.getTime() > touchEvery) noteVisit(tokenHash)
    return { ...toVisit(found), tokenHash }
  }

  return {
    async find(token) {
      if (!/^[\w-]{43}$/.test(token)) return undefined
      const tokenHash = sha256(token)
      const known = verdicts.get(tokenHash)
      if (known && known.until > Date.now()) return known.visit
      const visit = await look(tokenHash)
      // Where it is shown elsewhere, nothing tells it from any other text.
      if (visit) secrets.addPassing([token])
      verdicts.delete(tokenHash)
      if (verdicts.size >= mostVerdicts) verdicts.delete(verdicts.keys().next().value!)
      verdicts.set(tokenHash, { visit, until: Date.now() + verdictLife })
      return visit
    },
    forget: (tokenHash) => void verdicts.delete(tokenHash),
    forgetUser(userId) {
      for (const [tokenHash, { visit }] of verdicts) if (visit?.user.id === userId) verdicts.delete(tokenHash)
    },
  }
}

const isOver = ({ expiresAt, lastSeenAt }: StoredSession) =>
  expiresAt.getTime() < Date.now() || Date.now() - lastSeenAt.getTime() > longestIdle

function toVisit({ user, csrfToken, expiresAt }: StoredSession) {
  const caller: Caller = { id: `user:${user.id}`, name: user.name, scopes: scopesOfRole[user.role] ?? [], role: user.role }
  return { user, caller, csrfToken, expiresAt }
}
