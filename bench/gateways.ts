/** Gateways in front of one and the same MCP server over stdio: ours with all its policies, and others from npm with what they do. */
import { newEra } from './eras.ts'
import { peerList } from './peers.ts'
import type { Programs } from './programs.ts'
import { progress } from './progress.ts'
import { bare, type Comparison, type Entry, overHttp, overSse, type SubjectOptions } from './subjects.ts'
import { type SwitchyardOptions, startSwitchyard } from './switchyard.ts'

export async function gateways(options: SubjectOptions): Promise<Comparison> {
  const { databaseUrl, programs } = options
  const missing: [string, string][] = []
  if (!databaseUrl) missing.push(['Switchyard', 'not run: no PostgreSQL'])
  const peers = await peerList(programs.echo).catch((error: Error) => {
    progress(`no other gateways: ${error.message}`)
    missing.push(['mcp-proxy, supergateway', 'not run: they could not be installed'])
    return []
  })
  return {
    title: 'One call of the tool echo, through a gateway',
    entries: [bare(options), ...(databaseUrl ? ours(options, databaseUrl) : []), ...peers],
    missing,
    note: 'Neither the server behind a gateway counts, which runs on the same core, nor a PostgreSQL server. supergateway starts a process for every call without a session (such rows have a fiftieth of the calls), and over SSE sends every answer to every session.',
  }
}

/** How ours is started as a gateway in front of the echo server. Its own tool of the same name would be in the way. */
export const gatewayOptions = ({ echo }: Programs): SwitchyardOptions => ({
  config: { mcpServers: { echo: { command: process.execPath, args: [echo], prefix: '' } } },
  env: { MCP_DISABLED_COMMANDS: 'echo' },
})

function ours({ programs, program }: SubjectOptions, databaseUrl: string): Entry[] {
  const start = () => startSwitchyard({ ...gatewayOptions(programs), databaseUrl, program })
  return [
    { name: 'Switchyard, /mcp', start, wayIn: overHttp },
    { name: 'Switchyard, /sse', start, wayIn: overSse },
    { name: 'Switchyard, /mcp, 2026-07-28', start, wayIn: overHttp, era: newEra },
  ]
}
