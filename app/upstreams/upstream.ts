/** One system behind us, of whatever kind: what whoever connects it is given, and what it gives back. */
import type { Json } from '../call.ts'
import type { Catalog, ListName } from '../catalog.ts'
import type { Health } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import type { Cache } from './cache.ts'
import type { BreakerOptions } from './http/breaker.ts'
import type { UpstreamState } from './state.ts'
import type { Traffic } from './traffic.ts'

export interface Upstream {
  readonly name: string
  check(): Health
  stop(): Promise<void>
  state(): UpstreamState
  /** Settles when the first try has ended, one way or the other. */
  readonly tried: Promise<void>
  /** True when nothing is known of it from earlier: its lists are empty until it answers. */
  readonly unknown: boolean
  /** Takes the port at which it finds us, where it is one that comes to us. Throws PortTaken when that cannot be had; then it is tried again. */
  listen?(): Promise<void>
}

/** What the store keeps of an upstream. */
export interface Kept {
  readonly about: Json | null
  readonly lists: Record<ListName, Json[]>
  readonly lastConnectedAt: Date | null
}

export interface UpstreamTools {
  /** Of Switchyard. */
  readonly version: string
  readonly log: Log
  readonly catalog: Catalog
  /** What was kept of this upstream from earlier. */
  readonly kept: Kept | undefined
  /** Keeps a list; a store that is away is no reason to do without the upstream. */
  save(about: Json, list: ListName, entries: Json[]): Promise<void>
  connected(): Promise<void>
  /** What services over HTTP are opened with. */
  readonly breaker?: BreakerOptions
  readonly traffic?: Traffic
  readonly cache?: Cache
}
