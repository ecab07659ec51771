/** An MCP server as an upstream: kept connected, its lists kept in the store and served from there, its calls passed on. */
import { setTimeout as delay } from 'node:timers/promises'
import { allAbilities } from '../../abilities.ts'
import type { Call, Json, Watcher } from '../../call.ts'
import { type ListName, listNames } from '../../catalog.ts'
import type { McpConfig } from '../../config/upstream/mcp.ts'
import { Failure } from '../../errors.ts'
import { isObject } from '../../is-object.ts'
import { aborted } from '../../lifecycle.ts'
import type { Sessions } from '../../mcp/sessions.ts'
import { reasonOf } from '../../reason.ts'
import { createBackoff } from '../backoff.ts'
import type { SignIn } from '../oauth/sign-in.ts'
import { SignInNeeded } from '../oauth/words.ts'
import { type Lists, toCommands } from '../offer.ts'
import { Standing } from '../standing.ts'
import { counts, healthOf, nextTryInWords, serverOf, type UpstreamState } from '../state.ts'
import type { Upstream, UpstreamTools } from '../upstream.ts'
import { createBridge } from './bridge.ts'
import { type Link, type LinkEvents, type LinkTools, openLink } from './link.ts'
import { createLinks, type Owner } from './links.ts'
import { type About, tasksOf } from './negotiate.ts'
import { Gone } from './peer.ts'
import { readList } from './read-list.ts'
import { answerQuestion } from './server-questions.ts'
import { translated } from './translated.ts'
import type { Watching } from './watching.ts'

export interface McpTools extends UpstreamTools, LinkTools {
  readonly sessions: Sessions
  /** To and from the other replicas, about the same upstream. */
  readonly bus: { tell(word: Json): void; hear(listener: (word: Json) => void): void; missed(listener: () => void): void }
  /** For a server that may want one. */
  readonly signIn?: SignIn
}

/** How long a stop waits for lists that are just being kept, in milliseconds. */
const farewell = 1_000
/** A call brings the next try about, but not sooner than this (ms) after one that failed: each may start a process. */
const shortest = 1_000
/** A burst of list_changed is answered by one look, this long (ms) after the first of them. */
const settleTime = 100
/** Who waits for a person to sign in looks this often (ms) whether the server has changed its mind; the person is not waited for that long. */
const signInEvery = 60_000
/** Up for so long (ms): the next failure starts over with short waits. */
const stable = 60_000

