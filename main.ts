#!/usr/bin/env node
/** Switchyard, in the order in which it starts; it stops in the reverse order. */
import { openAdmin, tokenSurface } from './admin/index.ts'
import { createAccess } from './app/access.ts'
import { openApprovals } from './app/approvals.ts'
import { createCatalog } from './app/catalog.ts'
import { isEntry, runCli } from './app/cli.ts'
import { type CommandFolder, offerOwnCommands, openCommands } from './app/commands/index.ts'
import type { UpstreamConfig } from './app/config.ts'
import { Failure } from './app/errors.ts'
import { type Answerer, byApproval, byLimit, byPin, byPrefix, byRule, byScope, byUpstream, createExplain } from './app/explain.ts'
import { gauges } from './app/gauges.ts'
import { createHealth } from './app/health.ts'
import { openHttp, openUnlessTaken } from './app/http.ts'
import { openIdentity } from './app/identity.ts'
import { createJobs } from './app/jobs/jobs.ts'
import { isLoopback } from './app/loopback.ts'
import { createHandlers } from './app/mcp/handlers.ts'
import { createSessions } from './app/mcp/sessions.ts'
import { createTasks } from './app/mcp/tasks.ts'
import { createMetrics } from './app/metrics.ts'
import { openOverload } from './app/overload.ts'
import { openPins } from './app/pins.ts'
import {
  approve,
  authorize,
  concurrent,
  deadline,
  inForce,
  keepUp,
  limit,
  measure,
  pinned,
  record,
  supply,
  validate,
} from './app/policies/index.ts'
import { openProxy, type ProxyRegistration } from './app/proxy.ts'
import { openRegistrations } from './app/registrations.ts'
import { towardsTls } from './app/secure-transport.ts'
import {
  createAnswers,
  createApprovalStore,
  createAudit,
  createPinStore,
  createRegistrationStore,
  createToolTasks,
  createUpstreamSecrets,
  createWindows,
  openBus,
  openDatabase,
  openExecutions,
  openRedis,
} from './app/store/index.ts'
import { health as healthPaths, mainSurfaces, openStdio } from './app/surfaces/index.ts'
import { createSwitch } from './app/switch.ts'
import type { System, SystemOptions } from './app/system.ts'
import { openTls } from './app/tls/open.ts'
import { createCache, createTraffic, startUpstreams, type UpstreamStates } from './app/upstreams/index.ts'
import { createSignIns } from './app/upstreams/oauth/index.ts'
import { connectionOf } from './app/upstreams/onec/connection.ts'
import { version } from './app/version.ts'
import type { Yard } from './app/yard.ts'

