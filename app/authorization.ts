/**
 * People let MCP clients act in their name: a small authorization server (OAuth 2.1; RFC 6749, 7591, 7636, 7009, 8414, 8707, 9207, 9728). They
 * sign in with their account of this server, or with one of a system behind us.
 */
import { type OwnAddress, ownAddress, resourceOf, resourcePath } from './authorization/address.ts'
import { type Clients, createClients } from './authorization/clients.ts'
import { createDocuments, type DocumentsOptions } from './authorization/documents.ts'
import { createGrants, type Redeemed, type Tokens, type Wanted } from './authorization/grants.ts'
import { type CheckAccount, callerOf, createOwnAccounts, type OwnAccounts } from './authorization/own-accounts.ts'
import { createRealms } from './authorization/realms.ts'
import { isAccessToken, narrowedTo } from './authorization/tokens.ts'
import type { Account, Realms, Welcome } from './authorization/words.ts'
import type { Caller } from './call.ts'
import { type Arrival, countedAs, createClientAddress } from './client-address.ts'
import type { Config } from './config.ts'
import { Failure } from './errors.ts'
import { createBox } from './keys/box.ts'
import { keyFileIn } from './keys/key-file.ts'
import { createKnown } from './keys/known.ts'
import { tooMany } from './limited.ts'
import type { Log } from './log.ts'
import { secrets } from './secrets.ts'
import { sha256 } from './sha256.ts'
import { countTry } from './sign-in-tries.ts'
import type { Grant, GrantStore, LiveGrant } from './store/grants.ts'
import type { Windows } from './store/windows.ts'

/** A request, as far as it says which resource it is for. */
interface Asking extends Arrival {
  readonly url?: string
}

export interface Authorization {
  readonly realms: Realms
  /** People of this server; undefined where none can be asked. */
  readonly own?: OwnAccounts
  readonly clients: Clients
  /** Where this client reaches us. */
  readonly address: OwnAddress
  /** Where this client finds out about us. */
  metadata(request: Asking): string
  /** Web addresses that codes may be sent to. */
  readonly allowedRedirects: readonly string[]
  /** Counts one registration from this address. @throws Failure `limited` */
  countRegistration(address: string): Promise<void>
  /**
   * Signs somebody in with an account of a system behind us.
   * @returns a code where the system welcomes the account
   * @throws Failure `limited` after ten tries in a quarter of an hour, `unavailable` where nobody can count them
   */
  signIn(wish: Wanted): Promise<{ readonly welcome: Welcome; readonly code?: string }>
  redeem(redeemed: Redeemed): Promise<Tokens | undefined>
  refresh(token: string, clientId: string, scopes?: readonly string[]): Promise<Tokens | undefined>
  revoke(token: string): Promise<void>
  /** Nobody needs to remember this one here: it was ended. */
  forget(grant: Pick<Grant, 'accessHash'>): void
  /** Whose access token this is; what a system behind us offers them is in the catalogue then. */
  verify(credential: string): Promise<Caller | undefined>
  stop(): Promise<void>
}

export interface AuthorizationOptions {
  /** Names of the upstreams whose accounts people sign in with. */
  readonly realms: readonly string[]
  /** Knows the people of this server; without it only accounts of realms count. */
  readonly check?: CheckAccount
  readonly store: GrantStore
  readonly windows: Windows
  readonly settings: Pick<Config, 'oauth2' | 'secretKey' | 'dataDir' | 'server' | 'ssl'>
  readonly log: Log
  /** Where descriptions of clients are read from; the internet without it. */
  readonly documents?: DocumentsOptions['allow']
}

const registrations = { limit: 30, window: 900 }

/** @throws what keeps the key file from being made */
export async function openAuthorization(options: AuthorizationOptions): Promise<Authorization> {
  const { store, windows, log, check } = options
  const { oauth2, secretKey, dataDir, server, ssl } = options.settings
  const address = ownAddress(server.publicUrl, createClientAddress(server.trustedProxies, ssl.enabled))
  const secret = secretKey ?? (await keyFileIn(dataDir))
  const box = createBox(secret, 'accounts of people')
  const grants = createGrants(store, box, oauth2)
  const known = createKnown<LiveGrant>(store.byAccess, log, Date.now)
  const documents = createDocuments({ windows, allow: options.documents })
  const realms = createRealms(options.realms)

  function accountIn(grant: Grant): Account {
    const account = grants.accountIn(grant)
    if (account) {
      secrets.addPassing([account.password])
      return account
    }
    throw new Failure('unauthorized', 'this token was made under another SECRET_KEY: sign in again')
  }

  async function countRegistration(from: string): Promise<void> {
    const { limit, window } = registrations
    const { allowed, retryAfter } = await windows.take(`client-registrations:${countedAs(from)}`, limit, window)
    if (!allowed) throw tooMany('registrations', limit, window, retryAfter)
  }

  async function personOf(grant: LiveGrant): Promise<Caller | undefined> {
    const realm = realms.get(grant.realm)
    if (!realm) return undefined
    const caller: Caller = { id: `person:${grant.realm}:${grant.username}`, name: grant.username, scopes: ['read', 'call'] }
    try {
      await realm.greet(caller, () => accountIn(grant))
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'unauthorized') throw error
      log.info('account refused, what was given for it is void', { upstream: grant.realm, reason: error.message })
      await store.endOne(grant.id)
      if (grant.accessHash) known.forget(grant.accessHash)
      return undefined
    }
    return caller
  }

  return {
    realms,
    own: check && createOwnAccounts({ check, grants, box: createBox(secret, 'consent of people') }),
    clients: createClients({ box: createBox(secret, 'clients of people'), documents, shared: options.realms.length > 0 }),
    address,
    metadata: (request) => address(request) + resourcePath + resourceOf(request.url),
    allowedRedirects: oauth2.allowedRedirectUris,
    countRegistration,
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
      known.forget(sha256(token))
    },
    forget({ accessHash }) {
      if (accessHash) known.forget(accessHash)
    },
    async verify(credential) {
      if (!isAccessToken(credential)) return undefined
      const grant = await known.find(sha256(credential))
      if (!grant || (grant.accessExpiresAt?.getTime() ?? 0) <= Date.now()) return undefined
      return grant.user ? callerOf(grant, grant.user, narrowedTo(credential)) : personOf(grant)
    },
    stop: documents.stop,
  }
}
