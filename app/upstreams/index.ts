/** All upstreams of the configuration: what each kind is connected by, and how they start together. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Realms } from '../authorization/words.ts'
import type { Json } from '../call.ts'
import type { Catalog, ListName } from '../catalog.ts'
import type { UpstreamConfig } from '../config.ts'
import { Failure } from '../errors.ts'
import { PortTaken } from '../http.ts'
import { aborted, type Life } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { Sessions } from '../mcp/sessions.ts'
import { isAlive, startTimeOf } from '../process-table.ts'
import { secrets } from '../secrets.ts'
import { sha256 } from '../sha256.ts'
import type { Bus } from '../store/bus.ts'
import type { Database } from '../store/database.ts'
import { type Known, openLists } from '../store/lists.ts'
import { openProcesses } from '../store/processes.ts'
import type { Cache } from './cache.ts'
import type { Environment } from './child/child-environment.ts'
import { removeOrphans } from './child/ledger.ts'
import type { BreakerOptions } from './http/breaker.ts'
import { connectJsonrpc } from './jsonrpc/connect.ts'
import { connectMcp } from './mcp/connect.ts'
import type { SignIns } from './oauth/index.ts'
import { connectOnec } from './onec/connect.ts'
import { connectOpenapi } from './openapi/connect.ts'
import type { UpstreamState } from './state.ts'
import type { Traffic } from './traffic.ts'
import type { Upstream } from './upstream.ts'

export { createCache } from './cache.ts'
export { createTraffic } from './traffic.ts'

export interface UpstreamsOptions {
  readonly configs: readonly UpstreamConfig[]
  readonly catalog: Catalog
  readonly database: Database
  readonly log: Log
  readonly version: string
  readonly sessions: Sessions
  readonly bus: Bus
  /** Our own environment: children get a short list of it. */
  readonly baseEnv: Environment
  /** Where people sign in with accounts of systems behind us. */
  readonly realms?: Realms
  /** For servers that want one; without it they stay away. */
  readonly signIns?: SignIns
  readonly breaker?: BreakerOptions
  readonly traffic?: Traffic
  /** For a process that a client has started: a sibling may hold a port that it would need. */
  readonly bearsSibling?: boolean
  readonly cache?: Cache
}

/** How each upstream is doing, asked at any time. */
export type UpstreamStates = () => UpstreamState[]

/** How long the start waits for upstreams of which nothing is known yet, in milliseconds. */
const firstWait = 3_000
/** How long children may still take to leave when the time for stopping is up, in milliseconds. */
const lastMoment = 200

/**
 * Starts every upstream and offers at once what was known of each. Only one that nothing is known of is waited for, and not for long:
 * a client that lists tools right after a first start should see them.
 */
export async function startUpstreams(life: Life, options: UpstreamsOptions): Promise<UpstreamStates> {
  const {
    configs,
    catalog,
    database,
    log,
    version,
    sessions,
    bus,
    baseEnv,
    signIns,
    breaker,
    traffic,
    cache,
    realms,
    bearsSibling = false,
  } = options
  const ledger = openProcesses(database, {
    host: hostname(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    isAlive,
  })
  const lists = openLists(database)
  const upstreams: Upstream[] = []
  // All at once: a child that does not leave by itself takes seconds, and there may be many.
  const stop = async () => {
    const left = Promise.all(upstreams.map((upstream) => upstream.stop()))
    // When the time for stopping is up, the end of the process takes along who has not left.
    await Promise.race([left, aborted(life.hurry).then(() => sleep(lastMoment))])
  }
  const { known } = await life.start('upstreams', async () => {
    const known = await knownLists(lists, log)
    await removeOrphans(ledger, log)
    return { known, stop }
  })

  function connect(config: UpstreamConfig): Upstream {
    const { kind } = config
    const key = keyOf(config)
    const tools = {
      version,
      log,
      catalog,
      kept: known.get(key),
      save: (about: Json, list: ListName, entries: Json[]) => lists.save(key, kind, about, list, entries),
      connected: () => lists.connected(key),
      breaker,
      traffic,
      cache,
    }
    if (config.kind === 'mcp') {
      const signIn = signIns?.of(config)
      const talk = {
        tell: (word: Json) => bus.tell(`upstream ${key}`, word),
        hear: (listener: (word: Json) => void) => bus.hear(`upstream ${key}`, listener),
        missed: bus.missed,
      }
      return connectMcp(config, { ...tools, ledger, sessions, baseEnv, bus: talk, credentials: signIn, signIn })
    }
    if (config.kind === 'jsonrpc') return connectJsonrpc(config, tools)
    if (config.kind === 'openapi') return connectOpenapi(config, tools)
    return connectOnec(config, { ...tools, realms })
  }

  for (const config of configs) {
    const { name } = config
    const upstream = connect(config)
    upstreams.push(upstream)
    await life.start(`upstream:${name}`, async () => {
      await upstream.listen?.().catch((error: unknown) => {
        if (!bearsSibling || !(error instanceof PortTaken)) throw error
        log.warn('port not opened, tried again later', { upstream: name, reason: error.message })
      })
      return { check: () => upstream.check() }
    })
  }
  const strangers = upstreams.filter(({ unknown }) => unknown)
  if (strangers.length) await firstLists(strangers, log)
  return () => upstreams.map((upstream) => secrets.maskWithin(upstream.state()))
}

/**
 * Under which name the store keeps an upstream. Several local processes share one database, and `files` in one configuration
 * may be another server than `files` in the next.
 */
function keyOf(config: UpstreamConfig): string {
  const place = placeOf(config)
  return `${config.name} ${sha256(JSON.stringify(place)).slice(0, 12)}`
}

function placeOf(config: UpstreamConfig): unknown {
  if (config.kind === 'mcp') return config.transport
  if (config.kind === 'openapi') return [config.kind, config.document, config.service.url]
  if (config.kind !== 'onec') return [config.kind, config.service.url]
  const { way, username } = config
  // Each user of a base may see other lists.
  if (way.transport === 'http') return ['onec', way.service.url, way.serviceRoot, username]
  return way.transport === 'file' ? ['onec', way.directory] : ['onec', way.host, way.port]
}

/** What the store remembers; when it is away, the upstreams tell themselves. */
async function knownLists(lists: ReturnType<typeof openLists>, log: Log): Promise<Map<string, Known>> {
  try {
    return await lists.load()
  } catch (error) {
    log.warn('lists not loaded: upstreams show nothing until they answer', {
      reason: error instanceof Failure ? error.message : String(error),
    })
    return new Map()
  }
}

async function firstLists(upstreams: readonly Upstream[], log: Log): Promise<void> {
  log.info('waiting for upstreams that are new', { upstreams: upstreams.map(({ name }) => name), at_most_ms: firstWait })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, firstWait)
  })
  await Promise.race([Promise.all(upstreams.map(({ tried }) => tried)), late])
  clearTimeout(timer)
}
