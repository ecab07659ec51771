/**
 * Calls counted and timed as Prometheus has it, in plain numbers: every call passes here, and a library that looks labels up and hashes them
 * each time costs more than many a call. The library still writes them down, when somebody asks.
 */
import type { Registry } from 'prom-client'
import type { Command, Via } from './call.ts'

/** Upper bounds in seconds, the last one open. */
const bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 120]

interface Counted {
  readonly labels: { kind: string; owner: string; name: string; via: string; outcome: string }
  count: number
}

interface Timed {
  readonly labels: { kind: string; owner: string }
  /** Calls per bucket, not added up yet. */
  readonly buckets: number[]
  sum: number
}

/** What a command's calls are added to. */
interface Place {
  readonly timed: Timed
  /** By way in and outcome. */
  readonly counted: Map<string, Counted>
}

export class Tallies {
  private readonly counted = new Map<string, Counted>()
  private readonly timed = new Map<string, Timed>()
  private readonly places = new WeakMap<Command, Place>()

  constructor(registry: Registry) {
    registry.registerMetric(metric('switchyard_calls_total', 'Calls through the switch', 'counter', () => this.counts()))
    registry.registerMetric(
      metric('switchyard_call_duration_seconds', 'How long calls took', 'histogram', () => this.durations()),
    )
  }

  /** @param outcome `ok`, `tool_error`, or a failure's code */
  add(command: Command, via: Via, outcome: string, seconds: number): void {
    const place = this.places.get(command) ?? this.placeOf(command)
    const key = outcome === 'ok' ? via : `${via} ${outcome}`
    const counted = place.counted.get(key) ?? this.countedOf(command, via, outcome, place, key)
    counted.count++
    const { timed } = place
    timed.sum += seconds
    let bucket = 0
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++
    timed.buckets[bucket]!++
  }

  private placeOf(command: Command): Place {
    const labels = { kind: command.kind, owner: command.owner || 'none' }
    const key = `${labels.kind} ${labels.owner}`
    const timed = this.timed.get(key) ?? { labels, buckets: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 }
    this.timed.set(key, timed)
    const place = { timed, counted: new Map<string, Counted>() }
    this.places.set(command, place)
    return place
  }

  private countedOf(command: Command, via: Via, outcome: string, place: Place, short: string): Counted {
    // Names that nobody offers come from outside and are without number; they share one label.
    const name = command.owner === '' ? 'unknown' : command.name
    const labels = { ...place.timed.labels, name, via, outcome }
    const key = Object.values(labels).join(' ')
    const counted = this.counted.get(key) ?? { labels, count: 0 }
    this.counted.set(key, counted)
    place.counted.set(short, counted)
    return counted
  }

  private counts(): Value[] {
    return [...this.counted.values()].map(({ labels, count }) => ({ labels, value: count }))
  }

  private durations(): Value[] {
    return [...this.timed.values()].flatMap(({ labels, buckets, sum }) => {
      let below = 0
      const values: Value[] = buckets.map((calls, index) => {
        below += calls
        return { metricName: `${durationName}_bucket`, labels: { le: bounds[index] ?? '+Inf', ...labels }, value: below }
      })
      return [
        ...values,
        { metricName: `${durationName}_sum`, labels, value: sum },
        { metricName: `${durationName}_count`, labels, value: below },
      ]
    })
  }
}

const durationName = 'switchyard_call_duration_seconds'

interface Value {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** As the registry wants a metric: something with a name that can be asked for its values. */
export const metric = (name: string, help: string, type: 'counter' | 'histogram' | 'gauge', values: () => Value[]) =>
  ({ name, help, get: async () => ({ name, help, type, values: values(), aggregator: 'sum' }) }) as unknown as Parameters<
    Registry['registerMetric']
  >[0]
