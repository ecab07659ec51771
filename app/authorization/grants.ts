/** Codes and tokens from the sign-in to the last refresh: each code once, each refresh token once but for a lost answer. */
import { randomUUID } from 'node:crypto'
import type { Box } from '../keys/box.ts'
import type { Decision, Grant, GrantStore } from '../store/grants.ts'
import { isSameRedirect } from './redirects.ts'
import { fitsChallenge, hashOf, newToken } from './tokens.ts'
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
}

/** Who signs in where, for which client. */
export interface Wanted {
  readonly realm: string
  readonly account: Account
  readonly clientId: string
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
  /** Undefined for a code that is none, is too old, is somebody else's, or was used: then all that came of it is void. */
  redeem(redeemed: Redeemed): Promise<Tokens | undefined>
  /** Undefined for a token that is none. One that was used long ago ends the whole grant: somebody else has it too. */
  refresh(token: string, clientId: string): Promise<Tokens | undefined>
  /** Ends the grant that the token is of; of no matter what kind it is (RFC 7009). */
  revoke(token: string): Promise<void>
  accountIn(grant: Pick<Grant, 'id' | 'username' | 'sealed'>): Account | undefined
}

/** Spent refresh tokens that are remembered of one grant. */
const mostSpent = 20

export function createGrants(store: GrantStore, box: Box, lifetimes: Lifetimes, now: () => number = Date.now): Grants {
  const at = (seconds: number) => new Date(now() + seconds * 1000)

  /** New tokens in the place of those that there were. */
  function renewed(grant: Grant, spent: readonly string[]): Decision<Tokens> & { set: Partial<Grant> } {
    const answer = { access: newToken('swt_'), refresh: newToken('swr_'), expiresIn: lifetimes.accessTtl }
    const set = {
      accessHash: hashOf(answer.access),
      accessExpiresAt: at(lifetimes.accessTtl),
      refreshHash: hashOf(answer.refresh),
      refreshExpiresAt: at(lifetimes.refreshTtl),
      spent: [...grant.spent, ...spent].slice(-mostSpent),
      rotatedAt: at(0),
      pair: box.seal(JSON.stringify(answer), `pair ${grant.id}`),
    }
    return { answer, set }
  }

  return {
    async begin({ realm, account, clientId, redirectUri, challenge, address }) {
      const code = newToken('swc_')
      const id = randomUUID()
      const sealed = box.seal(account.password, `account ${id} ${account.username}`)
      const who = { id, realm, username: account.username, sealed, clientId, redirectUri, challenge }
      const until = { codeExpiresAt: at(lifetimes.codeTtl), refreshExpiresAt: at(lifetimes.codeTtl) }
      await store.add({ ...who, codeHash: hashOf(code), ...until }, address)
      return code
    },

    redeem: ({ code, verifier, clientId, redirectUri }) =>
      store.decide<Tokens | undefined>('code', hashOf(code), (grant) => {
        if (grant.codeUsedAt !== null) return { answer: undefined, end: true }
        const fits = grant.clientId === clientId && isSameRedirect(grant.redirectUri, redirectUri)
        if (!fits || grant.codeExpiresAt.getTime() < now() || !fitsChallenge(verifier, grant.challenge))
          return { answer: undefined, end: true }
        const { answer, set } = renewed(grant, [])
        return { answer, set: { ...set, codeUsedAt: at(0) } }
      }),

    refresh(token, clientId) {
      const hash = hashOf(token)
      return store.decide<Tokens | undefined>('refresh', hash, (grant) => {
        if (grant.clientId !== clientId) return { answer: undefined }
        if (grant.refreshExpiresAt.getTime() < now()) return { answer: undefined, end: true }
        if (grant.refreshHash === hash) return renewed(grant, [hash])
        const sinceThen = now() - (grant.rotatedAt?.getTime() ?? 0)
        const isLast = grant.spent.at(-1) === hash
        if (!isLast || sinceThen > lifetimes.refreshGrace * 1000) return { answer: undefined, end: true }
        const pair = box.open(grant.pair ?? '', `pair ${grant.id}`)
        return { answer: pair === undefined ? undefined : (JSON.parse(pair) as Tokens) }
      })
    },

    revoke: (token) => store.end(hashOf(token)),

    accountIn({ id, username, sealed }) {
      const password = box.open(sealed, `account ${id} ${username}`)
      return password === undefined ? undefined : { username, password }
    },
  }
}
