/** What a proxy is told: the union of what the generations of proxies read. Each takes the members that it knows. */
import type { Json } from '../call.ts'
import type { Settings } from '../config/settings.ts'

export type ProxySettings = Settings['proxyRegistration']

export interface Identity {
  readonly settings: ProxySettings
  readonly uuid: string
  /** Our own, where the settings name none. */
  readonly version: string
}

/** @param serverUrl where we are reached */
export function registrationBody({ settings, uuid, version }: Identity, serverUrl: string): Json & { metadata: Json } {
  const { protocol, hostname, port } = new URL(serverUrl)
  return {
    server_id: settings.serverId,
    server_url: serverUrl,
    server_name: settings.serverName,
    description: settings.description,
    version: settings.version ?? version,
    capabilities: ['jsonrpc', 'rest', 'health'],
    endpoints: { jsonrpc: '/api/jsonrpc', rest: '/cmd', health: '/health' },
    metadata: {
      protocol: protocol.slice(0, -1),
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port) || (protocol === 'https:' ? 443 : 80),
    },
    uuid,
  }
}

/** The same with the UUID where some proxies look for it. */
export function withUuidBelow({ uuid, ...rest }: Json & { metadata: Json }): Json {
  return { ...rest, metadata: { ...rest.metadata, uuid } }
}

/** @param key as the proxy gave it: `<server_id>_<copy>`, or the id alone */
export const unregistrationBody = (serverId: string, key: string): Json => ({
  server_id: serverId,
  server_key: key,
  copy_number: copyNumberOf(key),
  server_url: '',
  capabilities: [],
  metadata: {},
})

/** The digits after the last `_`; 1 where there are none. */
export const copyNumberOf = (key: string): number => Number(/_(\d+)$/.exec(key)?.[1] ?? 1)
