/** What is counted: for Prometheus under /metrics, and the last minutes in memory for the panel's charts. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Command, Via } from './call.ts'
import { secrets } from './secrets.ts'
import { metric, Tallies } from './tallies.ts'

/** One slice of the recent past. */
export interface Slice {
  /** Start of the slice, ms since 1970. */
  readonly at: number
  readonly calls: number
  readonly errors: number
  /** Milliseconds that 95 of 100 calls took at most; null without calls. */
  readonly p95: number | null
}

export interface Labelled {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Metrics {
  /** Counts one finished call. @param outcome `ok`, `tool_error`, or a failure's code. @param seconds how long it took */
  called(command: Command, via: Via, outcome: string, seconds: number): void
  /** The last ten minutes in slices of five seconds, oldest first. */
  recent(): Slice[]
  /** A number that is asked for when somebody looks: name without prefix, help, and where to read it. */
  gauge(name: string, help: string, read: () => number): void
  counter(name: string, help: string): { inc(by?: number): void }
  /** Numbers of one name that are told apart by labels, asked for when somebody looks. The labels must be few. */
  labelled(name: string, help: string, type: 'counter' | 'gauge', read: () => Labelled[]): void
  /** The Prometheus text. */
  text(): Promise<string>
  readonly contentType: string
}

const slice = 5_000
const kept = 120
/** Durations kept per slice for p95: enough for a chart, bounded under load. */
const samples = 500

interface Open {
  at: number
  calls: number
  errors: number
  durations: number[]
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const tallies = new Tallies(registry)
  const slices: Open[] = []
  function current(now: number): Open {
    const at = now - (now % slice)
    const last = slices.at(-1)
    if (last?.at === at) return last
    const fresh = { at, calls: 0, errors: 0, durations: [] }
    slices.push(fresh)
    if (slices.length > kept) slices.shift()
    return fresh
  }

  return {
    called(command, via, outcome, seconds) {
      tallies.add(command, via, outcome, seconds)
      const open = current(Date.now())
      open.calls++
      if (outcome !== 'ok') open.errors++
      if (open.durations.length < samples) open.durations.push(seconds * 1000)
      else if (Math.random() < samples / open.calls) open.durations[Math.floor(Math.random() * samples)] = seconds * 1000
    },
    recent() {
      const now = Date.now()
      const byTime = new Map(slices.map((entry) => [entry.at, entry]))
      const newest = now - (now % slice)
      return Array.from({ length: kept }, (_, index) => {
        const at = newest - (kept - 1 - index) * slice
        const entry = byTime.get(at)
        return {
          at,
          calls: entry?.calls ?? 0,
          errors: entry?.errors ?? 0,
          p95: entry?.calls ? percentile(entry.durations, 0.95) : null,
        }
      })
    },
    gauge(name, help, read) {
      new Gauge({
        name: `switchyard_${name}`,
        help,
        registers: [registry],
        collect() {
          this.set(read())
        },
      })
    },
    // A port may be opened more than once; what it counts goes on.
    counter: (name, help) =>
      (registry.getSingleMetric(`switchyard_${name}`) as Counter | undefined) ??
      new Counter({ name: `switchyard_${name}`, help, registers: [registry] }),
    labelled: (name, help, type, read) => registry.registerMetric(metric(`switchyard_${name}`, help, type, read)),
    text: async () => secrets.mask(await registry.metrics()),
    contentType: registry.contentType,
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]! * 100) / 100
}
