/** The first half of a person's sign-in: where the browser goes, and what has to be remembered until it comes back. */
import type { OAuthClientInformationMixed, OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/client'
import type { OAuthConfig } from '../../config/upstream/oauth.ts'
import { randomText } from '../../random-text.ts'
import type { Account, Begun, Server } from './account.ts'
import { carefulFetch } from './careful-fetch.ts'
import { sdk } from './sdk.ts'

export interface BeginOptions {
  readonly server: Server
  readonly config: OAuthConfig
  /** What is known from the last time. */
  readonly known: Account | undefined
  readonly redirectUrl: string
  readonly scope: string | undefined
  /** Where the server says what it wants. */
  readonly metadataUrl: URL | undefined
  readonly actor: string
}

export interface Beginning {
  /** Where the browser goes. */
  readonly url: string
  /** What it comes back with. */
  readonly state: string
  readonly begun: Begun
}

/** Registers us where we are not known yet. Throws what keeps the sign-in from being begun. */
export async function beginSignIn(options: BeginOptions): Promise<Beginning> {
  const { server, config, known, redirectUrl, scope, metadataUrl, actor } = options
  const { auth } = await sdk()
  const state = randomText()
  let client: OAuthClientInformationMixed | undefined
  let discovered: OAuthDiscoveryState | undefined
  let verifier = ''
  let url: URL | undefined

  const provider: OAuthClientProvider = {
    redirectUrl,
    clientMetadataUrl: config.clientMetadataUrl ?? undefined,
    clientMetadata: {
      client_name: 'Switchyard',
      redirect_uris: [redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    state: () => state,
    clientInformation(context) {
      client = configured(config, known) ?? registered(known, redirectUrl, context?.issuer)
      return client
    },
    // A client id that stands in the configuration belongs to one authorization server; at another we do not make up one.
    ...(config.clientId === null
      ? {
          saveClientInformation(given: OAuthClientInformationMixed) {
            client = given
          },
        }
      : {}),
    tokens: () => undefined,
    saveTokens() {},
    saveDiscoveryState(found) {
      if (!found.resourceMetadata && !found.authorizationServerMetadata)
        throw new Error('the server does not say where to sign in')
      discovered = found
    },
    saveCodeVerifier(made) {
      verifier = made
    },
    codeVerifier: () => verifier,
    redirectToAuthorization(to) {
      url = to
    },
  }
  await auth(provider, {
    serverUrl: server.url,
    scope,
    resourceMetadataUrl: metadataUrl,
    forceReauthorization: true,
    fetchFn: carefulFetch(server.url),
  })
  if (!url || !client || !discovered) throw new Error('the sign-in led nowhere')
  if (!mayLeadTo(url, server))
    throw new Error(`the sign-in leads to ${url.protocol}//${url.host}, where nobody should type a password`)
  const { authorizationServerUrl, authorizationServerMetadata: metadata, resourceMetadata } = discovered
  const authority = {
    issuer: metadata?.issuer ?? authorizationServerUrl,
    url: authorizationServerUrl,
    metadata,
    resource: resourceMetadata?.resource,
  }
  const asked = url.searchParams.get('scope') ?? undefined
  return { url: url.href, state, begun: { server, authority, client, redirectUrl, verifier, scope: asked, actor } }
}

/** A stranger's server must not choose what a browser does: a page over TLS, or over plain HTTP where it is spoken to like that itself. */
const mayLeadTo = ({ protocol }: URL, { url }: Server): boolean =>
  protocol === 'https:' || (protocol === 'http:' && new URL(url).protocol === 'http:')

/** Once used at one authorization server, it is not shown to another. */
export function configured({ clientId, clientSecret }: OAuthConfig, known: Account | undefined) {
  if (clientId === null) return undefined
  const issuer = known?.client?.client_id === clientId ? known.authority.issuer : undefined
  return { client_id: clientId, ...(clientSecret === null ? {} : { client_secret: clientSecret }), issuer }
}

/** What we were registered as the last time, if it was there and browsers still come back to the same place. */
function registered(known: Account | undefined, redirectUrl: string, issuer: string | undefined) {
  if (!known?.client || known.redirectUrl !== redirectUrl || known.authority.issuer !== issuer) return undefined
  return { ...known.client, issuer }
}
