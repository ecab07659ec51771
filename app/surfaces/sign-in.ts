/** The page where a person signs in with an account of a system behind us, so that a client may call in their name. */
import type { HttpBindings } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Asked, backTo, readAsk } from '../authorization/ask.ts'
import { problemPage, signInPage } from '../authorization/page.ts'
import type { Welcome } from '../authorization/words.ts'
import type { Authorization } from '../authorization.ts'
import { meaningOf, toFailure } from '../errors.ts'
import { retryAfter } from '../retry-after.ts'
import type { Surface, Web } from '../yard.ts'

type Request = Context<{ Bindings: HttpBindings }>

const most = 64 * 1024

/** What a person reads who was not let in, and the status of the page. */
const refusals: Record<Exclude<Welcome, 'welcome'>, readonly [ContentfulStatusCode, string]> = {
  wrong: [401, 'This account or its password is wrong.'],
  forbidden: [403, 'This account is right, but it has no rights to this service. Ask whoever looks after the system.'],
  broken: [502, 'The system answers in a way that nobody understands. Whoever looks after this server finds more in its log.'],
  away: [503, 'The system does not answer just now. Try again in a moment.'],
}

export const signIn =
  (server: Authorization): Surface =>
  (yard) => {
    const web: Web = new Hono()
    const allowed = server.allowedRedirects
    const selfOf = ({ env }: Request) => server.address(env.incoming)
    web.get('/authorize', (c) => showPage(c, new URL(c.req.url).searchParams))
    web.post('/authorize', bodyLimit({ maxSize: most }), enter)
    return web

    function showPage(c: Request, params: URLSearchParams, more: { problem?: string; status?: ContentfulStatusCode } = {}) {
      const asked = readAsk(params, { allowed, self: selfOf(c) })
      if (!('ask' in asked)) return turnAway(c, asked)
      const { redirectUri } = asked.ask
      secure(c, redirectUri)
      const { names } = server.realms
      const [username, realm] = [params.get('username') ?? undefined, params.get('realm') ?? undefined]
      return c.html(signInPage({ realms: names, redirectUri, asked: params, username, realm, ...more }), more.status ?? 200)
    }

    function turnAway(c: Request, asked: Exclude<Asked, { ask: unknown }>) {
      secure(c)
      if ('page' in asked) return c.html(problemPage(asked.page), 400)
      const { redirectUri, state, error, description } = asked.back
      return c.redirect(backTo(redirectUri, { error, error_description: description, state, iss: selfOf(c) }), 303)
    }

    async function enter(c: Request) {
      await yard.admit(c.env.incoming)
      const params = new URLSearchParams(await c.req.text())
      const asked = readAsk(params, { allowed, self: selfOf(c) })
      if (!('ask' in asked)) return turnAway(c, asked)
      const { state, ...ask } = asked.ask
      const account = { username: (params.get('username') ?? '').trim(), password: params.get('password') ?? '' }
      const realm = params.get('realm') ?? server.realms.names[0] ?? ''
      params.delete('password')
      if (!account.username) return showPage(c, params, { problem: 'Give the name of your account.', status: 400 })
      try {
        const address = yard.addressOf(c.env.incoming)
        const { welcome, code } = await server.signIn({ realm, account, address, ...ask })
        if (welcome !== 'welcome') return showPage(c, params, { status: refusals[welcome][0], problem: refusals[welcome][1] })
        secure(c, ask.redirectUri)
        return c.redirect(backTo(ask.redirectUri, { code, state, iss: selfOf(c) }), 303)
      } catch (error) {
        const { code, message, data, cause } = toFailure(error)
        if (code === 'internal') yard.log.error('sign-in failed', { error: cause })
        for (const [name, value] of Object.entries(retryAfter(data))) c.header(name, value)
        return showPage(c, params, { problem: message, status: meaningOf(code).status as ContentfulStatusCode })
      }
    }
  }

/** @param redirectUri browsers look at it again when a form leads there */
function secure(c: Request, redirectUri?: string): void {
  const target = redirectUri === undefined ? '' : ` ${formTarget(redirectUri)}`
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'unsafe-inline'; form-action 'self'${target}; base-uri 'none'; frame-ancestors 'none'`,
  )
  c.header('cache-control', 'no-store')
  c.header('x-content-type-options', 'nosniff')
  // Without an origin the form could not be told apart from one of another page.
  c.header('referrer-policy', 'same-origin')
}

function formTarget(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return protocol === 'http:' || protocol === 'https:' ? origin : protocol
}
