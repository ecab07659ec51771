/** What is asked of an authorization server: tokens for a code, for a refresh token, for a machine's own credentials. */
import type { OAuthClientProvider, OAuthTokens } from '@modelcontextprotocol/client'
import type { OAuthConfig } from '../../config/upstream/oauth.ts'
import type { Account, Authority, Begun, Tokens } from './account.ts'
import { carefulFetch } from './careful-fetch.ts'
import { union } from './scopes.ts'
import { sdk } from './sdk.ts'

/**
 * Who signs people in for a server (RFC 9728, RFC 8414).
 * @param metadataUrl where the server says that this stands
 * @returns undefined where neither the server nor its host says anything about it
 * @throws where what they say does not fit together
 */
export async function discover(url: string, metadataUrl: URL | undefined): Promise<Authority | undefined> {
  const { discoverOAuthServerInfo, selectResourceURL } = await sdk()
  const fetchFn = carefulFetch(url)
  const found = await discoverOAuthServerInfo(url, { resourceMetadataUrl: metadataUrl, fetchFn })
  const { authorizationServerUrl, authorizationServerMetadata: metadata, resourceMetadata } = found
  if (!resourceMetadata && !metadata) return undefined
  // Throws where the server speaks for another one.
  await selectResourceURL(url, nobody, resourceMetadata)
  const issuer = metadata?.issuer ?? authorizationServerUrl
  return { issuer, url: authorizationServerUrl, metadata, resource: resourceMetadata?.resource }
}

/** Throws an OAuthError where the authorization server refuses, anything else where it cannot be asked. */
export async function refresh(url: string, { authority, client, tokens }: Account): Promise<Tokens> {
  const { refreshAuthorization } = await sdk()
  if (!client || tokens?.refresh === undefined) throw new Error('there is nothing to refresh')
  const { metadata, resource } = authority
  const fetchFn = carefulFetch(url)
  const given = await refreshAuthorization(authority.url, {
    metadata,
    clientInformation: client,
    refreshToken: tokens.refresh,
    resource,
    fetchFn,
  })
  return toTokens(given, tokens.scope)
}

/** @param iss as the authorization server named itself when it sent the browser back (RFC 9207) */
export async function redeem({ server, authority, client, redirectUrl, verifier, scope }: Begun, code: string, iss?: string) {
  const { fetchToken } = await sdk()
  const provider = {
    ...nobody,
    redirectUrl,
    clientInformation: () => ({ ...client, issuer: authority.issuer }),
    codeVerifier: () => verifier,
  }
  const { metadata, resource } = authority
  const fetchFn = carefulFetch(server.url)
  const given = await fetchToken(provider, authority.url, { metadata, resource, authorizationCode: code, iss, fetchFn })
  return toTokens(given, scope)
}

/** @param issuer the authorization server that the credentials are for, where that is known: no other one gets them */
export async function machineTokens(
  url: string,
  { clientId, clientSecret }: OAuthConfig,
  { authority, scope, issuer }: { authority: Authority; scope: string | undefined; issuer: string | undefined },
): Promise<Tokens> {
  const { fetchToken } = await sdk()
  const client = { client_id: clientId ?? '', ...(clientSecret === null ? {} : { client_secret: clientSecret }), issuer }
  const provider = {
    ...nobody,
    clientInformation: () => client,
    prepareTokenRequest: (wanted?: string) =>
      new URLSearchParams({ grant_type: 'client_credentials', ...(wanted === undefined ? {} : { scope: wanted }) }),
  }
  const { metadata, resource } = authority
  const given = await fetchToken(provider, authority.url, { metadata, resource, scope, fetchFn: carefulFetch(url) })
  return toTokens(given, scope)
}

const toTokens = ({ access_token, refresh_token, expires_in, scope }: OAuthTokens, asked: string | undefined): Tokens => ({
  access: access_token,
  refresh: refresh_token,
  expiresAt: expires_in === undefined ? undefined : Date.now() + expires_in * 1000,
  scope: union(scope, asked),
})

const never = () => {
  throw new Error('nobody can be asked here')
}

/** The SDK asks a provider for everything; these questions have one answer at most. */
const nobody: OAuthClientProvider = {
  redirectUrl: undefined,
  clientMetadata: { redirect_uris: [] },
  clientInformation: () => undefined,
  tokens: () => undefined,
  saveTokens: never,
  redirectToAuthorization: never,
  saveCodeVerifier: never,
  codeVerifier: never,
}
