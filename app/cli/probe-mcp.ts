/** Tries an MCP server as a client would: connect, shake hands, list the tools, leave. */
import type { McpConfig } from '../config/upstream/mcp.ts'
import { silent } from '../log.ts'
import type { Ledger } from '../upstreams/child/ledger.ts'
import { type LinkEvents, openLink } from '../upstreams/mcp/link.ts'
import { Refused } from '../upstreams/mcp/peer.ts'
import { readList } from '../upstreams/mcp/read-list.ts'
import type { WireTools } from '../upstreams/mcp/wires.ts'
import { version } from '../version.ts'

export type BaseEnv = Record<string, string | undefined>

/** Children of a check live for seconds and end with it: there is no next start that would have to find them. */
const noLedger: Ledger = { add: async () => '', remove: async () => {}, orphans: async () => [] }

/** There is no client that could be asked or told anything. */
const nobody: LinkEvents = {
  notice() {},
  question: () => Promise.reject(new Refused({ code: -32601, message: 'this is only a check' })),
}

/** @returns how many tools it has, and what it calls itself */
export async function tryMcp(
  server: McpConfig,
  baseEnv: BaseEnv,
  signal: AbortSignal,
  { credentials, connect }: Pick<WireTools, 'credentials' | 'connect'> = {},
): Promise<string> {
  const tools = { version, log: silent, ledger: noLedger, baseEnv, credentials, connect }
  const link = await openLink({ config: server, tools, events: nobody, abilities: {}, known: undefined, signal })
  try {
    const offered = await readList(link, 'tools')
    const { name, version: theirs } = link.about.serverInfo
    return `${offered.length} ${offered.length === 1 ? 'tool' : 'tools'}, ${name} ${theirs}`
  } finally {
    await link.close()
  }
}

/** Something to connect to that stands in no configuration. */
export const adHoc = (name: string, transport: McpConfig['transport']): McpConfig => ({
  name,
  kind: 'mcp',
  prefix: '',
  timeout: 30,
  disabled: false,
  maxConcurrent: null,
  sessions: 'shared',
  protocol: 'auto',
  transport,
})
