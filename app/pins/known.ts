/** The pins as this process knows them: what it has seen goes to the store, and what other replicas have seen or approved comes from there. */
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { PinStore } from '../store/pins.ts'
import type { Pin, PinKind } from './words.ts'

export interface Known {
  /** Whether the store was read once: before that nobody can tell what is new. */
  readonly loaded: boolean
  /** Why the store could not be read or written the last time. */
  readonly trouble: string | undefined
  get(upstream: string, kind: PinKind, name: string): Pin | undefined
  /** Whether anything of this upstream was ever seen. */
  has(upstream: string): boolean
  all(): Iterable<Pin>
  /** Counts from now on, and is written soon. */
  put(pin: Pin): void
  /** Another process, or the store, has said so. */
  replace(pin: Pin): void
  /** Writes what has to be written and reads what is new. Never rejects; `trouble` says how it went. */
  sync(): Promise<void>
}

/**
 * @param changed is told of upstreams whose pins have become others by what the store says
 */
export function createKnown(store: PinStore, log: Log, changed: (upstreams: ReadonlySet<string>) => void): Known {
  let pins = new Map<string, Pin>()
  let upstreams = new Set<string>()
  const unwritten = new Set<string>()
  let version: string | undefined
  let loaded = false
  let trouble: string | undefined
  let running: Promise<void> | undefined
  let again = false

  async function exchange(): Promise<void> {
    const writing = [...unwritten].map((key) => pins.get(key)!)
    if (writing.length > 0) await store.keep(writing)
    for (const pin of writing) if (pins.get(keyOf(pin)) === pin) unwritten.delete(keyOf(pin))
    // Asked first: what changes while the list is on its way is found the next time.
    const now = await store.version()
    if (now === version && writing.length === 0) return
    take(await store.list())
    version = now
  }

  function take(list: readonly Pin[]): void {
    const before = pins
    const first = !loaded
    loaded = true
    pins = new Map(list.map((pin) => [keyOf(pin), pin]))
    for (const key of unwritten) pins.set(key, before.get(key)!)
    upstreams = new Set([...pins.values()].map(({ upstream }) => upstream))
    const news = [...pins].filter(([key, pin]) => !sameState(pin, before.get(key))).map(([, { upstream }]) => upstream)
    const lost = [...before].filter(([key]) => !pins.has(key)).map(([, { upstream }]) => upstream)
    if (first || news.length > 0 || lost.length > 0) changed(new Set([...news, ...lost]))
  }

  async function run(): Promise<void> {
    while (again) {
      again = false
      const before = trouble
      try {
        await exchange()
        trouble = undefined
        // What could not be looked at without the store is looked at now.
        if (before !== undefined) changed(new Set())
      } catch (error) {
        trouble = reasonOf(error)
        if (trouble !== before) log.warn('pins not in step with the database', { reason: trouble })
      }
    }
  }

  return {
    get loaded() {
      return loaded
    },
    get trouble() {
      return trouble
    },
    get: (upstream, kind, name) => pins.get(keyOf({ upstream, kind, name })),
    has: (upstream) => upstreams.has(upstream),
    all: () => pins.values(),
    put(pin) {
      pins.set(keyOf(pin), pin)
      upstreams.add(pin.upstream)
      unwritten.add(keyOf(pin))
    },
    replace(pin) {
      pins.set(keyOf(pin), pin)
    },
    sync() {
      again = true
      running ??= run().finally(() => {
        running = undefined
      })
      return running
    },
  }
}

export const keyOf = ({ upstream, kind, name }: Pick<Pin, 'upstream' | 'kind' | 'name'>): string =>
  `${upstream}\0${kind}\0${name}`

const sameState = (a: Pin, b: Pin | undefined): boolean => a.hash === b?.hash && a.pendingHash === b.pendingHash
