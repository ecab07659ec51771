/** How the 1C bases are doing, in the words that monitors of such systems look for. */
import type { UpstreamState } from '../state.ts'

export interface Connection {
  readonly connection: 'ok' | 'auth_failed' | 'error' | 'not_initialized'
  /** Why, where it is not ok. */
  readonly details?: string
  /** Whether there is nothing behind us but one base. */
  readonly alone: boolean
}

/** @returns undefined where there are no bases */
export function connectionOf(states: readonly UpstreamState[]): Connection | undefined {
  const used = states.filter(({ state }) => state !== 'disabled')
  const bases = used.filter(({ kind }) => kind === 'onec')
  if (bases.length === 0) return undefined
  const alone = used.length === 1
  const wrong = bases.filter(({ state }) => state !== 'connected')
  if (wrong.length === 0) return { connection: 'ok', alone }
  if (wrong.every(({ state }) => state === 'connecting')) return { connection: 'not_initialized', alone }
  const details = wrong.map(({ name, error }) => error ?? `${name} is being connected to`).join('; ')
  return { connection: wrong.some(({ refused }) => refused) ? 'auth_failed' : 'error', details, alone }
}
