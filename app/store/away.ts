/** Tells a database that cannot be used just now from one that refuses what it was asked, and says so to whoever is outside. */
import { Failure } from '../errors.ts'

/** Of the connection (08), of an administrator (57P), of a password or a database that is not there yet (28, 3D). */
const classes = /^(08|57P|28|3D)/
/** Too many connections; no changes, as on a standby or after a switch. */
const states = new Set(['53300', '25006'])
const readOnly = '25006'
const network = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])
/** What node-postgres says without a code. */
const words =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|connection error and is not queryable/

/** Whether nothing is wrong with the query: the same one may be answered in a moment. */
export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway)
  if (!(error instanceof Error) || error instanceof Failure) return false
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && (classes.test(code) || states.has(code) || network.has(code))) return true
  return words.test(error.message) || isAway(error.cause)
}

export function isReadOnly(error: unknown): boolean {
  return error instanceof Error && ((error as { code?: unknown }).code === readOnly || isReadOnly(error.cause))
}

/** What was thrown, or the failure that says to try again. */
export function orUnavailable(error: unknown): unknown {
  if (!isAway(error)) return error
  const what = isReadOnly(error) ? 'takes no changes just now' : 'does not answer'
  return new Failure('unavailable', `the database ${what}: try again in a moment`, { data: { retry_after: 2 }, cause: error })
}
