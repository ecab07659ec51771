/** The paths that probes and Prometheus ask, the same on both ports. */
import { Hono } from 'hono'
import type { HealthReport } from '../health.ts'
import type { Surface, Web } from '../yard.ts'

export const health: Surface = function openHealth(yard) {
  const app: Web = new Hono()

  // The process answers: that is all that "live" means. A database that is away is no reason to be killed.
  app.get('/health/live', (c) => c.json({ status: 'ok' }))

  app.get('/health/ready', async (c) =>
    (await yard.health.ready()) ? c.json({ status: 'ready' }) : c.json({ status: 'not_ready' }, 503),
  )

  app.get('/health', async (c) => {
    const report = await yard.health.report()
    const status = report.status === 'healthy' || report.status === 'degraded' ? 200 : 503
    const { incoming } = c.env
    const body = yard.isLocal(incoming) || (await isKnown(incoming)) ? report : brief(report)
    return c.json(body, status)
  })

  app.get('/metrics', async (c) => c.body(await yard.metrics.text(), 200, { 'content-type': yard.metrics.contentType }))

  /** Details name upstreams and their errors: they are for callers we know. */
  async function isKnown(request: Parameters<typeof yard.identify>[0]): Promise<boolean> {
    try {
      return (await yard.identify(request)).id !== 'local'
    } catch {
      return false
    }
  }

  return app
}

const brief = ({ status, version, uptime }: HealthReport) => ({ status, version, uptime })
