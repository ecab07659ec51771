/** Sealed texts that belong to upstreams: read, replaced, taken once; and who of several processes may renew one. */
import { randomUUID } from 'node:crypto'
import { and, eq, gt, isNull, lt, or } from 'drizzle-orm'
import { noteDeed } from './audit.ts'
import type { Database, Db } from './database.ts'
import { upstreamSecrets } from './schema.ts'

export interface StoredSecret {
  readonly upstream: string
  readonly sealed: string
  /** Another one with each writing. */
  readonly version: string
}

/** What somebody did, for the audit log. */
export interface Deed {
  readonly actor: string
  readonly action: 'upstream_sign_in_begun' | 'upstream_sign_in' | 'upstream_sign_out'
  /** The upstream's name in the configuration. */
  readonly target: string
}

export interface PutOptions {
  readonly expiresAt?: Date
  /** Committed together with it. */
  readonly deed?: Deed
}

export interface UpstreamSecrets {
  find(upstream: string, name: string): Promise<StoredSecret | undefined>
  /** @returns its version */
  put(upstream: string, name: string, sealed: string, options?: PutOptions): Promise<string>
  /** Gives it once, to one of those who ask, and not after it has expired. */
  take(name: string): Promise<StoredSecret | undefined>
  /** Everything of this upstream. */
  forget(upstream: string, deed: Deed): Promise<void>
  /** Whether this process may renew that version, for so many milliseconds. */
  claim(upstream: string, name: string, version: string, ms: number): Promise<boolean>
  /** Gives up a claim that nothing came of. */
  release(upstream: string, name: string, version: string): Promise<void>
}

export function createUpstreamSecrets({ db, transaction }: Pick<Database, 'db' | 'transaction'>): UpstreamSecrets {
  const is = (upstream: string, name: string) => and(eq(upstreamSecrets.upstream, upstream), eq(upstreamSecrets.name, name))
  const isVersion = (upstream: string, name: string, version: string) =>
    and(is(upstream, name), eq(upstreamSecrets.version, version))

  return {
    async find(upstream, name) {
      const [row] = await db.select().from(upstreamSecrets).where(is(upstream, name))
      return row
    },
    put: (upstream, name, sealed, { expiresAt = undefined, deed } = {}) =>
      transaction(async (tx) => {
        await tx.delete(upstreamSecrets).where(lt(upstreamSecrets.expiresAt, new Date()))
        const row = { sealed, version: randomUUID(), busyUntil: null, expiresAt: expiresAt ?? null, updatedAt: new Date() }
        await tx
          .insert(upstreamSecrets)
          .values({ upstream, name, ...row })
          .onConflictDoUpdate({ target: [upstreamSecrets.upstream, upstreamSecrets.name], set: row })
        if (deed) await note(tx, deed)
        return row.version
      }),
    async take(name) {
      const [row] = await db
        .delete(upstreamSecrets)
        .where(and(eq(upstreamSecrets.name, name), gt(upstreamSecrets.expiresAt, new Date())))
        .returning()
      return row
    },
    forget: (upstream, deed) =>
      transaction(async (tx) => {
        await tx.delete(upstreamSecrets).where(eq(upstreamSecrets.upstream, upstream))
        await note(tx, deed)
      }),
    async claim(upstream, name, version, ms) {
      const now = new Date()
      const isFree = or(isNull(upstreamSecrets.busyUntil), lt(upstreamSecrets.busyUntil, now))
      const claimed = await db
        .update(upstreamSecrets)
        .set({ busyUntil: new Date(now.getTime() + ms) })
        .where(and(isVersion(upstream, name, version), isFree))
        .returning({ version: upstreamSecrets.version })
      return claimed.length > 0
    },
    async release(upstream, name, version) {
      await db
        .update(upstreamSecrets)
        .set({ busyUntil: null })
        .where(isVersion(upstream, name, version))
    },
  }
}

async function note(tx: Db, { actor, action, target }: Deed): Promise<void> {
  await noteDeed(tx, { actor, action, target: `upstream:${target}` })
}
