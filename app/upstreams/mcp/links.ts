/**
 * The connections to one upstream beside its main one: where the upstream keeps something for whom it talks to, every client has a
 * connection of its own, so that nobody meets what another has left, and every question reaches whose call it is about.
 */
import type { Call, Client, Json, Watcher } from '../../call.ts'
import { tooManyAtOnce } from '../../limited.ts'
import type { Log } from '../../log.ts'
import type { Sessions } from '../../mcp/sessions.ts'
import { reasonOf } from '../../reason.ts'
import type { Link } from './link.ts'
import { Watching } from './watching.ts'

/** Whom a connection is for. */
export interface Owner {
  /** The session, where there is one. */
  readonly session: string | undefined
  readonly abilities: Json
}

export interface LinksOptions {
  readonly name: string
  readonly log: Log
  readonly sessions: Sessions
  /** One connection for all. */
  readonly shared: boolean
  /** The main connection; a call brings the next try about. Throws a Failure while the upstream is away. */
  main(call?: Call): Promise<Link>
  /** The main connection, if it is there now. */
  there(): Link | undefined
  open(owner: Owner, watching: Watching): Promise<Link>
}

/** A connection, lent for as long as a call takes. */
export interface Lease {
  readonly link: Link
  release(): void
}

export interface Links {
  /** At once where there is a connection. Throws a Failure while the upstream is away, or when too many clients use it. */
  lend(call: Call): Lease | Promise<Lease>
  /** The server does not know this connection any more: the next call gets another. */
  lost(link: Link): void
  /** Tells of every change of a resource until the function that comes back is called. */
  watch(uri: string, watcher: Watcher): Promise<() => void>
  /** A resource has changed, as somebody else was told: whoever watches it hears so. */
  heard(params: Json): void
  /** The upstream is back: what clients watched over connections of their own is watched again. */
  revive(): void
  /** What is watched over the main connection. */
  readonly watching: Watching
  close(): Promise<void>
}

interface Entry {
  readonly key: string
  readonly owner: Owner
  readonly opening: Promise<Link>
  readonly watching: Watching
  link?: Link
  busy: number
  lastUsed: number
}

/** Connections to one upstream; each may be a process. */
const most = 100
/** A connection that belongs to no session ends after so long without a call (ms). */
const longestIdle = 5 * 60_000
const noAbilities: Json = Object.freeze({})
const nothing = () => {}

