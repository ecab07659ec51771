/** Our own address as this client reaches us: tokens are for it, and clients compare it with where they came from. */
import type { Arrival, ClientAddress } from '../client-address.ts'

export type OwnAddress = (request: Arrival) => string

/** @returns gives an origin, or what server.public_url says, without a slash at the end */
export const ownAddress =
  (publicUrl: string | null, { isSecure, hostOf }: ClientAddress): OwnAddress =>
  (request) =>
    publicUrl?.replace(/\/+$/, '') ?? `${isSecure(request) ? 'https' : 'http'}://${hostOf(request) ?? 'localhost'}`

export const resourcePath = '/.well-known/oauth-protected-resource'
export const serverPath = '/.well-known/oauth-authorization-server'
/** Where clients of OpenID look, and those whose server lives below a path. */
export const openidPath = '/.well-known/openid-configuration'

/** The paths that clients of MCP connect to; each is a resource that a client may ask a token for (RFC 8707). */
const resources = ['/mcp', '/sse', '/ws']

/** @param path what follows the well-known part */
export const isResource = (path: string): boolean => path === '' || path === '/' || resources.includes(path.replace(/\/$/, ''))

/** Which of them a request is for, by its URL; all of this server where it is none of them. */
export function resourceOf(url: string | undefined): string {
  const path = url?.split('?', 1)[0] ?? ''
  if (/^\/(sse\/)?messages\b/.test(path)) return '/sse'
  return resources.find((each) => path === each || path === `${each}/`) ?? ''
}
