/** Servers that register themselves here: each is a lease, and as long as it runs, the server's commands are tools of ours. */
import { actorOf } from './actor.ts'
import type { Allowance } from './addresses.ts'
import type { Caller, Json } from './call.ts'
import type { Catalog } from './catalog.ts'
import { Failure } from './errors.ts'
import type { Answerer } from './explain.ts'
import type { Health, Service } from './lifecycle.ts'
import { tooMany } from './limited.ts'
import type { Log } from './log.ts'
import type { Windows } from './policies/limit.ts'
import { reasonOf } from './reason.ts'
import { checkUrl } from './registrations/allowed.ts'
import { type Guest, type Outgoing, openGuest } from './registrations/guest.ts'
import { hasUrl, readWish } from './registrations/wish.ts'
import { shown } from './shown.ts'
import { needing } from './store/away.ts'
import type { Bus } from './store/bus.ts'
import type { Asker, Registration, RegistrationStore } from './store/registrations.ts'

export interface Registered extends Registration {
  readonly state: 'connected' | 'connecting'
  readonly tools: number
  readonly error: string | null
}

/** All of it throws Failure `unavailable` where the database is away. */
export interface Registrations extends Service {
  /** @throws Failure `forbidden`, `limited`, `invalid_params`, `conflict` for what somebody else has registered, and where there are too many */
  register(body: Json, caller: Caller): Promise<Registration>
  /**
   * Every copy of a server that the body means, or the one whose key it has. An empty list where there is none.
   * @throws Failure `forbidden`, also for what somebody else registered
   */
  unregister(body: Json, caller: Caller): Promise<readonly string[]>
  /**
   * Renews it; one that is not known is registered where the body says enough. Undefined where it does not.
   * @throws Failure `conflict` for what somebody else has registered
   */
  beat(body: Json, caller: Caller): Promise<string | undefined>
  list(): Promise<Registered[]>
  /** Those that are followed here. */
  count(): number
  /** How they are doing. */
  answerers(): readonly Answerer[]
  stop(): Promise<void>
}

export interface RegistrationsOptions {
  readonly store: RegistrationStore
  readonly catalog: Catalog
  readonly bus: Pick<Bus, 'hear' | 'missed' | 'tell'>
  readonly windows: Windows
  readonly log: Log
  /** Seconds; 0 takes no registrations. */
  readonly lease: number
  readonly allow: Allowance
  readonly rateLimit: { readonly requests: number; readonly window: number }
  /** Seconds that one call may take. */
  readonly timeout: number
  readonly outgoing?: Outgoing
}

const most = 1_000
const topic = 'registrations'
/** Milliseconds between two looks at what other replicas have taken, and at what has ended, at most: both are promised within five seconds. */
const lookEvery = 4_000
/** A caller may stand for many servers, each of which beats twice a minute. */
const beatsToOne = 10