export function connectMcp(config: McpConfig, tools: McpTools): Upstream {
  const { name, timeout } = config
  const log = tools.log.with({ upstream: name })
  const backoff = createBackoff({ min: 1_000, max: 60_000 })
  const stopping = new AbortController()
  let lists: Lists = tools.kept?.lists ?? none
  let about = tools.kept?.about as About | null | undefined
  let lastConnectedAt = tools.kept?.lastConnectedAt ?? null
  let link: Link | undefined
  /** The newest connection, also while it is still asked for its lists. */
  let newest: Link | undefined
  const standing = new Standing(config.disabled ? 'disabled' : 'connecting', { log, stopping: stopping.signal })
  let attempt: Promise<void> = Promise.resolve()
  let failedAt = 0
  const { signIn } = tools
  let signedIn = false
  /** Somebody has signed in or out since the last try began. */
  let anew = false
  const links = createLinks({
    name,
    log,
    sessions: tools.sessions,
    shared: config.sessions === 'shared',
    main: current,
    there: () => link,
    open: openFor,
  })
  const forward = createBridge({
    name,
    links,
    unreachable: () => link?.retire('the server cannot be reached'),
  })

  tools.bus.hear(hearFromOther)
  tools.bus.missed(readAnew)
  signIn?.onChange(meetSignIn)
  offer()
  const running = config.disabled ? Promise.resolve() : keepConnected()
  const tried = attempt

  /** Whoever has signed in may see another server than before, and so may whoever has signed out. */
  function meetSignIn(): void {
    const now = signIn?.state().signedIn ?? false
    if (now === signedIn) return
    signedIn = now
    // In the middle of a try it is the try that has brought it about.
    anew = now || link !== undefined
    link?.retire(now ? 'somebody has signed in' : 'nobody is signed in any more')
    standing.nextTry?.now()
  }

  function offer(): void {
    const { commands, dropped } = toCommands(config.disabled ? none : lists, {
      owner: name,
      prefix: config.prefix,
      timeout: timeout * 1000,
      forward,
      headers: about?.era === 'modern' && config.transport.type === 'http',
      completes: Boolean(about?.capabilities?.completions),
      tasks: about ? tasksOf(about) : undefined,
      watch,
    })
    if (dropped) log.warn('entries left out: they are not of the shape that MCP asks for', { dropped })
    tools.catalog.offer(name, commands)
    tools.catalog.instruct(name, config.disabled ? undefined : about?.instructions)
  }

  async function watch(uri: string, watcher: Watcher): Promise<() => void> {
    try {
      return await links.watch(uri, watcher)
    } catch (problem) {
      throw translated(name, problem, 'resources/subscribe')
    }
  }

  async function keepConnected(): Promise<void> {
    while (!stopping.signal.aborted) {
      anew = false
      attempt = connect()
      await attempt
      if (!link) failedAt = Date.now()
      else {
        const upSince = Date.now()
        const reason = await link.ended
        link = undefined
        newest = undefined
        if (stopping.signal.aborted) return
        if (Date.now() - upSince > stable) backoff.reset()
        log.warn('upstream lost', { reason })
        standing.become('stale', reason)
      }
      if (!anew) await standing.pause(standing.state === 'sign_in' ? signInEvery : backoff.next())
    }
  }

  async function connect(): Promise<void> {
    if (standing.state !== 'stale' && standing.state !== 'sign_in') standing.become('connecting')
    try {
      const events = eventsFor(undefined, links.watching)
      const opened = await open(allAbilities, events)
      newest = opened
      if (stopping.signal.aborted) return await opened.close()
      about = opened.about
      await refreshFrom(opened, listNames)
      if (stopping.signal.aborted) return
      link = opened
      links.watching.attach(opened)
      links.revive()
      // What changed while the lists were on their way may be missing in them.
      if (stale.size > 0) void refreshStale()
      lastConnectedAt = new Date()
      signIn?.welcomed()
      standing.become('connected')
      const { era, protocolVersion, serverInfo } = opened.about
      log.info('upstream connected', { ...counts(lists), server: serverInfo.name, era, version: protocolVersion })
      standing.keep(tools.connected)
    } catch (problem) {
      if (stopping.signal.aborted) return
      const reason = reasonOf(problem)
      if (problem instanceof SignInNeeded) return standing.become('sign_in', reason)
      if (standing.error !== reason) log.warn('upstream away', { reason })
      standing.become('stale', reason)
    }
  }

  function open(abilities: Json, events: LinkEvents): Promise<Link> {
    return openLink({ config, tools, events, abilities, known: about?.era, signal: stopping.signal })
  }

  /** A connection for one client. */
  function openFor({ session, abilities }: Owner, watching: Watching): Promise<Link> {
    // That it answers questions by tasks of its own is between the client and us.
    const { tasks: _, ...passedOn } = abilities
    return open(passedOn, eventsFor(session, watching))
  }

  function eventsFor(session: string | undefined, watching: Watching): LinkEvents {
    return {
      notice: (method, params, call) => hear(method, params, call, session, watching),
      question: (method, params, call, taken) => answerQuestion(tools.sessions, { method, params, call, session, taken }),
    }
  }

  async function refreshFrom(from: Link, which: Iterable<ListName>): Promise<void> {
    const wanted = [...which]
    let found: Json[][]
    try {
      found = await Promise.all(wanted.map((list) => readList(from, list)))
    } catch (problem) {
      if (from !== link) await from.close()
      throw problem
    }
    const next = { ...lists }
    for (const [index, list] of wanted.entries()) next[list] = found[index]!
    lists = next
    offer()
    for (const [index, list] of wanted.entries()) standing.keep(() => tools.save(from.about, list, found[index]!))
  }

  const stale = new Set<ListName>()
  function hear(method: string, params: Json, call: Call | undefined, session: string | undefined, watching: Watching): void {
    const main = watching === links.watching
    if (method === 'notifications/resources/updated') {
      // Every replica has a process of its own, and what one of them tells us the others do not know.
      if (main && config.transport.type === 'stdio') tools.bus.tell({ method, params: { uri: params.uri } })
      return watching.heard(params)
    }
    if (method === 'notifications/subscriptions/acknowledged') return watching.acknowledged(params)
    if (!changedBy[method]) return passOn(method, params, call, session)
    // The other replicas hear by themselves what the server tells to all.
    if (!main) tools.bus.tell({ method })
    becomeStale(method)
  }

  function becomeStale(method: string): void {
    if (stale.size === 0) setTimeout(refreshStale, settleTime)
    for (const list of changedBy[method] ?? []) stale.add(list)
  }

  /** What another replica has heard from its connection to the same server. */
  function hearFromOther({ method, params }: Json): void {
    if (isObject(params)) links.heard(params)
    else if (link) becomeStale(String(method))
  }

  /** Another replica may have heard of a change, and could not say so. */
  function readAnew(): void {
    if (link) for (const method of Object.keys(changedBy)) becomeStale(method)
  }

  async function refreshStale(): Promise<void> {
    const from = link
    if (!from) return
    const which = [...stale]
    stale.clear()
    try {
      await refreshFrom(from, which)
    } catch (problem) {
      log.warn('lists not refreshed', { reason: reasonOf(problem) })
    }
  }

  /** A message that names no request goes to the client only where there is no doubt whose it is. */
  function passOn(method: string, params: Json, call: Call | undefined, session: string | undefined): void {
    if (!passed.has(method)) return log.debug('upstream says what is not passed on', { method: method.slice(0, 100) })
    const owner = session === undefined ? undefined : tools.sessions.get(session)
    if (call) call.notify(method, params)
    else if (owner) owner.notice(method, params)
    else log.debug('upstream says', { method, level: params.level, data: params.data })
  }

  /** The connection; a call does not wait for the next try but brings it about. */
  async function current(call?: Call): Promise<Link> {
    // A call cannot bring about what a person has to do.
    if (!link && standing.state !== 'sign_in') {
      if (Date.now() - failedAt >= shortest) standing.nextTry?.now()
      // The loop that tries takes its turn first, then its try is the one to wait for.
      await new Promise((resolve) => setImmediate(resolve))
      await Promise.race([attempt, call ? aborted(call.signal) : attempt])
    }
    if (link) return link
    if (standing.state === 'sign_in' && standing.error) throw new SignInNeeded(standing.error, name)
    throw new Failure(
      'upstream_away',
      `${name} is away${standing.error ? ` (${standing.error})` : ''}: ${nextTryInWords(standing.nextTry?.at)}`,
      {
        data: { upstream: name, ...(standing.nextTry ? { next_try_at: standing.nextTry.at.toISOString() } : {}) },
      },
    )
  }

  const shown = (): UpstreamState => ({
    name,
    kind: config.kind,
    transport: config.transport.type,
    state: standing.state,
    since: standing.since,
    ...counts(lists),
    lastConnectedAt,
    nextTryAt: standing.nextTry?.at ?? null,
    error: standing.error,
    leftOut: [],
    people: null,
    server: serverOf(about),
    pid: link?.pid ?? null,
    signIn: signIn?.state() ?? null,
    breaker: null,
  })

  return {
    name,
    tried,
    unknown: tools.kept === undefined && !config.disabled,
    state: shown,
    check: () => healthOf(shown()),
    async stop() {
      stopping.abort(new Gone('the server is stopping'))
      signIn?.stop()
      await Promise.all([newest?.close(), links.close()])
      await running
      await Promise.race([standing.kept, delay(farewell, undefined, { ref: false })])
    },
  }
}

const none: Lists = { tools: [], resources: [], templates: [], prompts: [] }

const changedBy: Record<string, readonly ListName[]> = {
  'notifications/tools/list_changed': ['tools'],
  'notifications/resources/list_changed': ['resources', 'templates'],
  'notifications/prompts/list_changed': ['prompts'],
}

/** What a client may hear that is about no request of ours. */
const passed = new Set(['notifications/message', 'notifications/elicitation/complete'])
