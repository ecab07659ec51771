/** New tokens without a person: for a refresh token, or for a machine's own credentials. */
import type { OAuthConfig } from '../../config/upstream/oauth.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type Account, clientSecretOf, type Server } from './account.ts'
import { configured } from './beginning.ts'
import { discover, machineTokens, refresh } from './grants.ts'
import { endingIn, inWords } from './words.ts'

export interface Renewals {
  /**
   * @returns the account as it is from now on: without tokens where the authorization server has ended it
   * @throws Failure `upstream_away` where it could not be asked, and nothing has changed
   */
  renew(account: Account): Promise<Account>
  /** Throws Failure `upstream_away` with what is in the way. */
  askAlone(known: Account | undefined, scope: string | undefined, metadataUrl: URL | undefined): Promise<Account>
}

export interface RenewalsOptions {
  readonly server: Server
  readonly config: OAuthConfig
  readonly log: Log
}

export function createRenewals({ server: { name, url }, config, log }: RenewalsOptions): Renewals {
  const away = (reason: string) => new Failure('upstream_away', `${name}: ${reason}`, { data: { upstream: name } })

  return {
    async renew(account) {
      const { client, tokens } = account
      // These tokens are another client's, and the new one's secret is not for where the old one was known.
      if (config.clientId !== null && client?.client_id !== config.clientId) return without(account)
      try {
        return { ...account, tokens: await refresh(url, { ...account, client: configured(config, account) ?? client }) }
      } catch (error) {
        const code = endingIn(error)
        const reason = inWords(error, [tokens?.refresh, tokens?.access, clientSecretOf(client), config.clientSecret])
        if (!code) throw away(`the sign-in could not be renewed: ${reason}`)
        log.warn('sign-in ended by the authorization server', { code, reason })
        return code === 'invalid_grant' ? { ...account, tokens: undefined } : without(account)
      }
    },
    async askAlone(known, scope, metadataUrl) {
      try {
        const authority = await discover(url, metadataUrl)
        if (!authority) throw new Error('the server does not say where to sign in')
        const issuer = configured(config, known)?.issuer
        const tokens = await machineTokens(url, config, { authority, scope, issuer })
        return { authority, client: { client_id: config.clientId ?? '' }, tokens }
      } catch (error) {
        throw away(`no sign-in with client_credentials: ${inWords(error, [config.clientSecret])}`)
      }
    },
  }
}

/** Nobody there knows us any more. */
const without = (account: Account): Account => ({ ...account, tokens: undefined, client: undefined })
