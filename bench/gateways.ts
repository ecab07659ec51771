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
    note: 'Neither the server behind a gateway counts, which runs on the same core, nor a PostgreSQL server. supergateway starts a process for every call without a session, and over SSE sends every answer to every session.',
  }
}

/** What ours may be told about the server behind it, beside its defaults. */
const upstreams = {
  /** One server for all clients. */
  shared: { sessions: 'shared' },
  /** The default: each session has a server of its own. A program is spoken to in the era with sessions, if it knows that. */
  client: {},
  /** 2026-07-28 on both sides. */
  modern: { protocol: 'modern' },
}

/** How ours is started as a gateway in front of the echo server. Its own tool of the same name would be in the way. */
export const asGateway = ({ echo }: Programs, upstream: keyof typeof upstreams): SwitchyardOptions => ({
  config: { mcpServers: { echo: { command: process.execPath, args: [echo], prefix: '', ...upstreams[upstream] } } },
  env: { MCP_DISABLED_COMMANDS: 'echo' },
})

function ours({ programs, program }: SubjectOptions, databaseUrl: string): Entry[] {
  const to = (upstream: keyof typeof upstreams) => () =>
    startSwitchyard({ ...asGateway(programs, upstream), databaseUrl, program })
  return [
    { name: 'Switchyard, /mcp, sessions: shared', start: to('shared'), wayIn: overHttp },
    { name: 'Switchyard, /mcp, sessions: client', start: to('client'), wayIn: overHttp },
    { name: 'Switchyard, /sse, sessions: shared', start: to('shared'), wayIn: overSse },
    { name: 'Switchyard, /sse, sessions: client', start: to('client'), wayIn: overSse },
    { name: 'Switchyard, /mcp, 2026-07-28', start: to('client'), wayIn: overHttp, era: newEra },
    { name: 'Switchyard, /sse, 2026-07-28', start: to('client'), wayIn: overSse, era: newEra },
    { name: 'Switchyard, /mcp, 2026-07-28 on both sides', start: to('modern'), wayIn: overHttp, era: newEra },
  ]
}
