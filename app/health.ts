/** How the whole is doing, put together from how its parts say they are doing. */
import type { Health as Part } from './lifecycle.ts'

export interface HealthReport {
  status: 'healthy' | 'degraded' | 'starting' | 'unhealthy'
  version: string
  /** Seconds since the start. */
  uptime: number
  components: Record<string, Part>
}

export interface Health {
  /** Everything, looked at now (at most once a second). */
  report(): Promise<HealthReport>
  /** Whether new requests should be sent here. */
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
 */
export function createHealth(options: {
  version: string
  checks: () => Map<string, () => Promise<Part> | Part>
  essential: readonly string[]
  stopping: AbortSignal
}): Health & { started(): void } {
  const { version, checks, essential, stopping } = options
  const began = Date.now()
  let starting = true
  let seen: { at: number; report: Promise<HealthReport> } | undefined

  async function look(): Promise<HealthReport> {
    const parts = [...checks()]
    const states = await Promise.all(parts.map(([, check]) => ask(check)))
    const components = Object.fromEntries(parts.map(([name], index) => [name, states[index]!]))
    return { status: overall(components), version, uptime: Math.round((Date.now() - began) / 100) / 10, components }
  }

  function overall(components: Record<string, Part>): HealthReport['status'] {
    if (starting) return 'starting'
    if (essential.some((name) => components[name]?.status === 'down')) return 'unhealthy'
    return Object.values(components).every(({ status }) => status === 'ok') ? 'healthy' : 'degraded'
  }

  function report(): Promise<HealthReport> {
    if (!seen || Date.now() - seen.at > freshFor) seen = { at: Date.now(), report: look() }
    return seen.report
  }

  return {
    report,
    started() {
      starting = false
      seen = undefined
    },
    async ready() {
      if (stopping.aborted) return false
      const { status } = await report()
      return (status === 'healthy' || status === 'degraded') && !stopping.aborted
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
