/** Tries an MCP server as a client would: connect, shake hands, list the tools, leave. */
import type { UpstreamConfig } from '../config.ts'
import { silent } from '../log.ts'
import type { Ledger } from '../upstreams/ledger.ts'
import { openLink } from '../upstreams/link.ts'
import { version } from '../version.ts'
import { type Probe, Skip } from './probe.ts'

export type BaseEnv = Record<string, string | undefined>

/** Children of a check live for seconds and end with it: there is no next start that would have to find them. */
const noLedger: Ledger = { add: async () => '', remove: async () => {}, orphans: async () => [] }

/** @returns how many tools it has, and what it calls itself */
export async function tryMcp(server: UpstreamConfig, baseEnv: BaseEnv, signal: AbortSignal): Promise<string> {
  const link = await openLink(server, { version, log: silent, ledger: noLedger, baseEnv }, () => {}, signal)
  try {
    const tools = await link.list('tools')
    const { name, version: theirs } = link.about.serverInfo
    return `${tools.length} ${tools.length === 1 ? 'tool' : 'tools'}, ${name} ${theirs}`
  } finally {
    await link.close()
  }
}

/** An upstream of the configuration, tried directly, whatever a running server thinks of it. */
export const upstreamProbe = (upstream: UpstreamConfig, baseEnv: BaseEnv): Probe => ({
  name: upstream.name,
  what: `upstream, ${upstream.transport.type}`,
  async attempt(signal) {
    if (upstream.disabled) throw new Skip('disabled in the configuration')
    return tryMcp(upstream, baseEnv, signal)
  },
})

/** Something to connect to that stands in no configuration. */
export const adHoc = (name: string, transport: UpstreamConfig['transport']): UpstreamConfig => ({
  name,
  kind: 'mcp',
  prefix: '',
  timeout: 30,
  disabled: false,
  transport,
})
