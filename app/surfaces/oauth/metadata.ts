/** Where a client finds out who can let it in, and how (RFC 9728, RFC 8414, OpenID Connect Discovery). */
import { Hono } from 'hono'
import { isResource, openidPath, resourcePath, serverPath } from '../../authorization/address.ts'
import { grantable } from '../../authorization/scopes.ts'
import type { Authorization } from '../../authorization.ts'
import { usualScopes } from '../../scopes.ts'
import type { Surface, Web } from '../../yard.ts'
import { fail, type Request } from './web.ts'

export const metadata =
  ({ address }: Pick<Authorization, 'address'>): Surface =>
  () => {
    const web: Web = new Hono()
    const selfOf = ({ env }: Request) => address(env.incoming)
    for (const path of [resourcePath, `${resourcePath}/*`]) web.get(path, describeResource)
    // Clients put the path of what they connect to at the end, and those of OpenID before it.
    for (const path of [serverPath, `${serverPath}/*`]) web.get(path, (c) => c.json(describe(selfOf(c))))
    for (const path of [openidPath, `${openidPath}/*`, `/:path{mcp|sse|ws}${openidPath}`])
      web.get(path, (c) => c.json({ ...describe(selfOf(c)), ...openid(selfOf(c)) }))
    web.get(noKeysPath, (c) => c.json({ keys: [] }))
    return web

    function describeResource(c: Request) {
      const path = c.req.path.slice(resourcePath.length)
      if (!isResource(path)) return fail(c, 404, 'not_found', 'no MCP client connects to that path: try /mcp')
      const self = selfOf(c)
      return c.json({
        resource: self + path,
        resource_name: 'Switchyard',
        authorization_servers: [self],
        // What a client needs at least: for more it is told to ask when it tries.
        scopes_supported: usualScopes,
        bearer_methods_supported: ['header'],
      })
    }
  }

const describe = (self: string) => ({
  issuer: self,
  authorization_endpoint: `${self}/authorize`,
  token_endpoint: `${self}/token`,
  registration_endpoint: `${self}/oauth/register`,
  revocation_endpoint: `${self}/revoke`,
  scopes_supported: grantable,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_methods_supported: ['none'],
  revocation_endpoint_auth_methods_supported: ['none'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  client_id_metadata_document_supported: true,
})

const noKeysPath = '/.well-known/no-keys.json'

/** Clients that look where OpenID keeps it refuse a document without these. There are no ID tokens here, so nothing is signed. */
const openid = (self: string) => ({
  jwks_uri: self + noKeysPath,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['none'],
})
