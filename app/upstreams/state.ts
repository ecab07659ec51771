/** What people are shown about an upstream, and how it is put into words. */
import type { Health } from '../lifecycle.ts'
import type { BreakerState } from './http/breaker.ts'
import type { About } from './mcp/negotiate.ts'
import type { SignInState } from './oauth/sign-in.ts'
import type { Lists } from './offer.ts'

export interface UpstreamState {
  readonly name: string
  readonly kind: string
  readonly transport: string
  /** stale: away, its lists are what it offered last; sign_in: the same, until a person has signed in. */
  readonly state: 'connected' | 'connecting' | 'stale' | 'sign_in' | 'disabled'
  /** When it came into this state. */
  readonly since: Date
  readonly tools: number
  readonly resources: number
  readonly templates: number
  readonly prompts: number
  readonly lastConnectedAt: Date | null
  readonly nextTryAt: Date | null
  readonly error: string | null
  /** What it offers and cannot be used, a sentence each. */
  readonly leftOut: readonly string[]
  /** How many people use it in their own name now; null where all are one to it. */
  readonly people: number | null
  readonly server: { name: string; version: string } | null
  readonly pid: number | null
  /** Null for a server where nobody signs in. */
  readonly signIn: SignInState | null
  /** Null for one that has none. */
  readonly breaker: BreakerState | null
  /** It answers, and does not let us in with what the configuration says. */
  readonly refused?: boolean
}

export const counts = (lists: Lists) => ({
  tools: lists.tools.length,
  resources: lists.resources.length,
  templates: lists.templates.length,
  prompts: lists.prompts.length,
})

/** Who answered the handshake; null before the first. */
export function serverOf(about: About | null | undefined): UpstreamState['server'] {
  if (!about?.serverInfo) return null
  return { name: String(about.serverInfo.name ?? ''), version: String(about.serverInfo.version ?? '') }
}

/** One that is away takes nobody else down: the whole is degraded, and says by whom. */
export function healthOf({ state, error, nextTryAt, signIn, breaker, leftOut }: UpstreamState): Health {
  if (state === 'connected' && signIn?.needed) return { status: 'ok', detail: `connected, and ${signIn.needed}` }
  if (state === 'connected' && breaker === 'open')
    return { status: 'degraded', detail: 'its circuit breaker is open: too many requests in a row failed' }
  if (state === 'connected' && leftOut.length)
    return { status: 'ok', detail: `connected, ${leftOut.length} left out: ${leftOut[0]!.slice(0, 200)}` }
  if (state === 'connected' || state === 'disabled') return { status: 'ok', detail: state }
  if (state === 'connecting') return { status: 'degraded', detail: 'connecting' }
  if (state === 'sign_in') return { status: 'degraded', detail: error ?? 'wants a sign-in' }
  return { status: 'degraded', detail: `away: ${error ?? 'no answer'}`, nextTryAt: nextTryAt?.toISOString() }
}

export const nextTryInWords = (at: Date | undefined): string =>
  at ? `the next try is in ${Math.max(1, Math.ceil((at.getTime() - Date.now()) / 1000))} s` : 'it is being tried now'
