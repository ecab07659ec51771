/** What each upstream offered last, kept so that lists are served at once after a start and while the upstream is away. */
import { eq } from 'drizzle-orm'
import type { Json } from '../call.ts'
import type { ListName } from '../catalog.ts'
import type { Database } from './database.ts'
import { upstreamLists, upstreams } from './schema.ts'

/** An upstream as it was known last. */
export interface Known {
  readonly kind: string
  /** Its initialize answer; null before the first. */
  readonly about: Json | null
  readonly lists: Record<ListName, Json[]>
  readonly updatedAt: Date
  readonly lastConnectedAt: Date | null
}

export interface Lists {
  /** Everything, by the upstream's name. */
  load(): Promise<Map<string, Known>>
  /** Keeps one list of an upstream, and what it says about itself. */
  save(name: string, kind: string, about: Json | null, list: ListName, entries: Json[]): Promise<void>
  /** Notes that the upstream answers now. */
  connected(name: string): Promise<void>
}

export function openLists({ db, transaction }: Database): Lists {
  return {
    async load() {
      const [known, lists] = await Promise.all([db.select().from(upstreams), db.select().from(upstreamLists)])
      const found = new Map<string, Known>()
      for (const { name, kind, about, updatedAt, lastConnectedAt } of known) {
        const empty = { tools: [], resources: [], templates: [], prompts: [] }
        found.set(name, { kind, about: about as Json | null, lists: empty, updatedAt, lastConnectedAt })
      }
      for (const { upstream, list, entries } of lists) {
        const owner = found.get(upstream)
        if (owner) owner.lists[list as ListName] = entries as Json[]
      }
      return found
    },
    async save(name, kind, about, list, entries) {
      const now = new Date()
      await transaction(async (tx) => {
        const upstream = { kind, about, updatedAt: now }
        await tx
          .insert(upstreams)
          .values({ name, ...upstream })
          .onConflictDoUpdate({ target: upstreams.name, set: upstream })
        const kept = { entries, updatedAt: now }
        await tx
          .insert(upstreamLists)
          .values({ upstream: name, list, ...kept })
          .onConflictDoUpdate({ target: [upstreamLists.upstream, upstreamLists.list], set: kept })
      })
    },
    async connected(name) {
      await db.update(upstreams).set({ lastConnectedAt: new Date() }).where(eq(upstreams.name, name))
    },
  }
}