export function createLinks({ name, log, sessions, shared, main, there, open }: LinksOptions): Links {
  const entries = new Map<string, Entry>()
  /** What clients watch over connections of their own, whichever of them they have at the moment. */
  const watched = new Map<string, { readonly owner: Owner; readonly watching: Watching }>()
  /** Their session has ended, but not what runs over them: a task outlives it. */
  const leaving = new Set<Entry>()
  const watching = new Watching(log, true)
  const sweep = setInterval(endIdle, 30_000)
  sweep.unref()
  sessions.onEnd(({ id }) => end(id))
  sessions.onRoots(({ id }) => entries.get(id)?.link?.tell('notifications/roots/list_changed', {}))

  function lend(call: Call): Lease | Promise<Lease> {
    const entry = shared ? undefined : entries.get(keyFor(call))
    if (entry) return entry.link ? lease(entry, entry.link, call) : take(entry, call)
    const link = there()
    return link && (shared || !link.stateful) ? { link, release: nothing } : lendLater(call)
  }

  async function lendLater(call: Call): Promise<Lease> {
    const link = await main(call)
    if (shared || !link.stateful) return { link, release: nothing }
    return take(entryFor(keyFor(call), { session: call.session, abilities: call.client?.abilities ?? noAbilities }), call)
  }

  async function take(entry: Entry, call: Call): Promise<Lease> {
    entry.busy++
    try {
      const link = await entry.opening
      return lease(entry, link, call)
    } finally {
      entry.busy--
      if (!entry.link) leaving.delete(entry)
    }
  }

  function lease(entry: Entry, link: Link, { client, cancel }: Call): Lease {
    entry.busy++
    return {
      link,
      release() {
        entry.busy--
        entry.lastUsed = Date.now()
        if (entry.busy > 0) return
        // What a call that was taken back still asks must not reach whoever calls next.
        const spent = entry.owner.session === undefined && canBeAsked(client) && cancel.aborted
        if (leaving.delete(entry)) close(entry)
        else if (spent || isOrphan(entry.owner)) end(entry.key)
      },
    }
  }

  /** Who has a session has one connection. Others share one, but for those that can be asked something: one at a time, to know whom. */
  function keyFor({ session, caller, client }: Call): string {
    if (session !== undefined) return session
    const base = `caller ${caller.id} ${JSON.stringify(client?.abilities ?? noAbilities)}`
    if (!canBeAsked(client)) return base
    let turn = 1
    while ((entries.get(`${base} ${turn}`)?.busy ?? 0) > 0) turn++
    return `${base} ${turn}`
  }

  function entryFor(key: string, owner: Owner): Entry {
    const there = entries.get(key)
    if (there) return there
    makeRoom()
    const watching = watched.get(key)?.watching ?? new Watching(log, false)
    const entry: Entry = { key, owner, opening: open(owner, watching), watching, busy: 0, lastUsed: Date.now() }
    entries.set(key, entry)
    entry.opening.then(
      (link) => {
        entry.link = link
        // Ended by whoever needed the place, or with its session, while it was being made.
        if (entries.get(key) !== entry) return void (leaving.has(entry) || link.close())
        watching.attach(link)
        void link.ended.then(() => ended(entry))
      },
      () => drop(entry),
    )
    return entry
  }

  /** What is watched over a connection is not given up with it. */
  function ended(entry: Entry): void {
    if (!drop(entry) || entry.watching.size === 0) return
    log.info('connection of a client lost', { owner: entry.key })
    reopen(entry.key, entry.owner)
  }

  function reopen(key: string, owner: Owner): void {
    try {
      entryFor(key, owner).opening.catch(nothing)
    } catch (error) {
      log.warn('resources are not watched any more', { owner: key, reason: reasonOf(error) })
    }
  }

  /** Its session ended before the connection was there, and nobody will end it. */
  const isOrphan = ({ session }: Owner): boolean => session !== undefined && !sessions.get(session)

  function drop(entry: Entry): boolean {
    if (entries.get(entry.key) !== entry) return false
    return entries.delete(entry.key)
  }

  function end(key: string): void {
    watched.delete(key)
    const entry = entries.get(key)
    if (!entry) return
    drop(entry)
    entry.watching.stop()
    if (entry.busy > 0) leaving.add(entry)
    else close(entry)
  }

  function close({ key, link }: Entry): void {
    void link?.close().catch((error: unknown) => log.debug('connection not closed', { owner: key, error }))
  }

  function endIdle(): void {
    const before = Date.now() - longestIdle
    for (const { key, busy, lastUsed, watching } of entries.values()) {
      if (busy === 0 && lastUsed < before && watching.size === 0 && key.startsWith('caller ')) end(key)
    }
  }

  function makeRoom(): void {
    if (entries.size < most) return
    let oldest: Entry | undefined
    for (const entry of entries.values()) {
      if (entry.busy === 0 && entry.watching.size === 0 && (!oldest || entry.lastUsed < oldest.lastUsed)) oldest = entry
    }
    if (!oldest) {
      const sentence = `${name} is used by ${entries.size} clients already: try again later, or set sessions: shared for it`
      throw tooManyAtOnce(sentence, most)
    }
    end(oldest.key)
  }

  return {
    lend,
    lost(link) {
      for (const entry of entries.values()) if (entry.link === link) drop(entry)
    },
    async watch(uri, { session, changed }) {
      const link = await main()
      if (session === undefined || shared || !link.stateful) return watching.add(uri, changed)
      const abilities = sessions.get(session)?.abilities ?? noAbilities
      const entry = entryFor(session, { session, abilities })
      watched.set(session, entry)
      try {
        await entry.opening
        return await entry.watching.add(uri, changed)
      } finally {
        if (isOrphan(entry.owner)) end(session)
      }
    },
    heard(params) {
      watching.heard(params)
      for (const entry of entries.values()) entry.watching.heard(params)
    },
    revive() {
      for (const [key, { owner, watching }] of watched) if (watching.size > 0) reopen(key, owner)
    },
    watching,
    async close() {
      clearInterval(sweep)
      watching.stop()
      const open = [...entries.values(), ...leaving]
      entries.clear()
      leaving.clear()
      await Promise.all(open.map(({ opening }) => opening.then((link) => link.close()).catch(() => {})))
    },
  }
}

const canBeAsked = (client: Client | undefined): boolean =>
  client !== undefined && ['sampling', 'elicitation', 'roots'].some((name) => client.abilities[name] !== undefined)
