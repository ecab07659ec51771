/** What goes out to each upstream, counted for /metrics. Names come from the configuration, so there are few. */
import type { Metrics } from '../metrics.ts'
import type { Breaker } from './http/breaker.ts'

/** The figures of one upstream. */
export interface Tally {
  requests: number
  retries: number
  /** Requests that got no answer, or that of a gateway. */
  failures: number
  /** Of every service that belongs to it. */
  readonly breakers: Set<Pick<Breaker, 'state'>>
}

export interface Traffic {
  of(upstream: string): Tally
  /** Once nothing goes there any more. */
  forget(upstream: string): void
}

const degrees = { closed: 0, 'half-open': 1, open: 2 } as const

export function createTraffic(metrics: Pick<Metrics, 'labelled'>): Traffic {
  const tallies = new Map<string, Tally>()
  const each = (read: (tally: Tally) => number) => () =>
    [...tallies].map(([upstream, tally]) => ({ labels: { upstream }, value: read(tally) }))
  const degree = ({ breakers }: Tally) => Math.max(0, ...[...breakers].map(({ state }) => degrees[state]))

  metrics.labelled(
    'upstream_requests_total',
    'Requests to upstreams over HTTP',
    'counter',
    each(({ requests }) => requests),
  )
  metrics.labelled(
    'upstream_retries_total',
    'Requests that were sent once more',
    'counter',
    each(({ retries }) => retries),
  )
  metrics.labelled(
    'upstream_failures_total',
    'Requests without an answer of the upstream',
    'counter',
    each(({ failures }) => failures),
  )
  metrics.labelled('upstream_breaker', 'Circuit breaker: 0 closed, 1 half-open, 2 open', 'gauge', each(degree))

  return {
    of(upstream) {
      let tally = tallies.get(upstream)
      if (!tally) {
        tally = { requests: 0, retries: 0, failures: 0, breakers: new Set() }
        tallies.set(upstream, tally)
      }
      return tally
    },
    forget: (upstream) => void tallies.delete(upstream),
  }
}
