/** Who may come in by the panel: signing in and out, and the link with which the very first admin chooses a password. */
import type { Caller } from './call.ts'
import { Failure } from './errors.ts'
import type { Log } from './log.ts'
import type { Identity } from './oidc/index.ts'
import { checkNewPassword, checkPassword, hashPassword } from './passwords.ts'
import { createVisits, type SignedIn } from './people/visits.ts'
import type { Windows } from './policies/limit.ts'
import { randomText, sameText } from './random-text.ts'
import { secrets } from './secrets.ts'
import { sha256 } from './sha256.ts'
import { countProviderTry, countTry } from './sign-in-tries.ts'
import type { NewSession, PeopleStore, User } from './store/people.ts'
import type { SubjectStore } from './store/subjects.ts'
import { checkNewName } from './users.ts'

export interface Credentials {
  readonly name: string
  readonly password: string
}

/** Where a request comes from. */
export interface Origin {
  readonly address: string
  readonly userAgent: string
}

/** A session that has just been opened. Only the browser is given the token; we keep its hash. */
export interface Opened {
  readonly token: string
  readonly user: User
}

export interface People {
  /**
   * The link with which the first admin chooses a password; undefined when somebody has one. Each call makes a new link and ends the older one.
   * @param adminUrl where a browser reaches port 9091, without a slash at the end
   */
  firstLink(adminUrl: string): Promise<string | undefined>
  /** Makes the first admin by the link's token. Throws Failure `unauthorized`, `conflict` or `invalid_params`. */
  welcome(token: string, credentials: Credentials, origin: Origin): Promise<Opened>
  /**
   * Whose name and password these are. Throws Failure `unauthorized`, `limited` after ten tries in a quarter of an hour, `unavailable` where
   * nobody can count them.
   */
  check(credentials: Credentials, origin: Origin): Promise<User>
  /** The same, and opens a session. */
  signIn(credentials: Credentials, origin: Origin): Promise<Opened>
  /** Opens a session for somebody whom a provider has proved. Throws Failure `forbidden` where they may not come in. */
  comeIn(identity: Identity, origin: Origin): Promise<Opened>
  /** Counts a try of a password that is checked elsewhere. Throws as `check` does when there were too many. */
  countTry(name: string, address: string): Promise<void>
  /** Counts a sign-in with a provider, which is no guess. Throws Failure `limited` after 300 in a quarter of an hour from one address. */
  countProviderTry(address: string): Promise<void>
  signOut(visit: SignedIn, origin: Origin): Promise<void>
  /** Whose cookie this is; undefined for none that is valid. A verdict is good for two seconds. */
  visit(token: string): Promise<SignedIn | undefined>
  /** The account has changed: what is remembered of its sessions is not good any more. */
  forget(userId: string): void
  /** The same, for those who only want to know who calls. */
  verify(token: string): Promise<Caller | undefined>
}

const hour = 3_600_000
const longestSession = 7 * 24 * hour
const linkLife = 24 * hour

export interface PeopleOptions {
  readonly store: PeopleStore
  readonly subjects: SubjectStore
  readonly log: Log
  /** Counts the tries to sign in. */
  readonly windows: Windows
}

export function createPeople({ store, subjects, windows, log }: PeopleOptions): People {
  const visits = createVisits(store, log)
  let link: { hash: string; expiresAt: number } | undefined

  function newSession({ address, userAgent }: Origin): { token: string; session: NewSession } {
    const token = randomText()
    secrets.addPassing([token])
    const expiresAt = new Date(Date.now() + longestSession)
    return {
      token,
      session: { tokenHash: sha256(token), csrfToken: randomText(), address, userAgent: userAgent.slice(0, 300), expiresAt },
    }
  }

  const countOne = (name: string, address: string) => countTry(windows, { name: sha256(name), address })

  async function check({ name, password }: Credentials, { address }: Origin): Promise<User> {
    await countOne(name, address)
    const known = await store.findByName(name)
    if ((await checkPassword(password, known?.passwordHash)) && known) return known.user
    await store.noteRefusal(known?.user.name ?? null, address)
    throw new Failure('unauthorized', 'the name or the password is wrong')
  }

  return {
    check,
    async firstLink(adminUrl) {
      if (await store.someoneHasPassword()) return undefined
      const token = randomText()
      link = { hash: sha256(token), expiresAt: Date.now() + linkLife }
      return `${adminUrl}/welcome#${token}`
    },
    async welcome(token, { name, password }, origin) {
      if (await store.someoneHasPassword()) throw alreadyWelcomed()
      if (!link || link.expiresAt < Date.now() || !sameText(sha256(token), link.hash)) {
        throw new Failure('unauthorized', 'this link is not valid any more: restart the server, it prints a new one')
      }
      checkNewName(name)
      checkNewPassword(password, name)
      const { token: cookie, session } = newSession(origin)
      const user = await store.createFirst(name, await hashPassword(password), session)
      if (!user) throw alreadyWelcomed()
      link = undefined
      return { token: cookie, user }
    },
    async signIn(credentials, origin) {
      const user = await check(credentials, origin)
      const { token, session } = newSession(origin)
      await store.openSession(user, session)
      return { token, user }
    },
    async comeIn({ name, ...identity }, origin) {
      const { token, session } = newSession(origin)
      const user = await subjects.signIn({ ...identity, name: accountName(name) }, session)
      if (user) return { token, user }
      throw new Failure('forbidden', 'the provider knows you, but you may not use this panel: ask an admin of it')
    },
    countTry: countOne,
    countProviderTry: (address) => countProviderTry(windows, address),
    async signOut(visit, { address }) {
      await store.closeSession(visit.tokenHash, visit.user, address)
      visits.forget(visit.tokenHash)
    },
    visit: visits.find,
    forget: visits.forgetUser,
    verify: async (token) => (await visits.find(token))?.caller,
  }
}

const alreadyWelcomed = () => new Failure('conflict', 'an admin has chosen a password already: sign in with it')

/** What a provider calls somebody, as the name of an account may be. */
function accountName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._@-]+/gu, '-').replace(/^[^\p{L}\p{N}]+/u, '')
  return [...plain].slice(0, 60).join('') || 'somebody'
}
