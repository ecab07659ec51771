/** A key as people and programs are shown it. */
import type { Scope } from '../call.ts'
import type { StoredKey } from '../store/keys.ts'

export type KeyState = 'active' | 'expired' | 'revoked'

/** Times are ISO 8601. */
export interface KeyView {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Patterns of what it may call; null: whatever its scopes allow. */
  readonly tools: readonly string[] | null
  /** Calls a window; null: as everybody. */
  readonly rate: number | null
  readonly state: KeyState
  readonly created_at: string
  readonly created_by: string
  /** Null: never. */
  readonly expires_at: string | null
  /** To the minute; null: not yet. */
  readonly last_used: string | null
}

/** @param now milliseconds, as Date.now() */
export function stateOf({ revokedAt, expiresAt }: StoredKey, now: number): KeyState {
  if (revokedAt) return 'revoked'
  return expiresAt && expiresAt.getTime() <= now ? 'expired' : 'active'
}

export const viewOf = (key: StoredKey, now: number): KeyView => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  tools: key.allowedTools,
  rate: key.rateLimit,
  state: stateOf(key, now),
  created_at: key.createdAt.toISOString(),
  created_by: key.createdBy,
  expires_at: key.expiresAt?.toISOString() ?? null,
  last_used: key.lastUsed?.toISOString() ?? null,
})
