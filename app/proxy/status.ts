/** How the registration stands: one object, read by the commands, by health and by the panel, so that they cannot tell different things. */
import type { Health } from '../lifecycle.ts'
import type { ProxySettings } from './payload.ts'

export interface RegistrationStatus {
  readonly enabled: boolean
  readonly registered: boolean
  readonly server_key: string | null
  readonly server_url: string | null
  readonly proxy_url: string
  readonly server_id: string
  readonly uuid: string
  /** `off`, `waiting` for the first, `beating`, or `unsupported` by this proxy. */
  readonly heartbeat: 'off' | 'waiting' | 'beating' | 'unsupported'
  readonly last_heartbeat: string | null
  /** Tries since it was registered last. */
  readonly failed_attempts: number
  readonly error: string | null
  readonly warning: string | null
}

/** What changes of it. */
export interface Standing {
  key: string | undefined
  url: string | undefined
  /** The proxy wants its id in the query too. */
  adapterId: boolean
  heartbeat: RegistrationStatus['heartbeat']
  lastHeartbeat: Date | undefined
  failures: number
  error: string | undefined
  warning: string | undefined
  /** Somebody wants it registered: the start, or whoever asked for it. */
  wanted: boolean
}

export const statusOf = (settings: ProxySettings, proxyUrl: string, uuid: string, now: Standing): RegistrationStatus => ({
  enabled: settings.enabled,
  registered: now.key !== undefined,
  server_key: now.key ?? null,
  server_url: now.url ?? null,
  proxy_url: proxyUrl,
  server_id: settings.serverId,
  uuid,
  heartbeat: now.heartbeat,
  last_heartbeat: now.lastHeartbeat?.toISOString() ?? null,
  failed_attempts: now.failures,
  error: now.error ?? null,
  warning: now.warning ?? null,
})

/** A registration that failed is a part that is missing, and no reason to send nobody here. */
export function healthOf(
  { enabled, registered, server_key, proxy_url, heartbeat }: RegistrationStatus,
  { failures, error, wanted }: Standing,
): Health {
  const missing = enabled && wanted && !registered && failures > 0
  return {
    status: missing ? 'degraded' : 'ok',
    enabled,
    registered,
    server_key,
    proxy_url,
    heartbeat,
    ...(error === undefined ? {} : { detail: error }),
  }
}
