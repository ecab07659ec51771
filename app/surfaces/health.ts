/** The paths that probes and Prometheus ask, the same on both ports. */
import type { IncomingMessage } from 'node:http'
import { Hono } from 'hono'
import { isPrivate } from '../addresses.ts'
import { Failure } from '../errors.ts'
import type { HealthReport } from '../health.ts'
import type { Surface, Web } from '../yard.ts'
import { refuse } from './refuse.ts'

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

  // Scrapers are inside and bring no credential. From outside the names of tools and upstreams are for callers that are known.
  app.get('/metrics', async (c) => {
    const { incoming, outgoing } = c.env
    if (!isInside(incoming) && !(await isKnown(incoming))) return refuse({ incoming, outgoing }, forKnown(), yard.log)
    return c.body(await yard.metrics.text(), 200, { 'content-type': yard.metrics.contentType })
  })

  const isInside = (request: IncomingMessage) => isPrivate(yard.addressOf(request))

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

const forKnown = () => new Failure('unauthorized', 'from outside a private network the metrics need a credential')

const brief = ({ status, version, uptime }: HealthReport) => ({ status, version, uptime })
