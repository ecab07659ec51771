/** Tells a database that cannot be used just now from one that refuses what it was asked, and says so to whoever is outside. */
import { Failure, toFailure } from '../errors.ts'

/**
 * SQLSTATE (PostgreSQL, appendix A): of the connection (08), of connections, memory or disk that are used up (53), of an administrator (57P), of the
 * system below (58), of a password or a database that is not there yet (28, 3D).
 */
const classes = /^(08|53|57P|58|28|3D)/
/** No changes, as on a standby or after a switch; a statement that took too long, or was ended by somebody. */
const states = new Set(['25006', '57014'])
const readOnly = '25006'
const diskFull = '53100'
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
/** What node-postgres says without a code; the last at a stop, to whoever still asks. */
const words =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|is not queryable|Cannot use a pool after calling end/

/** Whether nothing is wrong with the query: the same one may be answered in a moment. */
export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway)
  if (!(error instanceof Error) || error instanceof Failure) return false
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string' && (classes.test(code) || states.has(code) || network.has(code))) return true
  return words.test(error.message) || isAway(error.cause)
}

const hasState = (error: unknown, state: string): boolean =>
  error instanceof Error && ((error as { code?: unknown }).code === state || hasState(error.cause, state))

export const isReadOnly = (error: unknown): boolean => hasState(error, readOnly)

/** What was thrown, or the failure that says to try again. */
export function orUnavailable(error: unknown): unknown {
  if (!isAway(error)) return error
  const what = isReadOnly(error) || hasState(error, diskFull) ? 'takes no changes just now' : 'does not answer'
  return new Failure('unavailable', `the database ${what}: try again in a moment`, { data: { retry_after: 2 }, cause: error })
}

/**
 * Waits for what a store says.
 * @param sentence what cannot be done while the database is away; every other failure stays what it is
 * @param retryAfter seconds
 */
export async function needing<T>(work: Promise<T>, sentence: string, retryAfter: number): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (toFailure(error).code !== 'unavailable') throw error
    throw new Failure('unavailable', sentence, { data: { retry_after: retryAfter }, cause: error })
  }
}
