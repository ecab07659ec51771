/** What clients of the authorization server speak with it: a registration, tokens, and their end. */
import { Hono } from 'hono'
import { isOurs } from '../../authorization/ask.ts'
import { descriptionIn } from '../../authorization/description.ts'
import { redirectFault } from '../../authorization/redirects.ts'
import type { Authorization } from '../../authorization.ts'
import { isObject } from '../../is-object.ts'
import type { Surface, Web } from '../../yard.ts'
import { admitted, fail, failWith, known, limited, type Request } from './web.ts'

export const endpoints =
  (server: Authorization): Surface =>
  (yard) => {
    const web: Web = new Hono()
    const selfOf = ({ env }: Request) => server.address(env.incoming)
    web.post('/oauth/register', admitted(yard), limited(), register)
    web.post('/token', admitted(yard), limited(), token)
    web.post('/revoke', admitted(yard), limited(), revoke)
    return web

    /** Public programs have no secret, so there is nothing to be kept of them: what they say comes back with them, sealed in their id. */
    async function register(c: Request) {
      const wish: unknown = await c.req.json().catch(() => undefined)
      if (!isObject(wish)) return fail(c, 400, 'invalid_client_metadata', 'the body must be a JSON object (RFC 7591)')
      try {
        await server.countRegistration(yard.addressOf(c.env.incoming))
        const description = descriptionIn({ ...wish, token_endpoint_auth_method: 'none' })
        const { name, redirectUris } = description
        const fault = redirectUris.map((uri) => redirectFault(uri, server.allowedRedirects)).find(Boolean)
        if (fault) return fail(c, 400, 'invalid_redirect_uri', fault)
        const answer = {
          client_id: server.clients.register(description),
          client_id_issued_at: Math.floor(Date.now() / 1000),
          redirect_uris: redirectUris,
          ...(name === undefined ? {} : { client_name: name }),
          token_endpoint_auth_method: 'none',
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
        }
        return c.json(answer, 201, { 'cache-control': 'no-store' })
      } catch (error) {
        const { code, message, data } = known(error, yard.log)
        return code === 'invalid_params' ? fail(c, 400, String(data?.error), message) : failWith(c, error, yard.log)
      }
    }

    async function token(c: Request) {
      const params = new URLSearchParams(await c.req.text())
      const get = (name: string) => params.get(name) ?? ''
      if (!get('client_id')) return fail(c, 400, 'invalid_request', 'client_id is missing')
      if (!server.clients.knows(get('client_id')))
        return fail(c, 401, 'invalid_client', 'this client_id is none that was given here, or not any more: register again')
      if (params.getAll('resource').some((resource) => !isOurs(resource, selfOf(c))))
        return fail(c, 400, 'invalid_target', `resource must be at ${selfOf(c)}`)
      const type = get('grant_type')
      if (type !== 'authorization_code' && type !== 'refresh_token')
        return fail(c, 400, 'unsupported_grant_type', 'grant_type must be authorization_code or refresh_token')
      try {
        const tokens = await (type === 'refresh_token' ? refreshed(params) : redeemed(get))
        if (!tokens) return fail(c, 400, 'invalid_grant', 'this code or token is not valid, not any more, or not for this client')
        const { access, refresh, expiresIn, scopes } = tokens
        const answer = {
          ...{ access_token: access, token_type: 'Bearer', expires_in: expiresIn, refresh_token: refresh },
          scope: scopes.join(' '),
        }
        return c.json(answer, 200, { 'cache-control': 'no-store' })
      } catch (error) {
        const { code, message } = known(error, yard.log)
        return code === 'forbidden' ? fail(c, 400, 'invalid_scope', message) : failWith(c, error, yard.log)
      }
    }

    function refreshed(params: URLSearchParams) {
      const scopes = params.get('scope')?.split(' ').filter(Boolean)
      return server.refresh(params.get('refresh_token') ?? '', params.get('client_id')!, scopes?.length ? scopes : undefined)
    }

    async function redeemed(get: (name: string) => string) {
      if (!URL.canParse(get('redirect_uri'))) return undefined
      const [code, verifier] = [get('code'), get('code_verifier')]
      return server.redeem({ code, verifier, clientId: get('client_id'), redirectUri: get('redirect_uri') })
    }

    async function revoke(c: Request) {
      const params = new URLSearchParams(await c.req.text())
      try {
        await server.revoke(params.get('token') ?? '')
        return c.body(null, 200, { 'cache-control': 'no-store' })
      } catch (error) {
        return failWith(c, error, yard.log)
      }
    }
  }
