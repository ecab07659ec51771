/** What is kept of a sign-in at an upstream, and of one that has been begun. Never in the open. */
import type { AuthorizationServerMetadata, OAuthClientInformationMixed } from '@modelcontextprotocol/client'

/** Which server it is about: what was given for one URL is never shown to another. */
export interface Server {
  /** Its name in the configuration. */
  readonly name: string
  readonly url: string
}

/** The authorization server that an upstream sends us to. */
export interface Authority {
  /** Who it says it is; tokens and client ids of one are worth nothing at another. */
  readonly issuer: string
  readonly url: string
  readonly metadata?: AuthorizationServerMetadata
  /** What the upstream calls itself there, to the letter. */
  readonly resource?: string
}

export interface Tokens {
  readonly access: string
  readonly refresh?: string
  /** Milliseconds, as Date.now(); undefined where nobody said. */
  readonly expiresAt?: number
  /** Everything that was asked for or given: asking for the same again would give the same. */
  readonly scope?: string
}

export interface Account {
  readonly authority: Authority
  /** Whom the authorization server takes us for; undefined when it does not know us any more. */
  readonly client?: OAuthClientInformationMixed
  /** Where browsers come back to, which is a part of the registration; undefined where none is needed. */
  readonly redirectUrl?: string
  /** Undefined when they are worth nothing any more. */
  readonly tokens?: Tokens
}

/** A person is on the way to the authorization server, and comes back with a code. */
export interface Begun {
  readonly server: Server
  readonly authority: Authority
  readonly client: OAuthClientInformationMixed
  readonly redirectUrl: string
  /** Of PKCE. */
  readonly verifier: string
  readonly scope?: string
  /** Who began it, for the audit log. */
  readonly actor: string
}

/** What must not come out of it. */
export const secretsOf = ({ client, tokens }: Pick<Account, 'client' | 'tokens'>): string[] =>
  [clientSecretOf(client), tokens?.access, tokens?.refresh].filter((secret) => secret !== undefined)

export const clientSecretOf = (client: OAuthClientInformationMixed | undefined): string | undefined =>
  typeof client?.client_secret === 'string' ? client.client_secret : undefined
