/**
 * A system that is asked by requests of their own, without a connection that could end: read when we start, looked at again and again,
 * its lists kept in the store and served from there while it is away.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Command, Json } from '../call.ts'
import { type ListName, listNames } from '../catalog.ts'
import type { Common } from '../config/upstream/entry.ts'
import { reasonOf } from '../reason.ts'
import { listOf } from '../shelf.ts'
import { createBackoff } from './backoff.ts'
import type { BreakerState } from './http/breaker.ts'
import type { Lists } from './offer.ts'
import { Standing } from './standing.ts'
import { counts, healthOf, type UpstreamState } from './state.ts'
import type { Upstream, UpstreamTools } from './upstream.ts'

/** What one kind of system knows how to do. */
export interface Source {
  /** How it is reached, in a word: `http`, `file`, ... */
  readonly transport: string
  /** Everything that it offers now. Throws when it cannot be had. */
  read(signal: AbortSignal): Promise<Reading>
  /** What that becomes in our catalogue. */
  commands(lists: Lists, about: Json | null): Offered
  /** Throws when it is not there, or does not let us in. Cheap: done every few seconds. */
  look(signal: AbortSignal): Promise<void>
  /** How many people use it in their own name now, where they do. */
  people?(): number
  close(): Promise<void>
  /** Of the service, where there is one. */
  readonly breaker?: BreakerState
}

export interface Reading {
  /** What it says about itself; a plain JSON object that is kept with the lists. */
  readonly about: Json
  readonly server: UpstreamState['server']
  readonly lists: Lists
}

export interface Offered {
  readonly commands: readonly Command[]
  /** What it offers and cannot be used, a sentence each. */
  readonly leftOut: readonly string[]
  /** What it says to models about its use. */
  readonly instructions?: string
}

/** What a source tells while calls go through it. */
export interface Watch {
  /** A call was answered, whatever the answer. */
  answered(): void
  /** A call did not get there, or nothing came back. */
  missed(): void
}

export interface SteadyOptions {
  readonly tools: UpstreamTools
  /** Milliseconds between two looks. */
  readonly lookEvery: number
  /** Milliseconds after which its lists are read again. */
  readonly refreshEvery: number
  open(watch: Watch): Source
}

/** How long a look, and reading everything, may take, in milliseconds. */
const lookTime = 10_000
const readTime = 60_000
/** How long a stop waits for lists that are just being kept, in milliseconds. */
const farewell = 1_000

const none: Lists = { tools: [], resources: [], templates: [], prompts: [] }

function countsOf(commands: readonly Command[]): ReturnType<typeof counts> {
  const of = (list: ListName) => commands.filter((command) => listOf(command) === list).length
  return { tools: of('tools'), resources: of('resources'), templates: of('templates'), prompts: of('prompts') }
}

export function connectSteady({ name, disabled, kind }: Common & { readonly kind: string }, options: SteadyOptions): Upstream {
  const { tools, lookEvery, refreshEvery } = options
  const log = tools.log.with({ upstream: name })
  const backoff = createBackoff({ min: 1_000, max: 60_000 })
  const stopping = new AbortController()
  const standing = new Standing(disabled ? 'disabled' : 'connecting', { log, stopping: stopping.signal })
  let lists: Lists = tools.kept?.lists ?? none
  let about: Json | null = tools.kept?.about ?? null
  let server: UpstreamState['server'] = null
  let lastConnectedAt = tools.kept?.lastConnectedAt ?? null
  let leftOut: readonly string[] = []
  /** What it offers and can be used. */
  let usable = counts(none)
  let readAt = 0

  // A call that says otherwise than what we think brings the next look about.
  const source = options.open({
    answered: () => standing.state === 'stale' && standing.nextTry?.now(),
    missed: () => standing.state === 'connected' && standing.nextTry?.now(),
  })

  offer()
  let attempt: Promise<void> = Promise.resolve()
  const running = disabled ? Promise.resolve() : watchOver()
  const tried = attempt

  function offer(): void {
    const offered = source.commands(disabled ? none : lists, about)
    const { length } = offered.leftOut
    if (length && offered.leftOut.join() !== leftOut.join()) log.warn('left out', { count: length, first: offered.leftOut[0] })
    leftOut = offered.leftOut
    usable = countsOf(offered.commands)
    tools.catalog.offer(name, offered.commands)
    tools.catalog.instruct(name, disabled ? undefined : offered.instructions)
  }

  async function watchOver(): Promise<void> {
    while (!stopping.signal.aborted) {
      attempt = visit()
      await attempt
      await standing.pause(standing.state === 'connected' ? lookEvery : backoff.next())
    }
  }

  async function visit(): Promise<void> {
    try {
      const due = standing.state !== 'connected' || Date.now() - readAt >= refreshEvery
      if (due) await read()
      else await source.look(within(lookTime))
    } catch (problem) {
      if (stopping.signal.aborted) return
      const reason = reasonOf(problem)
      if (standing.error !== reason) log.warn('upstream away', { reason })
      standing.become('stale', reason)
    }
  }

  async function read(): Promise<void> {
    const reading = await source.read(within(readTime))
    if (stopping.signal.aborted) return
    const before = lists
    lists = reading.lists
    about = reading.about
    server = reading.server
    readAt = Date.now()
    for (const list of listNames) {
      if (before[list] === lists[list]) continue
      if (lastConnectedAt && JSON.stringify(before[list]) === JSON.stringify(lists[list])) continue
      standing.keep(() => tools.save(reading.about, list, [...lists[list]]))
    }
    offer()
    lastConnectedAt = new Date()
    standing.keep(tools.connected)
    backoff.reset()
    if (standing.state === 'connected') return
    standing.become('connected')
    log.info('upstream connected', { ...usable, server: server?.name, left_out: leftOut.length })
  }

  function within(ms: number): AbortSignal {
    return AbortSignal.any([stopping.signal, AbortSignal.timeout(ms)])
  }

  const shown = (): UpstreamState => ({
    name,
    kind,
    transport: source.transport,
    state: standing.state,
    since: standing.since,
    ...usable,
    lastConnectedAt,
    nextTryAt: standing.state === 'stale' ? (standing.nextTry?.at ?? null) : null,
    error: standing.error,
    leftOut,
    people: source.people?.() ?? null,
    server,
    pid: null,
    signIn: null,
    breaker: source.breaker ?? null,
  })

  return {
    name,
    tried,
    unknown: tools.kept === undefined && !disabled,
    state: shown,
    check: () => healthOf(shown()),
    async stop() {
      stopping.abort(new Error('the server is stopping'))
      await running
      await source.close()
      await Promise.race([standing.kept, delay(farewell, undefined, { ref: false })])
    },
  }
}
