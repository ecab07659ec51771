/** Tokens with a signature (JWT): our own, and those of an OpenID provider. One of them becomes a Caller here. */
import type { Caller } from './call.ts'
import type { Config } from './config.ts'
import { Failure } from './errors.ts'
import { createKnown } from './keys/known.ts'
import type { Log } from './log.ts'
import { createAccessTokens, type Provider } from './oidc/index.ts'
import { sha256 } from './sha256.ts'
import type { Account, AccountStore } from './store/accounts.ts'
import { isUuid } from './store/page.ts'
import type { User } from './store/people.ts'
import { algorithmOf } from './tokens/algorithm.ts'
import { createOwnTokens, ownAlgorithm } from './tokens/own.ts'
import { createRemembered } from './tokens/remembered.ts'
import { Refused, type Verdict } from './tokens/verdict.ts'

export interface Issued {
  readonly token: string
  /** Seconds. */
  readonly expiresIn: number
  readonly user: User
}

export interface Tokens {
  /**
   * A token for somebody who has just proved who they are; it stands in the audit log before it is given.
   * @param address where they are
   * @throws Failure `failed` without a SECRET_KEY, `unauthorized` where the account is not in force any more
   */
  issue(user: User, address: string): Promise<Issued>
  /**
   * Whose token this is; undefined for a text that is none, or one that is not good here, and the log says why.
   * @throws Failure `unavailable` where it cannot be checked now
   */
  verify(credential: string): Promise<Caller | undefined>
  /** @throws Failure `unauthorized` where the account of this user is not in force any more; `unavailable` without the database */
  requireAccount(userId: string): Promise<User>
  /** The account of this user has changed: nothing of it needs to be remembered. */
  forget(userId: string): void
}

export interface TokensOptions {
  readonly settings: Pick<Config, 'auth' | 'secretKey' | 'server'>
  readonly accounts: AccountStore
  /** Whose tokens are taken besides our own. */
  readonly provider: Provider | undefined
  readonly log: Log
  /** Milliseconds, as Date.now(). */
  readonly now?: () => number
}

export function createTokens({ settings, accounts, provider, log, now = Date.now }: TokensOptions): Tokens {
  const { auth, secretKey, server } = settings
  const known = createKnown<Account>(accounts.find, log, now)
  const own =
    secretKey === null
      ? undefined
      : createOwnTokens({
          secretKey,
          issuer: server.publicUrl ?? 'switchyard',
          life: auth.tokenTtl,
          find: known.find,
          now,
        })
  const foreign = provider && createAccessTokens(provider, auth.oidc, log, now)
  const remembered = createRemembered(now)

  async function check(token: string, algorithm: string): Promise<Verdict> {
    if (algorithm === ownAlgorithm) {
      if (!own) throw new Refused('tokens of our own need a SECRET_KEY')
      return own.check(token)
    }
    // A key of the provider is never used as a secret, nor ours as one of its keys: the algorithm alone decides whose token it can be.
    if (!foreign) throw new Refused(`no provider is configured whose tokens could be signed with ${algorithm}`)
    return foreign.check(token)
  }

  return {
    async issue({ id }, address) {
      if (!own) throw noSecretKey()
      const account = await accounts.find(id)
      if (!account) throw notInForce()
      const token = await own.issue(account)
      await accounts.noteToken(account.user, address)
      return { token, expiresIn: auth.tokenTtl, user: account.user }
    },
    async requireAccount(userId) {
      const account = isUuid(userId) ? await known.find(userId) : undefined
      if (!account) throw notInForce()
      return account.user
    },
    forget: known.forget,
    async verify(credential) {
      const algorithm = algorithmOf(credential)
      if (algorithm === undefined) return undefined
      const hash = sha256(credential)
      try {
        const seen = remembered.find(hash)
        if (seen) return await seen.caller()
        const verdict = await check(credential, algorithm)
        const caller = await verdict.caller()
        remembered.keep(hash, verdict)
        return caller
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        remembered.forget(hash)
        log.info('token refused', { reason: error.message, ...error.fields })
        return undefined
      }
    },
  }
}

const notInForce = () => new Failure('unauthorized', 'this account is not in force any more')

const noSecretKey = () =>
  new Failure(
    'failed',
    'tokens need a SECRET_KEY: make one with `openssl rand -base64 48`, put it into SECRET_KEY, and start again',
  )
