/** The pages that a person sees when a client sends their browser here: to sign in, and to say what the client may do. */
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Ask, type Asked, backTo, readAsk } from '../../authorization/ask.ts'
import { consentPage } from '../../authorization/consent-page.ts'
import { problemPage, signInPage } from '../../authorization/page.ts'
import { ownRealm, type Welcome } from '../../authorization/words.ts'
import type { Authorization } from '../../authorization.ts'
import type { Surface, Web } from '../../yard.ts'
import { admitted, known, limited, type Request, sayWhen, secure, statusOf } from './web.ts'

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
    const selfOf = ({ env }: Request) => server.address(env.incoming)
    const addressOf = ({ env }: Request) => yard.addressOf(env.incoming)
    web.get('/authorize', admitted(yard), (c) => askedBy(c, new URL(c.req.url).searchParams, ask))
    web.post('/authorize', admitted(yard), limited(), async (c) => askedBy(c, new URLSearchParams(await c.req.text()), enter))
    web.post('/authorize/consent', admitted(yard), limited(), decide)
    return web

    type Next = (c: Request, asked: Ask, params: URLSearchParams) => Response | Promise<Response>

    /** Goes on only with what may be asked. */
    async function askedBy(c: Request, params: URLSearchParams, next: Next): Promise<Response> {
      try {
        const client = await server.clients.find(params.get('client_id') ?? '', addressOf(c))
        const asked = readAsk(params, { client, allowed: server.allowedRedirects, self: selfOf(c) })
        return 'ask' in asked ? await next(c, asked.ask, params) : turnAway(c, asked)
      } catch (error) {
        return sayProblem(c, error)
      }
    }

    function turnAway(c: Request, asked: Exclude<Asked, { ask: unknown }>): Response | Promise<Response> {
      secure(c)
      if ('page' in asked) return c.html(problemPage(asked.page), 400)
      const { redirectUri, state, error, description } = asked.back
      return c.redirect(backTo(redirectUri, { error, error_description: description, state, iss: selfOf(c) }), 303)
    }

    function sayProblem(c: Request, error: unknown): Response | Promise<Response> {
      const { code, message, data } = known(error, yard.log)
      sayWhen(c, data)
      secure(c)
      return c.html(problemPage(sentence(message)), statusOf(code))
    }

    function ask(
      c: Request,
      asked: Ask,
      params: URLSearchParams,
      { status = 200, problem }: { status?: ContentfulStatusCode; problem?: string } = {},
    ) {
      secure(c, asked.redirectUri)
      const realms = realmsFor(asked)
      const [username, realm] = [params.get('username') ?? undefined, params.get('realm') ?? undefined]
      return c.html(signInPage({ realms, ask: asked, asked: params, username, realm, problem }), status)
    }

    /** Programs that know no better were set up for the systems behind us. */
    function realmsFor({ client }: Ask): readonly string[] {
      const { names } = server.realms
      return server.own && client.kind !== 'shared' ? [...names, ownRealm] : names
    }

    async function enter(c: Request, asked: Ask, params: URLSearchParams) {
      const account = { username: (params.get('username') ?? '').trim(), password: params.get('password') ?? '' }
      const wanted = params.get('realm') ?? realmsFor(asked)[0]
      params.delete('password')
      const again = (status: ContentfulStatusCode, problem: string) => ask(c, asked, params, { status, problem })
      if (!account.username) return again(400, 'Give the name of your account.')
      try {
        const realm = realmsFor(asked).find((each) => each === wanted)
        if (realm === undefined) return again(400, 'Choose where your account is.')
        if (realm === ownRealm) {
          const { question, sealed } = await server.own!.signIn(account, asked, addressOf(c))
          secure(c, asked.redirectUri)
          return c.html(consentPage(question, sealed))
        }
        const { welcome, code } = await server.signIn({ realm, account, address: addressOf(c), ...granted(asked) })
        if (welcome !== 'welcome') return again(...refusals[welcome])
        return goBack(c, asked, { code })
      } catch (error) {
        const { code, message, data } = known(error, yard.log)
        sayWhen(c, data)
        return again(statusOf(code), sentence(message))
      }
    }

    async function decide(c: Request) {
      const params = new URLSearchParams(await c.req.text())
      const given = params.get('decision') === 'allow' ? params.getAll('scope') : undefined
      try {
        if (!server.own) return sayProblem(c, new Error('nobody can be asked here'))
        const { ask: asked, code } = await server.own.answer(params.get('consent') ?? '', given, addressOf(c))
        return goBack(c, asked, code === undefined ? { error: 'access_denied' } : { code })
      } catch (error) {
        return sayProblem(c, error)
      }
    }

    /** `iss` says who answers, so that a client that signs in at several servers takes no answer for another's (RFC 9207). */
    function goBack(c: Request, { redirectUri, state }: Ask, said: Record<string, string | undefined>) {
      secure(c, redirectUri)
      return c.redirect(backTo(redirectUri, { ...said, state, iss: selfOf(c) }), 303)
    }
  }

const granted = ({ client, redirectUri, challenge }: Ask) => ({
  clientId: client.id,
  clientName: client.name,
  redirectUri,
  challenge,
})

const sentence = (message: string) => `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`