export async function assemble({ settled, life, log, baseEnv, stdio, template }: SystemOptions): Promise<System> {
  const { config } = settled
  const { server, limits, ssl } = config
  const metrics = createMetrics()
  let upstreams: UpstreamStates = () => []
  const health = createHealth({
    version,
    checks: life.checks,
    essential: ['database', 'event_loop'],
    stopping: life.stopping,
    bases: () => connectionOf(upstreams()),
  })

  const served = server.transport !== 'stdio' || server.admin
  const tls = ssl.enabled && served ? await life.start('tls', () => openTls(ssl, log)) : undefined
  const database = await life.start('database', () =>
    openDatabase({ ...config.database, dataDir: config.dataDir, template, log, stopping: life.stopping }),
  )
  const redis = await life.start('redis', () => openRedis(config.redis.url, log))
  const bus = await life.start('bus', () => openBus(redis, log))
  const history = await life.start('history', () => openExecutions(database, log))
  const windows = createWindows(redis)
  const overload = await life.start('event_loop', () => openOverload(limits.loopLag, log))

  const certificates = tls !== undefined && ssl.caCert !== null
  const who = await openIdentity(life, { config, database, windows, overload, certificates, log })
  const { people, users, keys, consents, authorization } = who

  const approvals = await life.start('approvals', () =>
    openApprovals({ settings: config.approval, store: createApprovalStore(database), bus, log, stopping: life.stopping }),
  )
  const access = createAccess(config.access)
  const catalog = createCatalog(log, access)
  const toSwitch = createSwitch(catalog, [
    measure(metrics),
    keepUp(overload),
    record(history, { audit: config.audit, keep: limits.history }, log),
    authorize(access),
    pinned(),
    limit(windows, config.rateLimit),
    concurrent(limits.concurrentPerCaller, maxConcurrentOf(config.upstreams)),
    validate(log),
    supply(access),
    approve(approvals),
    inForce(who.checkInForce),
    deadline({ timeout: limits.callTimeout * 1000, hurry: life.hurry }),
  ])

  const pins = await life.start('pins', () => openPins({ ...config.pinning, store: createPinStore(database), catalog, bus, log }))

  const sessions = await life.start('sessions', () => createSessions(log, limits))
  const { stopping, hurry } = life
  const tasks = createTasks({ store: createToolTasks(database), catalog, sessions, log, stopping, hurry })
  const handlers = createHandlers(catalog, toSwitch, tasks)
  const jobs = createJobs({ tasks, catalog, toSwitch, limit: config.commands.jobs, stopping })
  const yard: Yard = {
    ...{ version, settled, log, metrics, catalog, switch: toSwitch, sessions, health, jobs },
    ...who.doors,
  }
  gauges(yard, { history, tasks, redis, overload })

  let adminUrl: string | undefined
  const signIns = createSignIns({
    secrets: createUpstreamSecrets(database),
    secretKey: config.secretKey,
    dataDir: config.dataDir,
    log,
    adminUrl: () => server.publicUrl ?? adminUrl,
  })
  let guests: () => readonly Answerer[] = () => []
  const answerers = () => [...upstreams(), ...guests()]
  let folder: CommandFolder | undefined
  let url: string | undefined
  let proxy: ProxyRegistration | undefined
  const explain = createExplain({
    keys,
    catalog,
    missing: byPrefix(config.upstreams, answerers),
    looks: [
      byScope,
      byRule(access),
      byPin,
      byLimit(windows.used, config.rateLimit),
      byApproval(approvals.needs),
      byUpstream(answerers),
    ],
  })
  offerOwnCommands({
    ...{ version, catalog, health, settled, executions: history, keys, users, consents, explain },
    ...{ pins, approvals, signIns, sessions, jobs },
    audit: createAudit(database),
    upstreams: () => upstreams(),
    folder: () => folder,
    places: () => ({ url, adminUrl }),
    proxy: () => known(proxy),
  })
  const { directory, ...how } = config.commands
  if (directory) folder = await life.start('commands', () => openCommands({ directory, catalog, log, ...how }))
  const behind = { catalog: pins.catalog, database, sessions, bus, log, version, baseEnv, signIns, realms: authorization?.realms }
  const outgoing = { breaker: config.circuitBreaker, traffic: createTraffic(metrics), cache: createCache(createAnswers(redis)) }
  const bearsSibling = server.transport !== 'sse'
  upstreams = await startUpstreams(life, { configs: config.upstreams, ...behind, ...outgoing, bearsSibling })
  const { lease, allowPrivate, ssl: callbacks } = config.registrations
  const registrations = await life.start('registrations', () =>
    openRegistrations({
      store: createRegistrationStore(database),
      catalog: pins.catalog,
      bus,
      windows,
      log,
      lease,
      allow: { private: allowPrivate ?? isLoopback(server.host) },
      rateLimit: config.rateLimit,
      timeout: limits.callTimeout,
      outgoing: { breaker: config.circuitBreaker, traffic: outgoing.traffic, tls: { ...callbacks, passphrase: null } },
    }),
  )
  guests = registrations.answerers
  // What runs as a task still needs what was started before this.
  await life.start('tasks', tasks.open)

  const listen = server.transport === 'sse' ? life.start : openUnlessTaken(life, log)
  const main =
    server.transport === 'stdio'
      ? undefined
      : await listen('http', () =>
          openHttp(yard, life, {
            name: 'mcp',
            port: server.port,
            surfaces: [...mainSurfaces(handlers, registrations, authorization), tokenSurface(people, who.tokens)],
            tls: tls?.mcp,
          }),
        )
  const panel = (closing: AbortSignal) =>
    openAdmin(yard, who, signIns, closing, {
      mainPort: () => main?.port ?? server.port,
    })
  const admin = server.admin
    ? await listen('admin', () =>
        openHttp(yard, life, {
          name: 'admin',
          port: server.adminPort,
          surfaces: [healthPaths, (_, closing) => panel(closing)],
          tls: tls?.admin,
        }),
      )
    : undefined
  const [secured, plain] = [main ?? admin, ssl.redirectPort]
  if (secured && plain !== null) {
    const elsewhere = towardsTls(server.publicUrl, secured.port)
    await listen('redirect', () => openHttp(yard, life, { name: 'redirect', port: plain, surfaces: [healthPaths], elsewhere }))
  }
  url = main?.url
  adminUrl = admin?.url
  if (stdio) await life.start('stdio', () => openStdio(yard, handlers, { ...stdio, hurry: life.hurry, alone: !main }))
  health.started()
  // A proxy calls back at once, and must find a server that is healthy.
  proxy = await life.start('proxy_registration', () => openProxy({ settings: config, version, listening: main?.url, log }))

  return { yard, url, adminUrl, routes: [...(main?.routes ?? []), ...(admin?.routes ?? [])], firstLink }

  async function firstLink(): Promise<string | undefined> {
    if (!admin) return undefined
    await database.whenReady()
    return people.firstLink(admin.url)
  }
}

/** How many calls may run at an upstream at the same time, for those that say it. */
function maxConcurrentOf(upstreams: readonly UpstreamConfig[]): ReadonlyMap<string, number> {
  return new Map(upstreams.flatMap(({ name, maxConcurrent }) => (maxConcurrent === null ? [] : [[name, maxConcurrent]])))
}

/** Clients may be there before everything is. */
function known(proxy: ProxyRegistration | undefined): ProxyRegistration {
  if (!proxy) throw new Failure('unavailable', 'the server is still starting: try again in a moment')
  return proxy
}

if (isEntry(import.meta.url)) void runCli(process.argv.slice(2), assemble)
