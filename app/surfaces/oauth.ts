/** What clients of the authorization server speak with it: where everything is, a registration, tokens, and their end. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono, type Next } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { resourcePath, serverPath } from '../authorization/address.ts'
import { isOurs, publicClient } from '../authorization/ask.ts'
import { redirectFault } from '../authorization/redirects.ts'
import type { Authorization } from '../authorization.ts'
import { Failure, meaningOf, toFailure } from '../errors.ts'
import { retryAfter } from '../retry-after.ts'
import type { Surface, Web } from '../yard.ts'

type Request = Context<{ Bindings: HttpBindings }>

const most = 64 * 1024

export const oauth =
  (server: Authorization): Surface =>
  (yard) => {
    const web: Web = new Hono()
    const allowed = server.allowedRedirects
    const selfOf = ({ env }: Request) => server.address(env.incoming)
    web.get(`${resourcePath}/*`, describeResource)
    web.get(resourcePath, describeResource)
    web.get(`${serverPath}/*`, describeServer)
    web.get(serverPath, describeServer)
    web.post('/oauth/register', admitted, limited(), register)
    web.post('/token', admitted, limited(), token)
    web.post('/revoke', admitted, limited(), revoke)
    return web

    function describeResource(c: Request) {
      const self = selfOf(c)
      const path = c.req.path.slice(resourcePath.length)
      return c.json({ resource: self + path, authorization_servers: [self], bearer_methods_supported: ['header'] })
    }

    function describeServer(c: Request) {
      const self = selfOf(c)
      return c.json({
        issuer: self,
        authorization_endpoint: `${self}/authorize`,
        token_endpoint: `${self}/token`,
        registration_endpoint: `${self}/oauth/register`,
        revocation_endpoint: `${self}/revoke`,
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['none'],
        revocation_endpoint_auth_methods_supported: ['none'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      })
    }

    /** Public programs have no secret to keep apart, so they all are the same client, and nothing has to be kept. */
    async function register(c: Request) {
      const wish: unknown = await c.req.json().catch(() => undefined)
      const { redirect_uris: uris, client_name: name } = (wish ?? {}) as { redirect_uris?: unknown; client_name?: unknown }
      if (!Array.isArray(uris) || uris.length === 0 || uris.length > 20 || !uris.every((uri) => typeof uri === 'string'))
        return fail(c, 400, 'invalid_redirect_uri', 'redirect_uris must be a list of 1 to 20 URLs')
      const fault = uris.map((uri) => redirectFault(uri, allowed)).find(Boolean)
      if (fault) return fail(c, 400, 'invalid_redirect_uri', fault)
      const answer = {
        client_id: publicClient,
        redirect_uris: uris,
        ...(typeof name === 'string' ? { client_name: name.slice(0, 200) } : {}),
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      }
      return c.json(answer, 201, { 'cache-control': 'no-store' })
    }

    async function token(c: Request) {
      const params = new URLSearchParams(await c.req.text())
      const get = (name: string) => params.get(name) ?? ''
      if (get('client_id') !== publicClient) return fail(c, 401, 'invalid_client', `client_id must be ${publicClient}`)
      if (params.getAll('resource').some((resource) => !isOurs(resource, selfOf(c))))
        return fail(c, 400, 'invalid_target', `resource must be at ${selfOf(c)}`)
      try {
        const tokens = await tokensFor(get)
        if (!tokens) return fail(c, 400, 'invalid_grant', 'this code or token is not valid, not any more, or not for this client')
        const { access, refresh, expiresIn } = tokens
        const answer = { access_token: access, token_type: 'Bearer', expires_in: expiresIn, refresh_token: refresh }
        return c.json(answer, 200, { 'cache-control': 'no-store' })
      } catch (error) {
        const { code, message } = known(error)
        const word =
          code === 'invalid_params'
            ? 'unsupported_grant_type'
            : code === 'unavailable'
              ? 'temporarily_unavailable'
              : 'server_error'
        return fail(c, meaningOf(code).status as ContentfulStatusCode, word, message)
      }
    }

    function tokensFor(get: (name: string) => string) {
      const clientId = get('client_id')
      if (get('grant_type') === 'refresh_token') return server.refresh(get('refresh_token'), clientId)
      if (get('grant_type') !== 'authorization_code')
        throw new Failure('invalid_params', 'grant_type must be authorization_code or refresh_token')
      if (!URL.canParse(get('redirect_uri'))) return undefined
      return server.redeem({ code: get('code'), verifier: get('code_verifier'), clientId, redirectUri: get('redirect_uri') })
    }

    async function revoke(c: Request) {
      const params = new URLSearchParams(await c.req.text())
      try {
        await server.revoke(params.get('token') ?? '')
        return c.body(null, 200, { 'cache-control': 'no-store' })
      } catch (error) {
        return fail(c, 503, 'temporarily_unavailable', known(error).message)
      }
    }

    async function admitted(c: Request, next: Next) {
      try {
        await yard.admit(c.env.incoming)
      } catch (error) {
        const { code, message, data } = known(error)
        const status = meaningOf(code).status as ContentfulStatusCode
        return fail(c, status, 'temporarily_unavailable', message, retryAfter(data))
      }
      return next()
    }

    function known(error: unknown): Failure {
      const failure = toFailure(error)
      if (failure.code === 'internal') yard.log.error('sign-in failed', { error: failure.cause })
      return failure
    }
  }

/** Errors of an authorization server have this shape and no other: clients check it (RFC 6749, section 5.2). */
function fail(
  c: Request,
  status: ContentfulStatusCode,
  error: string,
  description: string,
  headers: Record<string, string> = {},
) {
  return c.json({ error, error_description: description }, status, { 'cache-control': 'no-store', ...headers })
}

const limited = () =>
  bodyLimit({
    maxSize: most,
    onError: (c) => c.json({ error: 'invalid_request', error_description: 'the body is too large' }, 413),
  })