export async function openRegistrations(options: RegistrationsOptions): Promise<Registrations> {
  const { store, catalog, bus, windows, log, lease, allow, rateLimit, timeout, outgoing = {} } = options
  const third = (lease * 1000) / 3
  const guests = new Map<string, Guest>()
  const tools = { catalog, log, allow, outgoing, timeout, patience: Math.min(60_000, Math.max(third, 200)) }
  let revived = false
  let stopped = false
  let looking: Promise<void> | undefined
  let again = false
  let trouble: string | undefined
  let watching = false

  /** Follows what the database says: who is new, who is gone. One look at a time. */
  async function look(): Promise<void> {
    if (!revived) await store.revive(lease)
    revived = true
    const found = await store.list()
    if (stopped) return
    const keys = new Set(found.map(({ serverKey }) => serverKey))
    for (const [key, guest] of guests) if (!keys.has(key)) leave(key, guest)
    for (const registration of found) follow(registration)
    if (keys.size > 0 || guests.size > 0) await store.sweep()
  }

  function follow(registration: Registration): void {
    const { serverKey, serverUrl, registeredAt } = registration
    const guest = guests.get(serverKey)
    if (!guest) guests.set(serverKey, openGuest(registration, tools))
    else if (guest.registration.serverUrl !== serverUrl) {
      // The key was free and went to another server.
      leave(serverKey, guest)
      guests.set(serverKey, openGuest(registration, tools))
    } else {
      const isNews = guest.registration.registeredAt.getTime() !== registeredAt.getTime()
      guest.registration = registration
      if (isNews) guest.refresh()
    }
  }

  function leave(key: string, guest: Guest): void {
    guests.delete(key)
    log.info('registered server gone', { server_key: key })
    guest.stop().catch((error: unknown) => log.debug('connections not closed', { server_key: key, reason: reasonOf(error) }))
  }

  function lookNow(): Promise<void> {
    again = true
    looking ??= (async () => {
      while (again && !stopped) {
        again = false
        try {
          await look()
          trouble = undefined
        } catch (error) {
          const reason = reasonOf(error)
          if (trouble !== reason) log.warn('registrations not read', { reason })
          trouble = reason
        }
      }
    })().finally(() => {
      looking = undefined
    })
    return looking
  }

  /** Who never beats is asked; one replica that hears it is enough. */
  async function watch(): Promise<void> {
    if (watching) return
    watching = true
    const before = Date.now() - third
    const silent = [...guests].filter(([, { registration }]) => !registration.beats && registration.renewedAt.getTime() <= before)
    await Promise.all(
      silent.map(async ([key, guest]) => {
        if (!(await guest.healthy()) || stopped) return
        await store.renew(key, lease).catch((error: unknown) => log.debug('lease not renewed', { reason: reasonOf(error) }))
      }),
    )
    watching = false
  }

  async function admit(caller: Caller, kind: 'register' | 'beat'): Promise<void> {
    if (lease === 0) throw new Failure('forbidden', 'this server takes no registrations: registrations.lease is 0')
    if (!caller.scopes.includes('register')) {
      throw new Failure(
        'forbidden',
        `registering needs a key with the scope register; ${caller.name} has ${caller.scopes.join(', ') || 'none'}`,
      )
    }
    if (rateLimit.requests === 0) return
    const limit = kind === 'beat' ? rateLimit.requests * beatsToOne : rateLimit.requests
    const { allowed, retryAfter } = await windows.take(`${kind} ${caller.id}`, limit, rateLimit.window)
    if (allowed) return
    throw tooMany('requests', limit, rateLimit.window, retryAfter)
  }

  async function put(body: Json, caller: Caller): Promise<Registration> {
    const wish = readWish(body)
    await checkUrl(wish.serverUrl, allow)
    const registration = await stored(store.put(wish, askerOf(caller), { lease, most }))
    if (registration === 'full') throw new Failure('conflict', `there are ${most} registrations already: unregister one first`)
    if (registration === 'foreign') throw foreign(`${wish.serverId} at this URL`)
    const { serverKey, serverUrl } = registration
    log.info('server registered', { server_key: serverKey, server_url: serverUrl, by: caller.id })
    if (!stopped) follow(registration)
    bus.tell(topic, {})
    return registration
  }

  async function meant(body: Json): Promise<Registration[]> {
    const { server_key, adapter_id, server_id, name, copy_number } = body
    const all = await stored(store.list())
    const id = server_id ?? name
    const key =
      server_key ?? adapter_id ?? (copy_number === undefined || copy_number === null ? undefined : `${id}_${copy_number}`)
    if (key !== undefined) return all.filter(({ serverKey }) => serverKey === key)
    if (typeof id !== 'string' || id === '') {
      throw new Failure('invalid_params', 'server_id, server_key or adapter_id must say which server is meant')
    }
    const ofId = all.filter(({ serverId }) => serverId === id)
    // Some know no other name than the key, and call it their id.
    return ofId.length > 0 ? ofId : all.filter(({ serverKey }) => serverKey === id)
  }

  bus.hear(topic, () => void lookNow())
  bus.missed(() => void lookNow())
  if (lease > 0) await lookNow()
  const looks = lease > 0 ? setInterval(() => void lookNow(), Math.min(lookEvery, third)) : undefined
  const watches = lease > 0 ? setInterval(() => void watch(), third) : undefined

  return {
    async register(body, caller) {
      await admit(caller, 'register')
      return put(body, caller)
    },
    async unregister(body, caller) {
      await admit(caller, 'register')
      const found = await meant(body)
      const by = askerOf(caller)
      const others = found.find((one) => !mayChange(by, one))
      if (others)
        throw new Failure('forbidden', `${others.serverKey} was registered with another key, which alone can unregister it`)
      if (found.length === 0) return []
      const wanted = found.map(({ serverKey }) => serverKey)
      const keys = await stored(store.remove(wanted, by))
      for (const key of keys) {
        const guest = guests.get(key)
        if (guest) leave(key, guest)
      }
      log.info('server unregistered', { server_keys: keys, by: caller.id })
      bus.tell(topic, {})
      return keys
    },
    async beat(body, caller) {
      await admit(caller, 'beat')
      const by = askerOf(caller)
      const found = (await meant(body)).filter(
        ({ serverUrl }) => !hasUrl(body) || serverUrl === readWish({ server_id: 'any', ...body }).serverUrl,
      )
      const known = found.find((one) => mayChange(by, one))
      if (known && (await stored(store.renew(known.serverKey, lease, by)))) return known.serverKey
      if (!known && found[0]) throw foreign(found[0].serverKey)
      if (!hasUrl(body)) return undefined
      const { serverKey } = await put(body, caller)
      await stored(store.renew(serverKey, lease, by))
      return serverKey
    },
    async list() {
      const all = await stored(store.list())
      return all.map((registration) => {
        const state = guests.get(registration.serverKey)?.state()
        return { ...registration, ...(state ?? { state: 'connecting' as const, tools: 0, error: null }) }
      })
    },
    count: () => guests.size,
    answerers: () => [...guests.values()].map((guest) => guest.answerer()),
    check(): Health {
      const away = [...guests].filter(([, guest]) => guest.state().error !== null).map(([key]) => key)
      const detail =
        trouble ??
        (away.length > 0
          ? `not read: ${away
              .slice(0, 10)
              .map((key) => shown(key))
              .join(', ')}`
          : undefined)
      return {
        status: detail === undefined ? 'ok' : 'degraded',
        registered: guests.size,
        ...(detail === undefined ? {} : { detail }),
      }
    },
    async stop() {
      stopped = true
      clearInterval(looks)
      clearInterval(watches)
      await looking
      await Promise.all([...guests.values()].map((guest) => guest.stop()))
    },
  }
}

const mayChange = ({ id, admin }: Asker, { registeredBy }: Registration): boolean => admin !== undefined || registeredBy === id

/** Says no more than the list of servers does. */
const foreign = (what: string) =>
  new Failure(
    'conflict',
    `${what} was registered with another credential: it stays so until it is unregistered with that, or by an admin, or its lease or that credential ends`,
  )

const askerOf = (caller: Caller): Asker =>
  caller.scopes.includes('admin') ? { id: caller.id, admin: actorOf(caller) } : { id: caller.id }

const stored = <T>(work: Promise<T>): Promise<T> =>
  needing(work, 'registrations cannot be looked up or kept, because the database is away: try again', 2)
