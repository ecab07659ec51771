/** Sign-ins at upstreams over HTTP: begun and ended at /api/v1/upstreams/NAME, and where the browser comes back to, /oauth/callback. */
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { html } from 'hono/html'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { Failure, meaningOf, toFailure } from '../app/errors.ts'
import type { Log } from '../app/log.ts'
import { callbackPath, type SignIns } from '../app/upstreams/oauth/index.ts'
import type { Web } from '../app/yard.ts'
import { type Asker, textOf } from './ask.ts'
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
      const { code, message, cause } = toFailure(error)
      if (code === 'internal') log.error('sign-in failed', { error: cause ?? error })
      c.header(
        'Content-Security-Policy',
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      )
      return c.html(page(message), meaningOf(code).status as ContentfulStatusCode)
    }
  })
  return web
}

const page = (message: string) => html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Not signed in · Switchyard</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto 0; padding: 0 1.5rem }
  h1 { font-size: 1.3rem }
</style>
<h1>This sign-in did not work</h1>
<p>${message.slice(0, 1).toUpperCase()}${message.slice(1)}.</p>
<p><a href="../#/upstreams">Back to the upstreams</a></p>
</html>`
