/**
 * Requests to one service behind plain HTTP: with its credentials and certificates, bounded in time and size, repeated where that is safe,
 * and not sent at all while it does not answer anyway.
 */
import type { Readable } from 'node:stream'
import { type Dispatcher, type FormData, request as send } from 'undici'
import { type Allowance, ForbiddenAddress } from '../../addresses.ts'
import type { Cancel } from '../../call.ts'
import type { ServiceConfig } from '../../config/upstream/service.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Tally, Traffic } from '../traffic.ts'
import { openAgents } from './agents.ts'
import { encodings, readBody, type ServiceAnswer, toAnswer, Unreadable } from './answer.ts'
import { discard } from './body.ts'
import { Breaker, type BreakerOptions, type BreakerState, type Ticket, usual } from './breaker.ts'
import { unlessAborted } from './connecting.ts'
import { isUnreachable } from './errors.ts'
import { credentialsIn, headersFor, hiding, lowerCase } from './headers.ts'
import { type Limits, limitsOf } from './limits.ts'
import { harmlessOf, isRedirect, redirectTarget } from './redirects.ts'
import { isGatewayStatus, isPassing, mayRepeat, mostTries, RetryBudget, retryAfter, waitAfter } from './retries.ts'

export type { ServiceAnswer } from './answer.ts'
export type { BreakerOptions } from './breaker.ts'

export interface ServiceAsk {
  /** `GET`, `POST`, ... */
  readonly method: string
  /** Absolute, or relative to the service's url. Another origin gets no configured header and no certificate. */
  readonly url: URL | string
  /** Win over the configured ones. */
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | FormData | Readable
  readonly signal?: AbortSignal
  /** In the place of a signal: that of a call. */
  readonly cancel?: Cancel
  /** Milliseconds for the whole answer; the upstream's timeout without. */
  readonly timeout?: number
  /** Whether it may be sent again when it failed on the way; by its method where nothing is said. */
  readonly safe?: boolean
  /** Largest answer in bytes; 16 MiB without. */
  readonly most?: number
  /** Asked now and then to see whether the service is there: let through while the breaker is open, and never repeated. */
  readonly probe?: boolean
  /** In messages: `tools/call`, `GET /orders`. */
  readonly what: string
}

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

const usualMost = 16 * 1024 * 1024

interface Hop {
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly body: Dispatcher.ResponseData['body']
}

interface Progress {
  /** Whether an answer has begun, and whether it is one of somebody else. */
  begun: boolean | 'elsewhere'
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
    const agent = agents.own()
    const ticket = breaker.enter(request.probe)
    if (typeof ticket === 'number') throw notAsked(request, ticket)
    const progress: Progress = { begun: false }
    try {
      const answer = await follow(request, limits, agent, progress)
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

  /** @param progress told how far it came */
  async function follow(request: ServiceAsk, limits: Limits, own: Dispatcher, progress: Progress): Promise<ServiceAnswer> {
    const method = request.method.toUpperCase()
    const given = request.headers ? lowerCase(request.headers) : {}
    const who = `${name}: ${request.what}`
    let to = new URL(request.url, home)
    to.username = ''
    to.password = ''
    let known = to.origin === home.origin
    let sent: Record<string, string> = { ...(known ? headers : harmlessOf(headers)), ...given, 'accept-encoding': encodings }
    for (let followed = 0; ; followed++) {
      const dispatcher = known ? own : agents.others()
      const hop = await sendOnce(to, { method, headers: sent, body: request.body, signal: limits.signal, dispatcher })
      const { status } = hop
      if (!isRedirect(status)) {
        progress.begun ||= true
        const most = request.most ?? usualMost
        const empty = method === 'HEAD' || status === 204 || status === 304
        if (empty) discard(hop.body)
        const body = empty ? Buffer.alloc(0) : await readBody(hop.body, hop.headers, most)
        return toAnswer({ status, headers: hop.headers, body, url: to, who, hide: hidingOf(request) })
      }
      discard(hop.body)
      const next = redirectTarget({ method, from: to, status, headers: hop.headers, followed, who })
      if (next.origin !== to.origin) {
        // Whoever is named by somebody else is a stranger, also where the way leads back.
        known = false
        sent = harmlessOf(sent)
        progress.begun = 'elsewhere'
      }
      to = next
    }
  }

  async function sendOnce(
    to: URL,
    options: {
      method: string
      headers: Record<string, string>
      body: ServiceAsk['body']
      signal: AbortSignal
      dispatcher: Dispatcher
    },
  ): Promise<Hop> {
    const {
      statusCode: status,
      headers,
      body,
    } = await unlessAborted(send(to, options as Parameters<typeof send>[1]), options.signal)
    return { status, headers, body }
  }

  /** Milliseconds until the request is sent once more; undefined when it is not. */
  function waitBefore(outcome: Outcome, request: ServiceAsk, limits: Limits, tries: number): number | undefined {
    if (tries >= mostTries || request.probe || limits.ended || breaker.state !== 'closed') return undefined
    const safe = mayRepeat(request.method, request.safe)
    let wait = waitAfter(tries)
    if ('answer' in outcome) {
      const { status, headers } = outcome.answer
      if (!safe || !isGatewayStatus(status)) return undefined
      wait = Math.max(wait, retryAfter(headers as Hop['headers']) ?? 0)
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
    const { problem, begun } = outcome
    const { what, signal } = request
    if (problem instanceof Failure) throw problem
    if (problem instanceof Unreadable) throw new Failure('upstream_failed', `${name}: ${what}: ${problem.message}`)
    if (limits.ended === 'cancelled') {
      if (signal?.reason instanceof Failure) throw signal.reason
      throw new Failure('cancelled', `${name}: ${what} was cancelled`)
    }
    watch?.missed()
    const { method } = request
    const seconds = Math.round(within / 100) / 10
    if (limits.ended === 'late') {
      const missing = begun ? `began to answer and did not end within ${seconds} s` : `got no answer within ${seconds} s`
      throw new Failure('upstream_away', `${name}: ${what} (${method}) ${missing}`)
    }
    if (problem instanceof Error && problem.cause instanceof ForbiddenAddress) {
      throw new Failure(
        'upstream_failed',
        `${name}: ${what} (${method}): ${problem.cause.message}; allow_private lets private networks be reached`,
      )
    }
    const took = Math.round((within - limits.left()) / 100) / 10
    const reason = hidingOf(request)(reasonOf(problem))
    throw new Failure('upstream_away', `${name}: ${what} (${method}) got no answer, after ${took} s: ${reason}`, {
      cause: problem,
    })
  }

  function notAsked({ what, method }: ServiceAsk, seconds: number): Failure {
    const why = `the last ${breaker.failures} requests failed, the last one with: ${breaker.reason}`
    return new Failure(
      'upstream_away',
      `${name}: ${what} (${method}) was not sent, because ${why}; the next try is in ${seconds} s`,
      {
        data: { retry_after: seconds },
      },
    )
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
