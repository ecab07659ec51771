/** Whether people let MCP clients in here, and what speaks against it. */
import { isLoopback } from '../loopback.ts'
import type { Settings } from './settings.ts'
import { signsPeopleIn, type UpstreamConfig } from './upstream/kinds.ts'

type Facts = Pick<Settings, 'oauth2' | 'server' | 'auth' | 'secretKey'> & { readonly upstreams: readonly UpstreamConfig[] }

/**
 * Whether the authorization server is open. Left to itself it opens where somebody needs it: a server that answers everybody on its own
 * machine sends nobody to sign in.
 */
export function letsClientsIn({ oauth2, server, auth, secretKey, upstreams }: Facts): boolean {
  if (server.transport === 'stdio' || oauth2.enabled === 'false') return false
  if (oauth2.enabled === 'true' || upstreams.some(signsPeopleIn)) return true
  return secretKey !== null && (auth.mode === 'required' || server.publicUrl !== null || !isLoopback(server.host))
}

/** @param origins where each value came from, by path @returns one sentence for each rule that is broken */
export function brokenOauthRules(
  { oauth2, server }: Pick<Settings, 'oauth2' | 'server'>,
  upstreams: readonly UpstreamConfig[],
  origins: ReadonlyMap<string, string>,
): string[] {
  const from = origins.get('oauth2.enabled') ?? 'unknown'
  if (oauth2.enabled === 'true' && server.transport === 'stdio')
    return [`oauth2.enabled (${from}) needs HTTP, where people sign in: server.transport must be sse or both`]
  if (oauth2.enabled !== 'false') return []
  return upstreams
    .filter(signsPeopleIn)
    .map(({ name }) => `upstream ${name} has auth_mode oauth2, so oauth2.enabled (${from}) must be auto or true`)
}
