/** What a browser is shown that came back from elsewhere and was not let in. */
import type { Context } from 'hono'
import { html } from 'hono/html'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { meaningOf, toFailure } from '../app/errors.ts'
import type { Log } from '../app/log.ts'

export interface Back {
  /** Relative, because the panel may stand below a path of a proxy. */
  readonly href: string
  readonly text: string
}

/** The page for what was thrown; what is ours goes into the log and only there. */
export function refusalPage(c: Context, error: unknown, back: Back, log: Log): Response | Promise<Response> {
  const { code, message, cause, data } = toFailure(error)
  if (code === 'internal') log.error('sign-in failed', { error: cause ?? error })
  if (typeof data?.retry_after === 'number') c.header('Retry-After', String(Math.ceil(data.retry_after)))
  c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
  return c.html(page(message, back), meaningOf(code).status as ContentfulStatusCode)
}

const page = (message: string, { href, text }: Back) => html`<!doctype html>
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
<p><a href="${href}">${text}</a></p>
</html>`
