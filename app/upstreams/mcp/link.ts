/** One live connection to an MCP server of either era: made, introduced, asked, and found out when it is gone. */
import type { Call, Json, Result } from '../../call.ts'
import type { McpConfig } from '../../config/upstream/mcp.ts'
import { headerNames, metaNames, modernVersion, namedBy } from '../../mcp/era.ts'
import { encodeHeader } from '../../mcp/header-value.ts'
import { type About, type Era, envelope, introduce } from './negotiate.ts'
import { type Ask, Peer, Refused } from './peer.ts'
import { openWire, type WireTools } from './wires.ts'

export interface LinkTools extends WireTools {
  /** Of Switchyard. */
  readonly version: string
}

export interface LinkEvents {
  /** @param call the one that it belongs to, where that can be told */
  notice(method: string, params: Json, call: Call | undefined): void
  question(method: string, params: Json, call: Call | undefined, signal: AbortSignal): Promise<Json>
}

export interface LinkOptions {
  readonly config: McpConfig
  readonly tools: LinkTools
  readonly events: LinkEvents
  /** What we say that we can be asked. */
  readonly abilities: Json
  /** Which era it spoke the last time. */
  readonly known: Era | undefined
  readonly signal: AbortSignal
}

export interface Asking extends Ask {
  /** What the client can be asked, where every request says so. */
  readonly abilities?: Json
  readonly logLevel?: string
}

export interface Link {
  readonly about: About
  /** The child's process id, for a server that is a command. */
  readonly pid: number | undefined
  /** Whether one client's state is kept apart from another's by connections of their own. */
  readonly stateful: boolean
  /** Settles with the reason when the connection has ended. */
  readonly ended: Promise<string>
  request(method: string, params: Json, asking?: Asking): Promise<Result>
  tell(method: string, params: Json): void
  /** Calls that wait for this server now. */
  running(): number
  /** Takes no more; what was asked may still be answered. */
  retire(reason: string): void
  close(): Promise<void>
}

/** How long a handshake may take, in milliseconds. A first `npx` has to download its package. */
const handshakeTime = 60_000
/** A server over HTTP that has gone says nothing; it is asked this often (ms), and has so long to answer. */
const pingEvery = 30_000
const pingTime = 10_000

/** Connects and introduces us. Throws when that fails, with everything closed again. */
export async function openLink({ config, tools, events, abilities, known, signal }: LinkOptions): Promise<Link> {
  const opening = await openWire(config, tools)
  let end!: (reason: string) => void
  const ended = new Promise<string>((resolve) => {
    end = resolve
  })
  const peer = new Peer(opening.wire, {
    notice: events.notice,
    question: events.question,
    error: (error) => tools.log.debug('upstream transport', { upstream: config.name, error: error.message }),
    closed: (reason) => end(opening.lastWords().at(-1) ?? reason),
  })
  const about = await begin(peer, { config, tools, abilities, known, signal }, opening.lastWords)
  const modern = about.era === 'modern'
  const overHttp = config.transport.type === 'http'
  const ours = envelope({ version: tools.version, abilities })

  function request(method: string, params: Json, asking?: Asking): Promise<Result> {
    if (!modern) return peer.request(method, params, asking)
    const sent = enveloped(params, ours, asking)
    if (!overHttp) return peer.request(method, sent, asking)
    const headers = { ...headersOf(method, params), ...asking?.headers }
    return peer.request(method, sent, { ...asking, headers, cancelByClosing: true })
  }

  if (config.transport.type !== 'stdio') void ended.then(keepAsking(() => ping(request, modern), peer))
  return {
    about,
    pid: opening.pid,
    stateful: !modern && peer.stateful,
    ended,
    request,
    tell: (method, params) => peer.tell(method, params),
    running: () => peer.running(),
    retire: (reason) => peer.retire(reason),
    close: () => peer.close(),
  }
}

async function begin(
  peer: Peer,
  { config, tools, abilities, known, signal }: Omit<LinkOptions, 'events'>,
  lastWords: () => readonly string[],
): Promise<About> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(handshakeTime)])
  try {
    await peer.start(enough)
    return await introduce(peer, { version: tools.version, abilities, eras: erasFor(config, known), signal: enough })
  } catch (error) {
    await peer.close().catch(() => {})
    throw withLastWords(error, lastWords())
  }
}

/**
 * Over HTTP a server that does not know the newer question says so and goes on; a program may end, so it is asked in the older way first,
 * which servers of both eras answer.
 */
function erasFor({ protocol, transport }: McpConfig, known: Era | undefined): readonly Era[] {
  if (transport.type === 'sse') return ['session']
  if (protocol !== 'auto') return [protocol === 'legacy' ? 'session' : 'modern']
  const likeliest = known ?? (transport.type === 'http' ? 'modern' : 'session')
  return likeliest === 'modern' ? ['modern', 'session'] : ['session', 'modern']
}

function enveloped(params: Json, ours: Json, { abilities, logLevel }: Asking = {}): Json {
  return {
    ...params,
    _meta: {
      ...(params._meta as Json | undefined),
      ...ours,
      ...(abilities ? { [metaNames.abilities]: abilities } : {}),
      ...(logLevel === undefined ? {} : { [metaNames.logLevel]: logLevel }),
    },
  }
}

function headersOf(method: string, params: Json): Record<string, string> {
  const name = Object.hasOwn(namedBy, method) ? params[namedBy[method]!] : undefined
  return {
    [headerNames.version]: modernVersion,
    [headerNames.method]: method,
    ...(typeof name === 'string' ? { [headerNames.name]: encodeHeader(name) } : {}),
  }
}

/** There is no ping in 2026-07-28; what a server is it can always say. */
const ping = (request: Link['request'], modern: boolean) =>
  request(modern ? 'server/discover' : 'ping', {}, { signal: AbortSignal.timeout(pingTime) })

/** Asks now and then whether the server is still there; when it is not, the connection is ended. Gives what stops it. */
function keepAsking(ask: () => Promise<unknown>, peer: Peer): () => void {
  const timer = setInterval(async () => {
    try {
      await ask()
    } catch (error) {
      // A server that does not know the question has answered all the same.
      if (!(error instanceof Refused)) void peer.close().catch(() => {})
    }
  }, pingEvery)
  timer.unref()
  return () => clearInterval(timer)
}

function withLastWords(error: unknown, lastWords: readonly string[]): unknown {
  if (lastWords.length === 0) return error
  const message = error instanceof Error ? error.message : String(error)
  return new Error(`${message}; it last said: ${lastWords.join(' / ')}`, { cause: error })
}
