/** The middle of the system, without database and upstreams, behind a real port: for tests of surfaces and commands. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccess, everything } from '../../app/access.ts'
import type { Credentials } from '../../app/auth.ts'
import type { Caller, Command, Scope } from '../../app/call.ts'
import { type Catalog, createCatalog } from '../../app/catalog.ts'
import { createClientAddress } from '../../app/client-address.ts'
import { loadConfig, type Settled } from '../../app/config.ts'
import { Failure } from '../../app/errors.ts'
import { createHealth, type Health } from '../../app/health.ts'
import { openHttp } from '../../app/http.ts'
import { createLife } from '../../app/lifecycle.ts'
import { createSessions, type Sessions } from '../../app/mcp/sessions.ts'
import { createMetrics } from '../../app/metrics.ts'
import { authorize } from '../../app/policies/authorize.ts'
import { deadline } from '../../app/policies/deadline.ts'
import { measure } from '../../app/policies/measure.ts'
import { validate } from '../../app/policies/validate.ts'
import { openStanding } from '../../app/standing.ts'
import { createSwitch } from '../../app/switch.ts'
import type { Surface, Yard } from '../../app/yard.ts'
import { type CollectedLog, collectedLog } from './collected-log.ts'

export interface TestYard extends Yard {
  readonly url: string
  readonly log: CollectedLog
  stop(): Promise<void>
}

export interface Middle {
  readonly catalog: Catalog
  readonly health: Health
  readonly settled: Settled
  readonly sessions: Sessions
}

export interface YardOptions {
  /** Milliseconds that a call may take. */
  readonly timeout?: number
  readonly env?: Record<string, string>
  readonly identify?: Yard['identify']
  readonly metadata?: Yard['metadata']
}

/** A key of this name, sent as bearer, has these scopes; without one the caller is `local`. */
const keys: Readonly<Record<string, readonly Scope[]>> = {
  admin: ['read', 'call', 'admin'],
  reader: ['read'],
  ann: ['read', 'call'],
  bob: ['read', 'call'],
}

/**
 * @param surfaces what the port serves
 * @param offer puts commands into the catalogue
 * @param timeout ms that a call may take
 */
export async function startYard(
  surfaces: readonly Surface[],
  offer: (middle: Middle) => void,
  { timeout = 10_000, env = {}, identify = byName, metadata }: YardOptions = {},
): Promise<TestYard> {
  const home = await mkdtemp(join(tmpdir(), 'switchyard-yard-'))
  const settled = loadConfig({ flags: {}, env: { MCP_STOP_DELAY: '0', ...env }, cwd: home, home })
  const log = collectedLog()
  const life = createLife(log)
  const metrics = createMetrics()
  const catalog = createCatalog(log)
  const policies = [
    measure(metrics),
    authorize(createAccess(everything)),
    validate(log),
    deadline({ timeout, hurry: life.hurry }),
  ]
  const sessions = await life.start('sessions', () => createSessions(log, settled.config.limits))
  const health = createHealth({
    version: '1.2.3',
    checks: life.checks,
    essential: [],
    stopping: life.stopping,
  })
  health.started()
  const yard = {
    version: '1.2.3',
    settled,
    log,
    metrics,
    catalog,
    switch: createSwitch(catalog, policies),
    sessions,
    health,
    standing: await life.start('standing', async () => openStanding(identify, log)),
    identify,
    metadata,
    admit: () => {},
    look: <T>(_request: unknown, _credential: string, find: () => T) => find(),
    ...createClientAddress(settled.config.server.trustedProxies),
  }
  offer({ catalog, health, settled, sessions })
  const http = await life.start('http', () => openHttp(yard, life, { name: 'mcp', port: 0, surfaces }))
  health.started()
  return {
    ...yard,
    url: http.url,
    async stop() {
      await life.stop('the test is over')
      await rm(home, { recursive: true })
    },
  }
}

function byName({ headers: { authorization } }: Credentials): Caller {
  if (authorization === undefined) return { id: 'local', name: 'local', scopes: ['read', 'call'] }
  const name = authorization.replace(/^Bearer /, '')
  const scopes = keys[name]
  if (!scopes) throw new Failure('unauthorized', 'this credential is not valid here')
  return { id: `key:${name}`, name, scopes }
}

/** A tool as an upstream would offer it. */
export function upstreamTool(name: string, definition: object, run: Command['run'], scope: Scope = 'call'): Command {
  return { kind: 'tool', name, owner: 'far', scope, definition: { name, ...definition }, run }
}
