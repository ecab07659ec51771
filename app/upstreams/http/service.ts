/**
 * Requests to one service behind plain HTTP: with its credentials and certificates, bounded in time and size, repeated where that is safe,
 * and not sent at all while it does not answer anyway.
 */
import type { Allowance } from '../../addresses.ts'
import type { ServiceConfig } from '../../config/upstream/service.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Tally, Traffic } from '../traffic.ts'
import { openAgents } from './agents.ts'
import { encodings, type ServiceAnswer, Unreadable } from './answer.ts'
import { Breaker, type BreakerOptions, type BreakerState, type Ticket, usual } from './breaker.ts'
import { complaintOf, notAsked } from './complaints.ts'
import { isUnreachable } from './errors.ts'
import { follow, type Progress } from './following.ts'
import { credentialsIn, headersFor, hiding } from './headers.ts'
import { type Limits, limitsOf } from './limits.ts'
import { isGatewayStatus, isPassing, mayRepeat, mostTries, RetryBudget, retryAfter, waitAfter } from './retries.ts'
import type { ServiceAsk } from './service-ask.ts'

export type { ServiceAnswer } from './answer.ts'
export type { BreakerOptions } from './breaker.ts'
export type { ServiceAsk } from './service-ask.ts'

export interface Service {
  /**
   * The answer, whatever its status.
   * @throws Failure `upstream_away` when there is none (not reached, too late, breaker open: then `data.retry_after` says in how many
   * seconds it is tried again), `upstream_failed` for one that is of no use (too large, a redirect that is not followed), `cancelled`
   */
  ask(request: ServiceAsk): Promise<ServiceAnswer>
  readonly breaker: BreakerState
  /** Cuts every connection. */
  close(): Promise<void>
}

export interface ServiceTools {
  readonly log: Log
  readonly watch?: { answered(): void; missed(): void }
  readonly breaker?: BreakerOptions
  readonly traffic?: Traffic
  /** For a service that somebody else named: which addresses it may have. */
  readonly guard?: Allowance
  /** A clock in milliseconds that never goes back. */
  readonly now?: () => number
}

/** What came of sending a request once. */
type Outcome = { readonly answer: ServiceAnswer } | { readonly problem: unknown; readonly begun: boolean }

/** @param config `timeout` in seconds. Throws where a configured header is none. */
export function openService(
  { name, timeout, service }: { name: string; timeout: number; service: ServiceConfig },
  { log, watch, breaker: options = usual, traffic, guard, now }: ServiceTools,
): Service {
  const home = new URL(service.url)
  const headers: Record<string, string> = { ...headersFor(home, service.headers), 'accept-encoding': encodings }
  const { authorization } = headers
  const configured = hiding(home, authorization === undefined ? service.headers : { ...service.headers, authorization })
  home.username = ''
  home.password = ''
  const agents = openAgents(name, service, { guard, now })
  const breaker = new Breaker(options, now)
  const budget = new RetryBudget(now)
  const tally: Tally = traffic?.of(name) ?? { requests: 0, retries: 0, failures: 0, breakers: new Set() }
  tally.breakers.add(breaker)

  async function ask(request: ServiceAsk): Promise<ServiceAnswer> {
    const within = request.timeout ?? timeout * 1000
    const limits = limitsOf({ timeout: within, signal: request.signal, cancel: request.cancel })
    budget.asked()
    tally.requests++
    try {
      for (let tries = 1; ; tries++) {
        const outcome = await once(request, limits)
        const wait = waitBefore(outcome, request, limits, tries)
        if (wait === undefined) return settled(outcome, request, limits, within)
        tally.retries++
        log.debug('sent again', { upstream: name, what: request.what, tries, wait_ms: wait })
        await limits.pause(wait).catch(() => {})
        if (limits.ended) return settled(outcome, request, limits, within)
      }
    } finally {
      limits.close()
    }
  }

  async function once(request: ServiceAsk, limits: Limits): Promise<Outcome> {
    if (limits.ended) return { problem: limits.signal.reason, begun: false }
    const own = agents.own()
    const ticket = breaker.enter(request.probe)
    if (typeof ticket === 'number') throw notAsked(name, request, breaker, ticket)
    const progress: Progress = { begun: false }
    try {
      const { signal } = limits
      const who = `${name}: ${request.what}`
      const answer = await follow(request, {
        home,
        headers,
        own,
        others: agents.others,
        signal,
        progress,
        who,
        hide: hidingOf(request),
      })
      if (isGatewayStatus(answer.status)) fail(ticket, `HTTP ${answer.status}`)
      else ticket.answered()
      return { answer }
    } catch (problem) {
      if (problem instanceof Failure || problem instanceof Unreadable || progress.begun === 'elsewhere') ticket.answered()
      else if (limits.ended === 'cancelled') ticket.dropped()
      else fail(ticket, limits.ended ? 'no answer in time' : configured(reasonOf(problem)))
      return { problem, begun: progress.begun !== false }
    }
  }

  function fail(ticket: Ticket, reason: string): void {
    const before = breaker.state
    tally.failures++
    ticket.failed(reason)
    if (breaker.state === 'open' && before === 'closed') {
      log.warn('breaker open', { upstream: name, failures: breaker.failures, reason, next_trial_s: options.recoveryTimeout })
    }
  }

  /** Milliseconds until the request is sent once more; undefined when it is not. */
  function waitBefore(outcome: Outcome, request: ServiceAsk, limits: Limits, tries: number): number | undefined {
    if (tries >= mostTries || request.probe || limits.ended || breaker.state !== 'closed') return undefined
    const safe = mayRepeat(request.method, request.safe)
    let wait = waitAfter(tries)
    if ('answer' in outcome) {
      const { status, headers } = outcome.answer
      if (!safe || !isGatewayStatus(status)) return undefined
      wait = Math.max(wait, retryAfter(headers) ?? 0)
    } else if (!isPassing(outcome.problem) || !(safe || isUnreachable(outcome.problem))) return undefined
    // A stream was read, or closed, by the first try.
    if (isStream(request.body) || wait >= limits.left() || !budget.take()) return undefined
    return wait
  }

  function settled(outcome: Outcome, request: ServiceAsk, limits: Limits, within: number): ServiceAnswer {
    if ('answer' in outcome) {
      if (isGatewayStatus(outcome.answer.status)) watch?.missed()
      else watch?.answered()
      return outcome.answer
    }
    const complaint = complaintOf({ name, request, limits, within, ...outcome, hide: hidingOf(request) })
    if (complaint.code === 'upstream_away') watch?.missed()
    throw complaint
  }

  /** Takes out of a text what the service was shown. */
  function hidingOf({ headers: given }: ServiceAsk): (text: string) => string {
    if (!given) return configured
    const secrets = Object.fromEntries(credentialsIn(given).map((each) => [each, given[each]!]))
    const own = hiding(home, secrets)
    return (text) => own(configured(text))
  }

  return {
    ask,
    get breaker() {
      return breaker.state
    },
    async close() {
      tally.breakers.delete(breaker)
      await agents.close()
    },
  }
}

const isStream = (body: ServiceAsk['body']): boolean => typeof body === 'object' && body !== null && 'pipe' in body
