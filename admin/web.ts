/** What every route of the admin API is built from: its context, its errors, its bodies. */
import type { HttpBindings } from '@hono/node-server'
import type { Context, ErrorHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'
import type { Caller } from '../app/call.ts'
import { type Code, Failure, meaningOf, toFailure } from '../app/errors.ts'
import type { Log } from '../app/log.ts'
import type { SignedIn } from '../app/people/visits.ts'
import type { Origin } from '../app/people.ts'
import { readBody } from '../app/surfaces/body.ts'
import { parseJson } from '../app/surfaces/json.ts'

/** Routes know where a request comes from; those behind the login know who asks. */
export type AdminEnv = { Bindings: HttpBindings; Variables: { caller: Caller; address: string } }
/** Routes about a session itself: a token or a key has none. */
export type SessionEnv = { Bindings: HttpBindings; Variables: { caller: Caller; visit: SignedIn; address: string } }

/** Codes that clients of the older business server know; everything else is HTTP_ERROR. */
const names: Partial<Record<Code, string>> = {
  parse_error: 'VALIDATION_ERROR',
  invalid_request: 'VALIDATION_ERROR',
  invalid_params: 'VALIDATION_ERROR',
  invalid_arguments: 'VALIDATION_ERROR',
  too_large: 'VALIDATION_ERROR',
  unauthorized: 'AUTHENTICATION_ERROR',
  forbidden: 'AUTHORIZATION_ERROR',
  unknown_method: 'RESOURCE_NOT_FOUND',
  unknown_command: 'RESOURCE_NOT_FOUND',
  unknown_resource: 'RESOURCE_NOT_FOUND',
  limited: 'RATE_LIMIT_EXCEEDED',
  failed: 'TOOL_EXECUTION_ERROR',
  timeout: 'TOOL_EXECUTION_ERROR',
  upstream_failed: 'EXTERNAL_API_ERROR',
  upstream_away: 'EXTERNAL_API_ERROR',
}

/** Whatever was thrown, as `{"error":{"code","message","details"}}`; what is ours goes into the log and only there. */
export const answerError =
  (log: Log): ErrorHandler<AdminEnv> =>
  (error, c) => {
    const failure = toFailure(error)
    if (failure.code === 'internal')
      log.error('admin request failed', { method: c.req.method, path: c.req.path, error: failure.cause ?? error })
    const { code, message, data } = failure
    if (typeof data?.retry_after === 'number') c.header('Retry-After', String(Math.ceil(data.retry_after)))
    if (code === 'unauthorized') c.header('WWW-Authenticate', 'Bearer')
    const body = { error: { code: names[code] ?? 'HTTP_ERROR', message, ...(data ? { details: data } : {}) } }
    return c.json(body, meaningOf(code).status as ContentfulStatusCode)
  }

/**
 * The body as the schema has it.
 * @param limit bytes
 * @throws Failure that names the first member that is wrong
 */
export async function bodyOf<Schema extends z.ZodType>(
  c: Pick<Context<AdminEnv>, 'env' | 'req'>,
  schema: Schema,
  limit: number,
): Promise<z.output<Schema>> {
  return checked(parseJson(await readBody(c.env.incoming, limit)), schema)
}

/** The query as the schema has it; every value in it is a text. */
export const queryOf = <Schema extends z.ZodType>(c: Context<AdminEnv>, schema: Schema): z.output<Schema> =>
  checked(c.req.query(), schema)

/** A value as the schema has it. @throws Failure that names the first member that is wrong */
export function checked<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  const field = path.join('.')
  throw new Failure('invalid_params', field ? `${field}: ${message}` : message, { data: { field } })
}

export const originOf = (c: Pick<Context<AdminEnv>, 'var' | 'req'>): Origin => ({
  address: c.var.address,
  userAgent: c.req.header('User-Agent') ?? '',
})
