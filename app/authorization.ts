/**
 * People sign in with an account of a system behind us, and what a client then does is done in their name: a small authorization server
 * (OAuth 2.1, RFC 6749, 7636, 7009, 8414, 9728) whose accounts are somebody else's.
 */
import { type OwnAddress, ownAddress, resourcePath } from './authorization/address.ts'
import { createGrants, type Redeemed, type Tokens, type Wanted } from './authorization/grants.ts'
import { createRealms } from './authorization/realms.ts'
import { hashOf, isAccessToken } from './authorization/tokens.ts'
import type { Account, Realms, Welcome } from './authorization/words.ts'
import type { Caller } from './call.ts'
import { createClientAddress } from './client-address.ts'
import type { Config } from './config.ts'
import { Failure } from './errors.ts'
import { createBox } from './keys/box.ts'
import { keyFileIn } from './keys/key-file.ts'
import { createKnown } from './keys/known.ts'
import type { Log } from './log.ts'
import { secrets } from './secrets.ts'
import { countTry } from './sign-in-tries.ts'
import type { Grant, GrantStore } from './store/grants.ts'
import type { Windows } from './store/windows.ts'

export interface Authorization {
  readonly realms: Realms
  /** Where this client reaches us. */
  readonly address: OwnAddress
  /** Where this client finds out about us. */
  readonly metadata: OwnAddress
  /** Web addresses that codes may be sent to. */
  readonly allowedRedirects: readonly string[]
  /**
   * @returns a code where the system welcomes the account
   * @throws Failure `limited` after ten tries in a quarter of an hour, `unavailable` where nobody can count them
   */
  signIn(wish: Wanted): Promise<{ readonly welcome: Welcome; readonly code?: string }>
  redeem(redeemed: Redeemed): Promise<Tokens | undefined>
  refresh(token: string, clientId: string): Promise<Tokens | undefined>
  revoke(token: string): Promise<void>
  /** Whose access token this is; what the system offers them is in the catalogue then. */
  verify(credential: string): Promise<Caller | undefined>
}

export interface AuthorizationOptions {
  /** Names of the upstreams whose accounts people sign in with. */
  readonly realms: readonly string[]
  readonly store: GrantStore
  readonly windows: Windows
  readonly settings: Pick<Config, 'oauth2' | 'secretKey' | 'dataDir' | 'server' | 'ssl'>
  readonly log: Log
}

/** @throws what keeps the key file from being made */
export async function openAuthorization(options: AuthorizationOptions): Promise<Authorization> {
  const { store, windows, log } = options
  const { oauth2, secretKey, dataDir, server, ssl } = options.settings
  const address = ownAddress(server.publicUrl, createClientAddress(server.trustedProxies, ssl.enabled))
  const box = createBox(secretKey ?? (await keyFileIn(dataDir)), 'accounts of people')
  const grants = createGrants(store, box, oauth2)
  const known = createKnown<Grant>(store.byAccess, log, Date.now)

  const realms = createRealms(options.realms)

  function accountIn(grant: Grant): Account {
    const account = grants.accountIn(grant)
    if (account) {
      secrets.addPassing([account.password])
      return account
    }
    throw new Failure('unauthorized', 'this token was made under another SECRET_KEY: sign in again')
  }

  return {
    realms,
    address,
    metadata: (request) => address(request) + resourcePath,
    allowedRedirects: oauth2.allowedRedirectUris,
    async signIn({ realm: name, account, ...wish }) {
      const realm = realms.get(name)
      if (!realm) return { welcome: 'away' }
      await countTry(windows, { name: `${name}:${account.username.toLowerCase()}`, address: wish.address })
      const welcome = await realm.check(account)
      if (welcome !== 'welcome') {
        log.warn('sign-in refused', { upstream: name, why: welcome, address: wish.address })
        return { welcome }
      }
      secrets.addPassing([account.password])
      return { welcome, code: await grants.begin({ realm: name, account, ...wish }) }
    },
    redeem: grants.redeem,
    refresh: grants.refresh,
    async revoke(token) {
      await grants.revoke(token)
      known.forget(hashOf(token))
    },
    async verify(credential) {
      if (!isAccessToken(credential)) return undefined
      const grant = await known.find(hashOf(credential))
      const realm = grant && realms.get(grant.realm)
      if (!realm || (grant.accessExpiresAt?.getTime() ?? 0) <= Date.now()) return undefined
      const caller: Caller = { id: `person:${grant.realm}:${grant.username}`, name: grant.username, scopes: ['read', 'call'] }
      try {
        await realm.greet(caller, () => accountIn(grant))
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'unauthorized') throw error
        log.info('account refused, what was given for it is void', { upstream: grant.realm, reason: error.message })
        await store.endOne(grant.id)
        known.forget(hashOf(credential))
        return undefined
      }
      return caller
    },
  }
}
