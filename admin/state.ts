/** How the server is doing over HTTP: /api/v1/health, upstreams, registration, sessions, config, and the other lists of the catalogue. */
import { Hono } from 'hono'
import { Failure } from '../app/errors.ts'
import type { Session } from '../app/mcp/sessions.ts'
import { schemeOf } from '../app/tls/scheme.ts'
import type { Yard } from '../app/yard.ts'
import type { Asker } from './ask.ts'
import { watchChanges } from './changes.ts'
import type { AdminEnv } from './web.ts'
import type { HealthView, RegistrationView, SessionView, SettingView, UpstreamView } from './wire.ts'

/**
 * @param mainPort the port that MCP clients connect to, known once it is open
 * @param closing aborts when the port closes
 */
export function stateRoutes(yard: Yard, asker: Asker, mainPort: () => number, closing: AbortSignal): Hono<AdminEnv> {
  const changes = watchChanges(yard, closing)
  const { ssl, server } = yard.settled.config

  function urlsFor(host: string | undefined): HealthView['urls'] {
    // Whoever sees the panel under this host name reaches the other port under it too.
    const { hostname } = new URL(`http://${host ?? 'localhost'}`)
    const base = server.publicUrl?.replace(/\/+$/, '') ?? `${schemeOf(ssl)}://${hostname}:${mainPort()}`
    return { mcp: `${base}/mcp`, sse: `${base}/sse` }
  }

  return new Hono<AdminEnv>()
    .get('/health', async (c) => {
      const { caller } = c.var
      const count = (list: 'tools' | 'resources' | 'prompts') => yard.catalog.list(list, { caller, via: 'admin' }).length
      const view: HealthView = {
        ...(await yard.health.report()),
        recent: yard.metrics.recent(),
        counts: {
          tools: count('tools'),
          resources: count('resources'),
          prompts: count('prompts'),
          sessions: yard.sessions.list().length,
        },
        urls: urlsFor(c.req.header('Host')),
        changes: changes(),
      }
      return c.json(view)
    })
    .get('/resources', (c) => {
      const { caller } = c.var
      const of = (list: 'resources' | 'templates') =>
        yard.catalog.list(list, { caller, via: 'admin' }).map(({ definition, owner }) => ({ ...definition, owner }))
      return c.json({ resources: of('resources'), templates: of('templates') })
    })
    .get('/prompts', (c) => {
      const prompts = yard.catalog
        .list('prompts', { caller: c.var.caller, via: 'admin' })
        .map(({ definition, owner }) => ({ ...definition, owner }))
      return c.json({ prompts })
    })
    .get('/upstreams', async (c) => c.json(await asker.page<{ upstreams: UpstreamView[] }>(c, 'upstreams')))
    .get('/registration', async (c) => c.json(await asker.page<RegistrationView>(c, 'registration_status')))
    .get('/config', async (c) => c.json(await asker.page<{ settings: SettingView[] }>(c, 'config')))
    .get('/sessions', (c) => {
      if (!c.var.caller.scopes.includes('admin')) throw new Failure('forbidden', 'the list of sessions needs the admin scope')
      return c.json({ sessions: yard.sessions.list().map(toView) })
    })
}

const toView = (session: Session): SessionView => ({
  id: session.id.slice(0, 8),
  via: session.via,
  caller: { id: session.caller.id, name: session.caller.name },
  client: session.client ?? null,
  protocol: session.protocolVersion ?? null,
  opened_at: new Date(session.openedAt).toISOString(),
  last_active_at: new Date(session.lastActiveAt).toISOString(),
  calls: session.calls,
  busy: session.busy(),
})
