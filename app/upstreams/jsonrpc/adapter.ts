/** One service whose commands are called by JSON-RPC: what it has, whether it is there, and its commands as ours. */
import type { Allowance } from '../../addresses.ts'
import type { Call, Command, Json, Result } from '../../call.ts'
import type { ServiceConfig } from '../../config/upstream/service.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import type { Log } from '../../log.ts'
import type { BreakerState } from '../http/breaker.ts'
import { type BreakerOptions, openService, type Service } from '../http/service.ts'
import { type Lists, toCommands } from '../offer.ts'
import type { Offered } from '../steady.ts'
import type { Traffic } from '../traffic.ts'
import { type Catalogue, readCatalogue } from './catalogue.ts'
import { endOf, jobIn } from './jobs.ts'
import { commandUrl, placesOf } from './places.ts'
import { toolResult } from './results.ts'
import { createTalk, type Talk } from './talk.ts'

export interface AdapterParts {
  readonly name: string
  readonly prefix: string
  /** Seconds that one call may take. */
  readonly timeout: number
  readonly pollInterval: number | null
}

export interface Parts {
  read(signal: AbortSignal): Promise<Catalogue>
  look(signal: AbortSignal): Promise<void>
  offered(lists: Lists, leftOut: readonly string[]): Offered
}

/** Milliseconds that the deadline of a call leaves to that of its request, whose text says more. */
const grace = 1_000
/** Milliseconds for reading everything, and for a look, where nobody says otherwise. */
const readTime = 30_000
const lookTime = 10_000

/** @param config what of it is said about the service alone */
export function partsOf(config: AdapterParts, service: Service, at: string): Parts {
  const { name } = config
  const url = commandUrl(at)
  const talk = createTalk(name, service, url)
  return {
    read: (signal) => readCatalogue({ name, service, talk, url }, signal),
    look: (signal) => look(service, { name, talk, url, signal }),
    offered: (lists, leftOut) => offered(lists, leftOut, config, talk),
  }
}

/** Its health, or the command `help` where it has none. */
async function look(
  service: Service,
  { name, talk, url, signal }: { name: string; talk: Talk; url: URL; signal: AbortSignal },
): Promise<void> {
  for (const place of placesOf(url, 'health')) {
    const what = `GET ${place.pathname}`
    const { status } = await service.ask({ method: 'GET', url: place, signal, what, probe: true })
    if (status < 400) return
    if (status !== 404 && status !== 405) throw new Failure('upstream_away', `${name}: ${what}: HTTP ${status}`)
  }
  await talk('help', {}, { signal, safe: true, probe: true })
}

function offered(lists: Lists, leftOut: readonly string[], config: AdapterParts, talk: Talk): Offered {
  const { name: owner, prefix, timeout, pollInterval } = config
  const queued = new Set(lists.tools.filter(isQueued).map(({ name }) => name))
  const names = new Set(lists.tools.map(({ name }) => name))
  const every = pollInterval === null ? undefined : pollInterval * 1000

  async function run(command: string, params: Json, call: Call): Promise<Result> {
    const reply = await talk(command, params, { cancel: call.cancel })
    const job = every !== undefined && queued.has(command) ? jobIn(reply) : undefined
    if (job === undefined || every === undefined) return toolResult(reply)
    return toolResult((await endOf(job, call, { talk, every, has: (each) => names.has(each) })) ?? reply)
  }

  const { commands, dropped } = toCommands(lists, {
    owner,
    prefix,
    timeout: timeout * 1000 + grace,
    forward: (_method, params, call) => run(String(params.name), params.arguments as Json, call),
    headers: false,
    completes: false,
    tasks: undefined,
    watch: async () => () => {},
  })
  return { commands, leftOut: dropped ? [...leftOut, `${dropped} commands are not of the shape that MCP asks for`] : leftOut }
}

const isQueued = ({ inputSchema }: Json): boolean => isObject(inputSchema) && inputSchema['x-use-queue'] === true

export interface AdapterOptions {
  readonly name: string
  /** Of its commands, or of its host: then they are at `/cmd`. */
  readonly url: string
  readonly prefix: string
  /** Seconds that one call may take. */
  readonly timeout: number
  readonly log: Log
  /** Which addresses it may have, because it named itself. */
  readonly allow: Allowance
  readonly tls?: ServiceConfig['tls']
  readonly headers?: Record<string, string>
  readonly breaker?: BreakerOptions
  readonly traffic?: Traffic
}

export interface Adapter {
  /** Its commands as ours. Throws Failure when it is away or has none. */
  read(signal?: AbortSignal): Promise<Command[]>
  /** Throws when it is not there. */
  look(signal?: AbortSignal): Promise<void>
  /** What it has and cannot be used, as of the last reading. */
  readonly leftOut: readonly string[]
  readonly breaker: BreakerState
  close(): Promise<void>
}

/** A service that nobody has configured: one that registered itself. */
export function openAdapter({ name, url, prefix, timeout, log, allow, ...rest }: AdapterOptions): Adapter {
  const { tls = { ca: null, cert: null, key: null, passphrase: null }, headers = {}, breaker, traffic } = rest
  const config = { url, headers, tls, connections: 8, allowPrivate: allow.private, checkEvery: 0, refresh: 0 }
  const service = openService({ name, timeout, service: config }, { log, breaker, traffic, guard: allow })
  const parts = partsOf({ name, prefix, timeout, pollInterval: null }, service, url)
  let leftOut: readonly string[] = []
  return {
    async read(signal = AbortSignal.timeout(readTime)) {
      const { tools, leftOut: sentences } = await parts.read(signal)
      const made = parts.offered({ tools, resources: [], templates: [], prompts: [] }, sentences)
      leftOut = made.leftOut
      return [...made.commands]
    },
    look: (signal = AbortSignal.timeout(lookTime)) => parts.look(signal),
    get leftOut() {
      return leftOut
    },
    get breaker() {
      return service.breaker
    },
    close: () => service.close(),
  }
}
