/** The resources of an upstream that are watched over one connection, kept up when the connection is replaced by another. */
import type { Json } from '../call.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { Link } from './link.ts'
import { listenTo } from './listening.ts'

export class Watching {
  private readonly watchers = new Map<string, Set<() => void>>()
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
    return this.watchers.size
  }

  /** There is a connection, or another one: what is watched is asked for again. */
  attach(link: Link): void {
    this.link = link
    this.listening?.stop()
    this.listening = undefined
    if (link.about.era === 'modern')
      this.listening = listenTo(link, { log: this.log, lists: this.lists, uris: () => [...this.watchers.keys()] })
    else for (const uri of this.watchers.keys()) void this.subscribe(link, uri)
  }

  /** Throws what the server answered, where it does not let the resource be watched. */
  async add(uri: string, changed: () => void): Promise<() => void> {
    const known = this.watchers.get(uri)
    const watchers = known ?? new Set()
    watchers.add(changed)
    this.watchers.set(uri, watchers)
    if (!known) await this.begin(uri)
    return () => this.remove(uri, changed)
  }

  /** `notifications/resources/updated` */
  heard({ uri }: Json): void {
    for (const changed of this.watchers.get(String(uri)) ?? []) changed()
  }

  stop(): void {
    this.listening?.stop()
  }

  private async begin(uri: string): Promise<void> {
    if (this.listening) this.listening.renew()
    else if (this.link) await this.subscribe(this.link, uri)
  }

  private remove(uri: string, changed: () => void): void {
    const watchers = this.watchers.get(uri)
    if (!watchers?.delete(changed) || watchers.size > 0) return
    this.watchers.delete(uri)
    if (this.listening) this.listening.renew()
    else if (this.link && canSubscribe(this.link))
      this.link
        .request('resources/unsubscribe', { uri })
        .catch((error: unknown) => this.log.debug('not unsubscribed', { uri, reason: reasonOf(error) }))
  }

  private async subscribe(link: Link, uri: string): Promise<void> {
    if (!canSubscribe(link)) return
    try {
      await link.request('resources/subscribe', { uri })
    } catch (error) {
      this.log.warn('resource not watched', { uri, reason: reasonOf(error) })
    }
  }
}

const canSubscribe = ({ about }: Link): boolean =>
  (about.capabilities.resources as { subscribe?: unknown } | undefined)?.subscribe === true
