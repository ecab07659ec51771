/**
 * People sign in to the panel with an OpenID provider: authorization code with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9207). Only
 * the browser that began a sign-in can end it: what has to be remembered until then goes with it, sealed.
 */
import type { Config } from '../config.ts'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { Role } from '../roles.ts'
import { sha256 } from '../sha256.ts'
import { nameOf, roleOf, valuesOf } from './claims.ts'
import { redeem } from './code.ts'
import { identityIn } from './id-token.ts'
import { createPendings, type Pending } from './pending.ts'
import { type Provider, placeIn } from './provider.ts'

export interface Begun {
  /** Where the browser goes. */
  readonly url: string
  /** What it has to bring back, sealed. */
  readonly sealed: string
}

/** Somebody whom the provider knows. */
export interface Identity {
  /** Issuer and `sub`: unique, and never given to another person. */
  readonly subject: string
  readonly name: string
  /** What the claims of this person mean; undefined where none of them means anything. */
  readonly role: Role | undefined
  /** Whether roles are the provider's business, so that nobody without one comes in. */
  readonly roleRequired: boolean
}

export interface ProviderSignIn {
  /** Of the issuer, for people. */
  readonly host: string
  /** Where the provider has to send browsers back to, where the settings say; otherwise the request does. */
  readonly redirectUrl: string | null
  /** @throws Failure `unavailable` where the provider does not say where browsers should go */
  begin(redirectUrl: string): Promise<Begun>
  /**
   * @param query what the browser brought back in the URL
   * @param sealed what it was given to bring back
   * @throws Failure in words for the person; the reason is in the log
   */
  finish(query: URLSearchParams, sealed: string | undefined): Promise<Identity>
}

export interface ProviderSignInOptions {
  readonly provider: Provider
  readonly settings: Pick<Config, 'auth' | 'secretKey'>
  readonly log: Log
  /** Milliseconds, as Date.now(). */
  readonly now?: () => number
}

/** @returns undefined where we are no client of the provider */
export function createProviderSignIn(options: ProviderSignInOptions): ProviderSignIn | undefined {
  const { provider, now = Date.now } = options
  const { auth, secretKey } = options.settings
  const settings = auth.oidc
  if (settings.clientId === null || secretKey === null) return undefined
  const clientId: string = settings.clientId
  const log = options.log.with({ issuer: provider.issuer })
  const pendings = createPendings(secretKey, now)

  async function identify(query: URLSearchParams, pending: Pending): Promise<Identity> {
    const iss = query.get('iss')
    if (iss !== null && iss !== provider.issuer) throw new Error(`the browser comes back from ${iss.slice(0, 200)}`)
    const code = query.get('code')
    if (code === null) throw new Failure('failed', `the provider says ${errorIn(query)}`)
    const tokens = await redeem({ provider, clientId, clientSecret: settings.clientSecret, code, ...pending })
    const claims = await identityIn(tokens, { provider, clientId, clockSkew: settings.clockSkew, nonce: pending.nonce, now })
    return {
      subject: `${provider.issuer}|${claims.sub}`,
      name: nameOf(claims, settings.nameClaim),
      role: roleOf(valuesOf(claims, settings.scopeClaims), settings.roles),
      roleRequired: Object.keys(settings.roles).length > 0,
    }
  }

  return {
    host: new URL(provider.issuer).host,
    redirectUrl: settings.redirectUrl,
    async begin(redirectUrl) {
      const { pending, sealed } = pendings.begin(redirectUrl)
      const url = new URL(await authorizationEndpoint(provider, log))
      const query = {
        response_type: 'code',
        client_id: clientId,
        redirect_uri: redirectUrl,
        scope: ['openid', ...settings.requestScopes.filter((scope) => scope !== 'openid')].join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: sha256(pending.verifier, 'base64url'),
        code_challenge_method: 'S256',
      }
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      return { url: url.href, sealed }
    },
    async finish(query, sealed) {
      const pending = pendings.open(sealed, query.get('state'))
      try {
        return await identify(query, pending)
      } catch (error) {
        log.info('sign-in with the provider failed', { reason: reasonOf(error) })
        if (error instanceof Failure) throw error
        throw new Failure('failed', 'the provider did not prove who you are: the log of this server says why')
      }
    },
  }
}

async function authorizationEndpoint(provider: Provider, log: Log): Promise<string> {
  try {
    return placeIn(await provider.metadata.get(), 'authorization_endpoint')
  } catch (error) {
    log.warn('nobody can sign in with the provider', { reason: reasonOf(error) })
    throw new Failure('unavailable', 'the provider cannot be reached: try again in a moment, or sign in with a password', {
      data: { retry_after: 5 },
    })
  }
}

/** A word of RFC 6749, section 4.1.2.1; its description is a stranger's text, and not repeated. */
function errorIn(query: URLSearchParams): string {
  const error = query.get('error')
  if (error === 'access_denied') return 'that you may not come in, or did not want to (access_denied)'
  return error !== null && /^[\w-]{1,60}$/.test(error) ? error : 'nothing that could be understood'
}
