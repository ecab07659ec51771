/** Sign-ins at upstreams over HTTP: begun and ended at /api/v1/upstreams/NAME, and where the browser comes back to, /oauth/callback. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { Failure } from '../app/errors.ts'
import type { Log } from '../app/log.ts'
import { callbackPath, type SignIns } from '../app/upstreams/oauth/index.ts'
import type { Web } from '../app/yard.ts'
import { type Asker, textOf } from './ask.ts'
import { refusalPage } from './refusal-page.ts'
import { type AdminEnv, bodyOf } from './web.ts'
import type { SignInBegun } from './wire.ts'

const bodyLimit = 16 * 1024
const beginBody = z.object({
  /** Where this person's browser reaches the callback; only the browser knows that, whatever stands in between. */
  callback: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .refine((text) => new URL(text).pathname.endsWith(callbackPath), `must end in ${callbackPath}`)
    .optional(),
})

export function signInRoutes(asker: Asker): Hono<AdminEnv> {
  return new Hono<AdminEnv>()
    .post('/:name/sign-in', async (c) => {
      const { callback } = await bodyOf(c, beginBody, bodyLimit)
      const wish = { upstream: c.req.param('name'), ...(callback === undefined ? {} : { callback }) }
      const result = await asker.call(c, 'upstream_sign_in', wish, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      const { authorization } = result.structuredContent as { authorization: string }
      return c.json<SignInBegun>({ url: authorization })
    })
    .post('/:name/sign-out', async (c) => {
      const result = await asker.call(c, 'upstream_sign_out', { upstream: c.req.param('name') }, randomUUID())
      if (result.isError === true) throw new Failure('failed', textOf(result))
      return c.body(null, 204)
    })
}

/** A browser that comes from elsewhere brings no cookie of ours along: what it may do stands in the state alone, which is good for once. */
export function signInReturns(signIns: Pick<SignIns, 'finish'>, log: Log): Web {
  const web: Web = new Hono()
  web.get(callbackPath, async (c) => {
    c.header('Cache-Control', 'no-store')
    try {
      await signIns.finish(new URL(c.req.url).searchParams)
      // Relative, because the panel may stand below a path of a proxy.
      return c.redirect('../#/upstreams', 303)
    } catch (error) {
      return refusalPage(c, error, { href: '../#/upstreams', text: 'Back to the upstreams' }, log)
    }
  })
  return web
}
