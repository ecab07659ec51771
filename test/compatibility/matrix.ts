/** Which clients there are, and which revision of MCP each is to speak over each of the transports that it has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../app/root.ts'
import type { Transport } from './clients/client.ts'

export interface Row {
  /** What people call it. */
  readonly client: string
  /** How it was told to find the revision, where it can be told. */
  readonly mode?: string
  /** A file of clients/, and what it is told. */
  readonly driver: string
  readonly variant: string
  /** Needs a newer Node.js than Switchyard does. */
  readonly newerNode?: boolean
  /** The revision to be spoken. */
  readonly speaks: Partial<Record<Transport, string>>
}

const modern = '2026-07-28'
const session = '2025-11-25'

const sdk = (version: string, revision: string, transports: readonly Transport[]): Row => ({
  client: `@modelcontextprotocol/sdk ${version}`,
  driver: 'sdk-v1',
  variant: version,
  speaks: Object.fromEntries(transports.map((transport) => [transport, revision])),
})

const every = (revision: string) => ({ stdio: revision, sse: revision, http: revision })
const packaged = (name: string) => `${name} ${versionOf(name)}`

const sdk2 = { client: packaged('@modelcontextprotocol/client'), driver: 'sdk-v2' }
const inspector = { client: `${packaged('@modelcontextprotocol/inspector')}, command line`, driver: 'inspector', newerNode: true }
const remote = { client: packaged('mcp-remote'), driver: 'mcp-remote' }
const vercel = { client: packaged('@ai-sdk/mcp'), driver: 'ai-sdk', newerNode: true }

export const rows: readonly Row[] = [
  sdk('1.0.4', '2024-11-05', ['stdio', 'sse', 'websocket']),
  sdk('1.12.3', '2025-03-26', ['stdio', 'sse', 'http', 'websocket']),
  sdk('1.20.2', '2025-06-18', ['stdio', 'sse', 'http', 'websocket']),
  sdk('1.32.2', session, ['stdio', 'sse', 'http', 'websocket']),
  { ...sdk2, mode: 'legacy', variant: 'legacy', speaks: every(session) },
  { ...sdk2, mode: 'auto', variant: 'auto', speaks: every(modern) },
  { ...sdk2, mode: `pinned to ${modern}`, variant: 'pinned', speaks: every(modern) },
  { ...inspector, mode: 'legacy', variant: 'legacy', speaks: every(session) },
  { ...inspector, mode: 'auto', variant: 'auto', speaks: every(modern) },
  { ...remote, mode: 'legacy', variant: 'legacy', speaks: { sse: session, http: session } },
  { ...remote, mode: 'auto', variant: 'auto', speaks: { sse: modern, http: modern } },
  // It asks for the revision over stdio and Streamable HTTP alone.
  { ...vercel, mode: 'auto', variant: 'auto', speaks: { stdio: modern, sse: session, http: modern } },
  { ...vercel, mode: 'legacy', variant: 'legacy', speaks: { stdio: session, http: session } },
  // Its SSE is the SDK's in legacy mode.
  {
    client: packaged('@openai/agents'),
    driver: 'openai-agents',
    variant: 'auto',
    speaks: { stdio: modern, sse: session, http: modern },
  },
]

/** One client over one transport. */
export interface Cell {
  readonly row: Row
  readonly transport: Transport
  readonly speaks: string
}

export const cells: readonly Cell[] = rows.flatMap((row) =>
  Object.entries(row.speaks).map(([transport, speaks]) => ({ row, transport: transport as Transport, speaks })),
)

export const nameOf = ({ client, mode }: Row): string => (mode ? `${client}, ${mode}` : client)

/** What test/peers installs, exactly. */
function versionOf(name: string): string {
  const file = join(packageRoot, 'test', 'peers', 'package.json')
  const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> }
  return dependencies[name] ?? 'unknown'
}
