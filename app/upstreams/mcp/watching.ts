/** The resources of an upstream that are watched over one connection, kept up when the connection is replaced by another. */
import type { Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import type { Log } from '../../log.ts'
import { reasonOf } from '../../reason.ts'
import type { Link } from './link.ts'
import { listenTo } from './listening.ts'

/** How long (ms) a server may take to say that it tells of a resource from now on; after that it is believed. */
const patience = 2_000

/** Who hears of one resource. */
interface Watched {
  readonly watchers: Set<() => void>
  /** Settles when the server tells of it. */
  readonly begun: Promise<void>
  /** The server has said that it does. */
  readonly tells: () => void
}

export class Watching {
  private readonly watched = new Map<string, Watched>()
  private readonly log: Log
  /** Whether changes of lists are wanted too. */
  private readonly lists: boolean
  private link: Link | undefined
  private listening: ReturnType<typeof listenTo> | undefined

  constructor(log: Log, lists: boolean) {
    this.log = log
    this.lists = lists
  }

  get size(): number {
    return this.watched.size
  }

  /** There is a connection, or another one: what is watched is asked for again. */
  attach(link: Link): void {
    this.link = link
    this.listening?.stop()
    this.listening = undefined
    if (link.about.era === 'modern')
      this.listening = listenTo(link, { log: this.log, lists: this.lists, uris: () => [...this.watched.keys()] })
    else
      for (const uri of this.watched.keys())
        this.subscribe(link, uri).catch((error: unknown) =>
          this.log.warn('resource not watched', { uri, reason: reasonOf(error) }),
        )
  }

  /** Settles when changes are told. Throws what the server answered, where it does not let the resource be watched. */
  async add(uri: string, changed: () => void): Promise<() => void> {
    const watched = this.watched.get(uri) ?? this.begin(uri)
    watched.watchers.add(changed)
    try {
      await watched.begun
    } catch (error) {
      if (this.watched.get(uri) === watched) this.watched.delete(uri)
      throw error
    }
    return () => this.remove(uri, changed)
  }

  /** `notifications/resources/updated` */
  heard({ uri }: Json): void {
    for (const changed of this.watched.get(String(uri))?.watchers ?? []) changed()
  }

  /** `notifications/subscriptions/acknowledged` of 2026-07-28: from here on these are told. */
  acknowledged({ notifications }: Json): void {
    const uris = isObject(notifications) ? notifications.resourceSubscriptions : undefined
    for (const uri of Array.isArray(uris) ? uris : []) this.watched.get(String(uri))?.tells()
  }

  stop(): void {
    this.listening?.stop()
  }

  private begin(uri: string): Watched {
    let tells = () => {}
    const told = new Promise<void>((resolve) => {
      tells = resolve
    })
    const link = this.link && canSubscribe(this.link) ? this.link : undefined
    const begun = link ? (this.listening ? told : this.subscribe(link, uri)) : Promise.resolve()
    const watched = { watchers: new Set<() => void>(), begun, tells }
    this.watched.set(uri, watched)
    if (this.listening) {
      this.listening.renew()
      setTimeout(tells, patience).unref()
    }
    return watched
  }

  private remove(uri: string, changed: () => void): void {
    const watchers = this.watched.get(uri)?.watchers
    if (!watchers?.delete(changed) || watchers.size > 0) return
    this.watched.delete(uri)
    if (this.listening) this.listening.renew()
    else if (this.link && canSubscribe(this.link))
      this.link
        .request('resources/unsubscribe', { uri })
        .catch((error: unknown) => this.log.debug('not unsubscribed', { uri, reason: reasonOf(error) }))
  }

  private async subscribe(link: Link, uri: string): Promise<void> {
    if (canSubscribe(link)) await link.request('resources/subscribe', { uri })
  }
}

const canSubscribe = ({ about }: Link): boolean =>
  (about.capabilities.resources as { subscribe?: unknown } | undefined)?.subscribe === true
