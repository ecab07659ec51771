/** POST /api/v1/auth/token: a name and a password for a token, on both ports. */
import type { IncomingMessage } from 'node:http'
import { Hono } from 'hono'
import { z } from 'zod'
import { Failure } from '../app/errors.ts'
import type { People } from '../app/people.ts'
import { readBody } from '../app/surfaces/body.ts'
import { parseJson } from '../app/surfaces/json.ts'
import type { Tokens } from '../app/tokens.ts'
import type { Surface, Web } from '../app/yard.ts'
import { fromWhere } from './from-where.ts'
import { requireSameOrigin } from './guard.ts'
import { type AdminEnv, answerError, checked, originOf } from './web.ts'
import type { TokenGiven } from './wire.ts'

/** Bytes; anybody may send these. */
const bodyLimit = 16 * 1024
const text = z.string().max(1_000)
/** Programs made for OAuth libraries say `username`; what else they send (`grant_type`) is not looked at. */
const credentials = z
  .object({ name: text.optional(), username: text.optional(), password: text })
  .transform(({ name, username, password }) => ({ name: name ?? username ?? '', password }))
  .refine(({ name }) => name !== '', { path: ['name'], message: 'name (or username) is required' })

export function tokenRoutes(people: People, tokens: Tokens): Hono<AdminEnv> {
  return new Hono<AdminEnv>().post('/token', async (c) => {
    const origin = originOf(c)
    const user = await people.check(checked(await fieldsOf(c.env.incoming), credentials), origin)
    const {
      token,
      expiresIn,
      user: { role },
    } = await tokens.issue(user, origin.address)
    const given: TokenGiven = { access_token: token, token_type: 'Bearer', expires_in: expiresIn, role }
    return c.json(given, 200, { 'Cache-Control': 'no-store' })
  })
}

/** The same for port 9090, which is where services call with the token. */
export const tokenSurface =
  (people: People, tokens: Tokens): Surface =>
  (yard) => {
    const api = new Hono<AdminEnv>()
      .use(fromWhere(yard, true))
      .use(requireSameOrigin(yard.settled.config.server.publicUrl))
      .route('/', tokenRoutes(people, tokens))
      .onError(answerError(yard.log))
    const web: Web = new Hono()
    return web.route('/api/v1/auth', api)
  }

/** JSON, or a form (RFC 6749 has its tokens asked for by forms). */
async function fieldsOf(incoming: IncomingMessage): Promise<unknown> {
  const body = await readBody(incoming, bodyLimit)
  const type = incoming.headers['content-type'] ?? ''
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return Object.fromEntries(new URLSearchParams(body.toString()))
  if (/^multipart\//i.test(type))
    throw new Failure('invalid_request', 'send name and password as JSON, or as application/x-www-form-urlencoded')
  return parseJson(body)
}
