/** Codes and tokens from the sign-in to the last refresh: each code once, each refresh token once but for a lost answer. */
import { randomUUID } from 'node:crypto'
import { Failure } from '../errors.ts'
import type { Box } from '../keys/box.ts'
import { sha256 } from '../sha256.ts'
import type { Decision, Grant, GrantStore } from '../store/grants.ts'
import { askedAt, type Question } from './consent.ts'
import { isSameRedirect } from './redirects.ts'
import { fitsChallenge, narrowed, newToken } from './tokens.ts'
import type { Account } from './words.ts'

/** All in seconds. */
export interface Lifetimes {
  readonly codeTtl: number
  readonly accessTtl: number
  readonly refreshTtl: number
  /** How long after a refresh the same token still gets the same answer. */
  readonly refreshGrace: number
}

export interface Tokens {
  readonly access: string
  readonly refresh: string
  /** Seconds. */
  readonly expiresIn: number
  /** What the access token is for. */
  readonly scopes: readonly string[]
}

/** Who signs in at which system behind us, for which client. */
export interface Wanted {
  readonly realm: string
  readonly account: Account
  readonly clientId: string
  readonly clientName?: string
  readonly redirectUri: string
  readonly challenge: string
  /** Of the browser. */
  readonly address: string | null
}

export interface Redeemed {
  readonly code: string
  readonly verifier: string
  readonly clientId: string
  readonly redirectUri: string
}

export interface Grants {
  /** Keeps who signed in for which client. @returns a code for it */
  begin(wanted: Wanted): Promise<string>
  /**
   * Keeps what a person of this server agreed to.
   * @returns a code for it; undefined where the question was answered already, or the person may not sign in any more
   */
  agree(question: Question, scopes: readonly string[], address: string | null): Promise<string | undefined>
  /** Undefined for a code that is none, is too old, is somebody else's, or was used: then all that came of it is void. */
  redeem(redeemed: Redeemed): Promise<Tokens | undefined>
  /**
   * Undefined for a token that is none. One that was used long ago ends the whole grant: somebody else has it too.
   * @param scopes what the new access token is to be for, where that is less
   * @throws Failure `forbidden` for more than the grant is for
   */
  refresh(token: string, clientId: string, scopes?: readonly string[]): Promise<Tokens | undefined>
  /** Ends the grant that the token is of; of no matter what kind it is (RFC 7009). */
  revoke(token: string): Promise<void>
  accountIn(grant: Pick<Grant, 'id' | 'username' | 'sealed'>): Account | undefined
}

/** Spent refresh tokens that are remembered of one grant. */
const mostSpent = 20

export function createGrants(store: GrantStore, box: Box, lifetimes: Lifetimes, now: () => number = Date.now): Grants {
  const at = (seconds: number) => new Date(now() + seconds * 1000)

  /** New tokens in the place of those that there were. */
  function renewed(
    grant: Grant,
    spent: readonly string[],
    scopes: readonly string[] = grant.scopes,
  ): Decision<Tokens> & { set: Partial<Grant> } {
    const kept = grant.scopes.filter((scope) => scopes.includes(scope))
    const access = kept.length < grant.scopes.length ? narrowed(newToken('swt_'), kept) : newToken('swt_')
    const answer = { access, refresh: newToken('swr_'), expiresIn: lifetimes.accessTtl, scopes: kept }
    const set = {
      accessHash: sha256(answer.access),
      accessExpiresAt: at(lifetimes.accessTtl),
      refreshHash: sha256(answer.refresh),
      refreshExpiresAt: at(lifetimes.refreshTtl),
      spent: [...grant.spent, ...spent].slice(-mostSpent),
      rotatedAt: at(0),
      pair: box.seal(JSON.stringify(answer), `pair ${grant.id}`),
    }
    return { answer, set }
  }

  /** A code that is nobody's yet, and how long it may be. */
  function newCode() {
    const code = newToken('swc_')
    const until = { codeExpiresAt: at(lifetimes.codeTtl), refreshExpiresAt: at(lifetimes.codeTtl) }
    return { code, columns: { codeHash: sha256(code), ...until } }
  }

  return {
    async begin({ realm, account, address, ...client }) {
      const { code, columns } = newCode()
      const id = randomUUID()
      const sealed = box.seal(account.password, `account ${id} ${account.username}`)
      await store.add({ id, realm, username: account.username, sealed, ...client, ...columns }, address)
      return code
    },

    async agree(question, scopes, address) {
      const { id, user, ask } = question
      const { code, columns } = newCode()
      const who = { realm: '', username: user.name, sealed: '', userId: user.id, scopes: [...scopes] }
      const { client, redirectUri, challenge } = ask
      const what = { clientId: client.id, clientName: client.name, redirectUri, challenge }
      return (await store.add({ id, ...who, ...what, ...columns }, address, askedAt(question))) ? code : undefined
    },

    redeem: ({ code, verifier, clientId, redirectUri }) =>
      store.decide<Tokens | undefined>('code', sha256(code), (grant) => {
        if (grant.codeUsedAt !== null) return { answer: undefined, end: 'its code was used twice' }
        const fits = grant.clientId === clientId && isSameRedirect(grant.redirectUri, redirectUri)
        if (!fits || grant.codeExpiresAt.getTime() < now() || !fitsChallenge(verifier, grant.challenge))
          return { answer: undefined, end: 'its code was too old, or somebody else had it' }
        const { answer, set } = renewed(grant, [])
        return { answer, set: { ...set, codeUsedAt: at(0) } }
      }),

    refresh(token, clientId, scopes) {
      const hash = sha256(token)
      return store.decide<Tokens | undefined>('refresh', hash, (grant) => {
        if (grant.clientId !== clientId) return { answer: undefined }
        if (grant.refreshExpiresAt.getTime() < now()) return { answer: undefined, end: 'nobody used it for too long' }
        if (scopes?.some((scope) => !grant.scopes.includes(scope)))
          throw new Failure('forbidden', `scope may name ${grant.scopes.join(', ')}: for more the person has to be asked again`)
        if (grant.refreshHash === hash) return renewed(grant, [hash], scopes)
        const sinceThen = now() - (grant.rotatedAt?.getTime() ?? 0)
        const isLast = grant.spent.at(-1) === hash
        if (!isLast || sinceThen > lifetimes.refreshGrace * 1000)
          return { answer: undefined, end: 'a refresh token was used twice: somebody else has it too' }
        const pair = box.open(grant.pair ?? '', `pair ${grant.id}`)
        return { answer: pair === undefined ? undefined : (JSON.parse(pair) as Tokens) }
      })
    },

    revoke: (token) => store.end(sha256(token)),

    accountIn({ id, username, sealed }) {
      const password = box.open(sealed, `account ${id} ${username}`)
      return password === undefined ? undefined : { username, password }
    },
  }
}
