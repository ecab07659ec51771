/** What all pages and endpoints of the authorization server are built from. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Failure, meaningOf, toFailure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { retryAfter } from '../../retry-after.ts'
import type { Yard } from '../../yard.ts'

export type Request = Context<{ Bindings: HttpBindings }>

/** Errors of an authorization server have this shape and no other: clients check it (RFC 6749, section 5.2). */
export function fail(c: Request, status: ContentfulStatusCode, error: string, description: string) {
  return c.json({ error, error_description: description }, status, { 'cache-control': 'no-store' })
}

/** What is nobody's fault outside, and what was tried too often; the rest is for whoever looks after the server. */
export function failWith(c: Request, error: unknown, log: Log) {
  const { code, message, data } = known(error, log)
  sayWhen(c, data)
  const passing = code === 'unavailable' || code === 'limited'
  return fail(c, statusOf(code), passing ? 'temporarily_unavailable' : 'server_error', message)
}

/** @param data of the failure: when trying again makes sense, where that is known */
export function sayWhen(c: Request, data: Failure['data']): void {
  for (const [name, value] of Object.entries(retryAfter(data))) c.header(name, value)
}

export function known(error: unknown, log: Log): Failure {
  const failure = toFailure(error)
  if (failure.code === 'internal') log.error('sign-in failed', { error: failure.cause })
  return failure
}

export const statusOf = (code: Failure['code']) => meaningOf(code).status as ContentfulStatusCode

/** Lets through who may ask at all just now (app/admission.ts). */
export const admitted = (yard: Pick<Yard, 'admit' | 'log'>): MiddlewareHandler =>
  async function admits(c, next) {
    try {
      await yard.admit((c as Request).env.incoming)
    } catch (error) {
      return failWith(c as Request, error, yard.log)
    }
    return next()
  }

const most = 64 * 1024

export const limited = () =>
  bodyLimit({
    maxSize: most,
    onError: (c) => fail(c as Request, 413, 'invalid_request', `the body is larger than ${most} bytes`),
  })

/** @param redirectUri browsers look at it again when a form leads there */
export function secure(c: Request, redirectUri?: string): void {
  const target = redirectUri === undefined ? '' : ` ${formTarget(redirectUri)}`
  c.header(
    'content-security-policy',
    `default-src 'none'; style-src 'unsafe-inline'; form-action 'self'${target}; base-uri 'none'; frame-ancestors 'none'`,
  )
  c.header('x-frame-options', 'DENY')
  c.header('cache-control', 'no-store')
  c.header('x-content-type-options', 'nosniff')
  // Without an origin the form could not be told apart from one of another page.
  c.header('referrer-policy', 'same-origin')
}

function formTarget(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri)
  return protocol === 'http:' || protocol === 'https:' ? origin : protocol
}
