#!/usr/bin/env node
/** Switchyard, in the order in which it starts; it stops in the reverse order. */
import { createPeople, openAdmin, tokenSurface } from './admin/index.ts'
import { createAccess } from './app/access.ts'
import { createAddressLimits } from './app/address-limits.ts'
import { createAdmission } from './app/admission.ts'
import { openApprovals } from './app/approvals.ts'
import { createIdentify } from './app/auth.ts'
import { createConsents } from './app/authorization/consents.ts'
import type { CheckAccount } from './app/authorization/own-accounts.ts'
import { openAuthorization } from './app/authorization.ts'
import { createCatalog } from './app/catalog.ts'
import { isEntry, runCli } from './app/cli.ts'
import { createClientAddress } from './app/client-address.ts'
import { type CommandFolder, offerOwnCommands, openCommands } from './app/commands/index.ts'
import { letsClientsIn, signsPeopleIn, type UpstreamConfig } from './app/config.ts'
import { Failure } from './app/errors.ts'
import { byApproval, byPin, byRule, byScope, byUpstream, createExplain } from './app/explain.ts'
import { gauges } from './app/gauges.ts'
import { createHealth } from './app/health.ts'
import { openHttp, openUnlessTaken } from './app/http.ts'
import { createJobs } from './app/jobs/jobs.ts'
import { createKeys } from './app/keys.ts'
import { isLoopback } from './app/loopback.ts'
import { createHandlers } from './app/mcp/handlers.ts'
import { createSessions } from './app/mcp/sessions.ts'
import { createTasks } from './app/mcp/tasks.ts'
import { createMetrics } from './app/metrics.ts'
import { createProvider, createProviderSignIn } from './app/oidc/index.ts'
import { openOverload } from './app/overload.ts'
import { openPins } from './app/pins.ts'
import {
  approve,
  authorize,
  concurrent,
  deadline,
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
import { openStanding } from './app/standing.ts'
import {
  createAccountStore,
  createAnswers,
  createApprovalStore,
  createGrantStore,
  createKeyStore,
  createPeopleStore,
  createPinStore,
  createRegistrationStore,
  createSubjectStore,
  createToolTasks,
  createUpstreamSecrets,
  createUserStore,
  createWindows,
  openBus,
  openDatabase,
  openExecutions,
  openRedis,
} from './app/store/index.ts'
import { health as healthPaths, mainSurfaces, openStdio } from './app/surfaces/index.ts'
import { createSwitch } from './app/switch.ts'
import type { System, SystemOptions } from './app/system.ts'
import { createHolders } from './app/tls/holder.ts'
import { openTls } from './app/tls/open.ts'
import { createTokens } from './app/tokens.ts'
import { createCache, createTraffic, startUpstreams, type UpstreamStates } from './app/upstreams/index.ts'
import { createSignIns } from './app/upstreams/oauth/index.ts'
import { connectionOf } from './app/upstreams/onec/connection.ts'
import { createUsers } from './app/users.ts'
import { version } from './app/version.ts'
import { requireWayIn } from './app/way-in.ts'
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
    deadline({ timeout: limits.callTimeout * 1000, hurry: life.hurry }),
  ])

  const pins = await life.start('pins', () => openPins({ ...config.pinning, store: createPinStore(database), catalog, bus, log }))

  const people = createPeople({ store: createPeopleStore(database), subjects: createSubjectStore(database), windows })
  const keys = createKeys({ store: createKeyStore(database), secretKey: config.secretKey, log })
  const provider = createProvider(config.auth.oidc, log)
  const tokens = createTokens({ settings: config, accounts: createAccountStore(database), provider, log })
  const users = createUsers({
    store: createUserStore(database),
    ended(userId) {
      people.forget(userId)
      tokens.forget(userId)
    },
  })
  const providerSignIn = provider && createProviderSignIn({ provider, settings: config, log })
  const realms = config.upstreams.filter(signsPeopleIn).map(({ name }) => name)
  const grants = createGrantStore(database)
  const check: CheckAccount = ({ username: name, password }, address) =>
    people.check({ name, password }, { address: address ?? 'unknown', userAgent: '' })
  const authorization = letsClientsIn(config)
    ? await life.start('oauth', () => openAuthorization({ realms, check, store: grants, windows, settings: config, log }))
    : undefined
  const consents = createConsents(grants, (grant) => authorization?.forget(grant))
  const metadata = authorization?.metadata
  const open = config.auth.mode === 'auto' && isLoopback(server.host) && realms.length === 0
  await requireWayIn(config, open, keys, log)
  const clients = createClientAddress(server.trustedProxies, ssl.enabled)
  const identify = createIdentify({
    open: open ? clients.isNear : () => false,
    verifiers: [...(authorization ? [authorization.verify] : []), keys.verify, tokens.verify, people.verify],
    metadata,
    holderOf: tls && ssl.caCert !== null ? createHolders(ssl.clients) : undefined,
  })
  const addressLimits = createAddressLimits(windows, config.rateLimit)
  const admission = createAdmission({ overload, limits: addressLimits, addressOf: clients.addressOf, identify })
  const standing = await life.start('standing', async () => openStanding(identify, log))
  const sessions = await life.start('sessions', () => createSessions(log, limits))
  const { stopping, hurry } = life
  const tasks = createTasks({ store: createToolTasks(database), catalog, sessions, log, stopping, hurry })
  const handlers = createHandlers(catalog, toSwitch, tasks)
  const jobs = createJobs({ tasks, catalog, toSwitch, limit: config.commands.jobs, stopping })
  const yard: Yard = {
    ...{ version, settled, log, metrics, catalog, switch: toSwitch, sessions, health, standing, jobs, metadata },
    ...admission,
    ...clients,
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
  let folder: CommandFolder | undefined
  let url: string | undefined
  let proxy: ProxyRegistration | undefined
  const explain = createExplain({
    keys,
    catalog,
    looks: [byScope, byRule(access), byPin, byApproval(approvals.needs), byUpstream(() => upstreams())],
  })
  offerOwnCommands({
    ...{ version, catalog, health, settled, executions: history, keys, users, consents, explain },
    ...{ pins, approvals, signIns, sessions, jobs },
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
            surfaces: [...mainSurfaces(handlers, registrations, authorization), tokenSurface(people, tokens)],
            tls: tls?.mcp,
          }),
        )
  const panel = (closing: AbortSignal) =>
    openAdmin(yard, { people, users, tokens, provider: providerSignIn }, signIns, closing, {
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
