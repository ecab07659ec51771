/** When a request is sent again: what is safe to repeat, after what, how long later, and never so often that it makes things worse. */
import type { ServiceAnswer } from './answer.ts'

/** Of the requests of the last seconds so many may have been sent again, and these few in any case. */
const share = 0.2
const few = 3
const windowSeconds = 10
/** A request is sent so often at most. */
export const mostTries = 3
const firstWait = 100
const longestWait = 2_000

/** Requests and repetitions of the last seconds, in slices of one second. */
export class RetryBudget {
  #slices: { second: number; requests: number; retries: number }[] = []
  readonly #now: () => number

  /** @param now a clock in milliseconds that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Counts a request that is sent for the first time. */
  asked(): void {
    this.#current().requests++
  }

  /** Counts a repetition, where there is room for it. */
  take(): boolean {
    const slice = this.#current()
    let requests = 0
    let retries = 0
    for (const each of this.#slices) {
      requests += each.requests
      retries += each.retries
    }
    if (retries >= Math.max(few, Math.floor(requests * share))) return false
    slice.retries++
    return true
  }

  #current() {
    const second = Math.floor(this.#now() / 1000)
    const last = this.#slices.at(-1)
    if (last?.second === second) return last
    const fresh = { second, requests: 0, retries: 0 }
    this.#slices = [...this.#slices.filter((each) => each.second > second - windowSeconds), fresh]
    return fresh
  }
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Whether a request may reach its server twice. What its caller says counts more than its method. */
export const mayRepeat = (method: string, safe: boolean | undefined): boolean => safe ?? idempotent.has(method.toUpperCase())

/** Answers of whatever stands in front of a service that is busy or away. */
export const isGatewayStatus = (status: number): boolean => status === 502 || status === 503 || status === 504

/** Milliseconds before the try after so many. @param random gives numbers from 0 up to, and without, 1 */
export function waitAfter(tries: number, random: () => number = Math.random): number {
  const ceiling = Math.min(longestWait, firstWait * 2 ** (tries - 1))
  return Math.round(ceiling * (0.5 + random() / 2))
}

/** Milliseconds that the server asks us to wait (`Retry-After`: seconds, or a date); undefined where it says nothing of use. */
export function retryAfter(headers: ServiceAnswer['headers'], now: () => number = Date.now): number | undefined {
  const given = [headers['retry-after']].flat()[0]?.trim()
  if (given === undefined || given === '') return undefined
  if (/^\d+$/.test(given)) return Number(given) * 1000
  const at = Date.parse(given)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now())
}

const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Whether what went wrong on the way may well go right in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isPassing)
  if (!(error instanceof Error)) return false
  return passing.has(String((error as { code?: unknown }).code)) || isPassing(error.cause)
}
