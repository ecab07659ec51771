/** How the whole is doing, put together from how its parts say they are doing. */
import type { Health as Part } from './lifecycle.ts'
import { secrets } from './secrets.ts'
import type { Connection } from './upstreams/onec/connection.ts'

export interface HealthReport {
  status: 'healthy' | 'degraded' | 'starting' | 'unhealthy'
  version: string
  /** Seconds since the start. */
  uptime: number
  components: Record<string, Part>
  /** The 1C bases, where there are any, in the words that monitors of such systems look for. */
  onec_connection?: Connection['connection']
  error_details?: string
}

export interface Health {
  /** Everything, looked at now (at most once a second). */
  report(): Promise<HealthReport>
  /** Whether new requests should be sent here: a system behind that is away is no reason against it, another replica has the same. */
  ready(): Promise<boolean>
}

/** How long one part may take to say how it is. */
const patience = 1_500
/** Probes, the panel and a balancer may all ask at once; one look a second is enough. */
const freshFor = 1_000

/**
 * @param checks the parts that can be looked at, by name
 * @param essential parts without which nothing works: when one is down the whole is unhealthy and not ready, otherwise degraded
 * @param stopping aborts when a stop begins: not ready from that moment
 * @param bases how the 1C bases are doing; a whole that stands in front of one base alone is as well as that
 */
export function createHealth(options: {
  version: string
  checks: () => Map<string, () => Promise<Part> | Part>
  essential: readonly string[]
  stopping: AbortSignal
  bases?: () => Connection | undefined
}): Health & { started(): void } {
  const { version, checks, essential, stopping, bases } = options
  const began = Date.now()
  let starting = true
  let seen: { at: number; report: Promise<HealthReport> } | undefined

  async function look(): Promise<HealthReport> {
    const parts = [...checks()]
    const states = await Promise.all(parts.map(([, check]) => ask(check)))
    const components = Object.fromEntries(parts.map(([name], index) => [name, states[index]!]))
    const base = bases?.()
    const report = { status: overall(components, base), version, uptime: Math.round((Date.now() - began) / 100) / 10, components }
    if (!base) return report
    return { ...report, onec_connection: base.connection, ...(base.details ? { error_details: base.details } : {}) }
  }

  const lacks = (components: Record<string, Part>) => essential.some((name) => components[name]?.status === 'down')

  function overall(components: Record<string, Part>, base: Connection | undefined): HealthReport['status'] {
    if (starting) return 'starting'
    if (lacks(components)) return 'unhealthy'
    if (base?.alone && base.connection === 'not_initialized') return 'starting'
    if (base?.alone && base.connection !== 'ok') return 'unhealthy'
    return Object.values(components).every(({ status }) => status === 'ok') ? 'healthy' : 'degraded'
  }

  function report(): Promise<HealthReport> {
    if (!seen || Date.now() - seen.at > freshFor) seen = { at: Date.now(), report: look().then(secrets.maskWithin) }
    return seen.report
  }

  return {
    report,
    started() {
      starting = false
      seen = undefined
    },
    async ready() {
      if (starting || stopping.aborted) return false
      // Asked anew: a balancer must not hear of what was a moment ago.
      const parts = [...checks()].filter(([name]) => essential.includes(name))
      const states = await Promise.all(parts.map(([, check]) => ask(check)))
      return states.every(({ status }) => status !== 'down') && !stopping.aborted
    },
  }
}

async function ask(check: () => Promise<Part> | Part): Promise<Part> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Part>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'down', detail: `no answer within ${patience} ms` }), patience)
  })
  try {
    return await Promise.race([check(), late])
  } catch (error) {
    return { status: 'down', detail: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}
