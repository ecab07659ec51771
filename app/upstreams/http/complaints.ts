/** Why there is no answer of a service, said so that a person knows what was asked, how, and for how long. */
import { ForbiddenAddress } from '../../addresses.ts'
import { Failure } from '../../errors.ts'
import { reasonOf } from '../../reason.ts'
import { Unreadable } from './answer.ts'
import type { Breaker } from './breaker.ts'
import type { Limits } from './limits.ts'
import type { ServiceAsk } from './service-ask.ts'

export interface Trouble {
  /** Of the upstream. */
  readonly name: string
  readonly request: ServiceAsk
  readonly limits: Limits
  /** Milliseconds that the whole answer had. */
  readonly within: number
  readonly problem: unknown
  /** Whether an answer had begun. */
  readonly begun: boolean
  hide(text: string): string
}

export function complaintOf({ name, request, limits, within, problem, begun, hide }: Trouble): Failure {
  const { what, method, signal } = request
  if (problem instanceof Failure) return problem
  if (problem instanceof Unreadable) return new Failure('upstream_failed', `${name}: ${what}: ${problem.message}`)
  if (limits.ended === 'cancelled') {
    return signal?.reason instanceof Failure ? signal.reason : new Failure('cancelled', `${name}: ${what} was cancelled`)
  }
  const asked = `${name}: ${named(what, method)}`
  if (limits.ended === 'late') {
    const missing = begun ? 'began to answer and did not end' : 'got no answer'
    // Less than it had, where who asked has set a time of their own.
    const had = Math.min(within, within - limits.left())
    return new Failure('upstream_away', `${asked} ${missing} within ${seconds(had)} s`)
  }
  if (problem instanceof Error && problem.cause instanceof ForbiddenAddress) {
    return new Failure('upstream_failed', `${asked}: ${problem.cause.message}; allow_private lets private networks be reached`)
  }
  const reason = hide(reasonOf(problem))
  const message = `${asked} got no answer, after ${seconds(within - limits.left())} s: ${reason}`
  return new Failure('upstream_away', message, { cause: problem })
}

/** What was asked; with its method, unless that says it already. */
const named = (what: string, method: string): string => (what.startsWith(method) ? what : `${what} (${method})`)

const seconds = (ms: number): number => Math.round(ms / 100) / 10

/** @param wait seconds until the next trial */
export function notAsked(name: string, { what, method }: ServiceAsk, breaker: Breaker, wait: number): Failure {
  const why = `the last ${breaker.failures} requests failed, the last one with: ${breaker.reason}`
  const message = `${name}: ${named(what, method)} was not sent, because ${why}; the next try is in ${wait} s`
  return new Failure('upstream_away', message, { data: { retry_after: wait } })
}
