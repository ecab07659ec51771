/** One live connection to an MCP server: made, shaken hands, asked for its lists, and found out when it is gone. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { Json } from '../call.ts'
import type { ListName } from '../catalog.ts'
import type { UpstreamConfig } from '../config.ts'
import type { Log } from '../log.ts'
import type { Environment } from './child-environment.ts'
import type { Ledger } from './ledger.ts'
import { Peer, Refused } from './peer.ts'
import { StdioTransport } from './stdio-transport.ts'
import { spawnChild } from './supervisor.ts'

export interface LinkTools {
  readonly version: string
  readonly log: Log
  readonly ledger: Ledger
  readonly baseEnv: Environment
}

/** What the server said about itself in the handshake. */
export interface About extends Json {
  readonly serverInfo: Json
  readonly capabilities: Json
  readonly instructions?: string
}

export interface Link {
  readonly peer: Peer
  readonly about: About
  /** The child's process id, for a server that is a command. */
  readonly pid: number | undefined
  /** Settles with the reason when the connection has ended. */
  readonly ended: Promise<string>
  /** A whole list, all pages of it. */
  list(list: ListName): Promise<Json[]>
  close(): Promise<void>
}

/** How long a handshake, and each page of a list, may take, in milliseconds. A first `npx` has to download its package. */
const handshakeTime = 60_000
const pageTime = 30_000
const mostPages = 100
const mostEntries = 10_000
/** A server over HTTP that has gone says nothing; it is asked this often (ms), and has so long to answer. */
const pingEvery = 30_000
const pingTime = 10_000

const listMethods: Record<ListName, { method: string; member: string; capability: string }> = {
  tools: { method: 'tools/list', member: 'tools', capability: 'tools' },
  resources: { method: 'resources/list', member: 'resources', capability: 'resources' },
  templates: { method: 'resources/templates/list', member: 'resourceTemplates', capability: 'resources' },
  prompts: { method: 'prompts/list', member: 'prompts', capability: 'prompts' },
}

/**
 * Connects and shakes hands. Throws when that fails, with everything closed again.
 * @param notice hears notifications that belong to no request
 */
export async function openLink(
  config: UpstreamConfig,
  tools: LinkTools,
  notice: (method: string, params: Json) => void,
  signal: AbortSignal,
): Promise<Link> {
  const { transport, pid, lastWords } = await openTransport(config, tools)
  let end!: (reason: string) => void
  const ended = new Promise<string>((resolve) => {
    end = resolve
  })
  const peer = new Peer(transport, {
    notice,
    error(error) {
      tools.log.debug('upstream transport', { upstream: config.name, error: error.message })
      // The event source would connect anew by itself, to a session that nobody has shaken hands with.
      if (config.transport.type === 'sse') void peer.close()
    },
    closed: () => end(lastWords().at(-1) ?? 'the connection ended'),
  })
  const client = new Client({ name: 'switchyard', version: tools.version }, { capabilities: {} })
  try {
    await client.connect(peer, { timeout: handshakeTime, signal })
  } catch (error) {
    await peer.close().catch(() => {})
    throw withLastWords(error, lastWords())
  }
  const stopPinging = config.transport.type === 'stdio' ? () => {} : keepAsking(peer)
  void ended.then(stopPinging)
  return {
    peer,
    pid,
    ended,
    about: {
      serverInfo: { ...client.getServerVersion() },
      capabilities: { ...client.getServerCapabilities() },
      ...(client.getInstructions() === undefined ? {} : { instructions: client.getInstructions() }),
    },
    list: (list) => readList(peer, list, client.getServerCapabilities() ?? {}),
    async close() {
      await endSession(transport)
      await peer.close()
    },
  }
}

async function openTransport(
  { name, transport: spec }: UpstreamConfig,
  { log, ledger, baseEnv }: LinkTools,
): Promise<{ transport: Transport; pid?: number; lastWords: () => readonly string[] }> {
  if (spec.type === 'stdio') {
    const child = await spawnChild(
      { upstream: name, command: spec.command, args: spec.args, env: spec.env, cwd: spec.cwd },
      { ledger, log, baseEnv },
    )
    return { transport: new StdioTransport(child, { log }), pid: child.pid, lastWords: () => child.lastWords }
  }
  const options = { requestInit: { headers: spec.headers } }
  const url = new URL(spec.url)
  const transport = spec.type === 'sse' ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options)
  return { transport, lastWords: () => [] }
}

/** Tells the server that its session is over, where the transport has such a word; one that does not answer is not waited for. */
async function endSession(transport: Transport): Promise<void> {
  if (!(transport instanceof StreamableHTTPClientTransport)) return
  await Promise.race([transport.terminateSession().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
}

async function readList(peer: Peer, list: ListName, capabilities: Json): Promise<Json[]> {
  const { method, member, capability } = listMethods[list]
  if (!capabilities[capability]) return []
  const entries: Json[] = []
  let cursor: unknown
  for (let page = 0; page < mostPages && entries.length < mostEntries; page++) {
    const result = await peer
      .request(method, cursor === undefined ? {} : { cursor }, { signal: AbortSignal.timeout(pageTime) })
      .catch((error: unknown) => {
        // Servers that declare resources but know no templates answer -32601.
        if (list === 'templates') return {} as Json
        throw error
      })
    const found = result[member]
    if (Array.isArray(found)) entries.push(...found.filter((entry): entry is Json => typeof entry === 'object' && entry !== null))
    cursor = result.nextCursor
    if (typeof cursor !== 'string') break
  }
  return entries.slice(0, mostEntries)
}

/** Asks now and then whether the server is still there; when it is not, the connection is ended. */
function keepAsking(peer: Peer): () => void {
  const timer = setInterval(async () => {
    try {
      await peer.request('ping', {}, { signal: AbortSignal.timeout(pingTime) })
    } catch (error) {
      // A server that knows no ping has answered all the same.
      if (!(error instanceof Refused)) void peer.close().catch(() => {})
    }
  }, pingEvery)
  timer.unref()
  return () => clearInterval(timer)
}

/** Whether the server said that it does not know our session (any more): then nothing of the request was done. */
export const isLostSession = (error: unknown): boolean => error instanceof StreamableHTTPError && error.code === 404

/** Whether the message did not even get to a server over HTTP. */
export const isUnreachable = (error: unknown): boolean => error instanceof TypeError && error.message === 'fetch failed'

function withLastWords(error: unknown, lastWords: readonly string[]): Error {
  const message = error instanceof Error ? error.message : String(error)
  return new Error(lastWords.length ? `${message}; it last said: ${lastWords.join(' / ')}` : message, { cause: error })
}
