/** Which wire leads to an upstream: after adding a way to connect, add it here. */
import type { McpConfig } from '../../config/upstream/mcp.ts'
import type { Log } from '../../log.ts'
import type { Connect } from '../../tls/own-server.ts'
import type { Environment } from '../child/child-environment.ts'
import type { Ledger } from '../child/ledger.ts'
import { spawnChild } from '../child/supervisor.ts'
import type { Credentials } from '../http/credentials.ts'
import { openHttpWire } from './http-wire.ts'
import { openSseWire } from './sse-wire.ts'
import { openStdioWire } from './stdio-wire.ts'
import type { Wire, WireEvents } from './wire.ts'

export interface WireTools {
  readonly log: Log
  readonly ledger: Ledger
  /** Our own environment: children get a short list of it. */
  readonly baseEnv: Environment
  /** What a server over HTTP is shown beside its headers. */
  readonly credentials?: Credentials
  /** How a server over HTTP is connected to, where the system's way will not do. */
  readonly connect?: Connect
}

export interface Opening {
  /** Makes the wire, for whoever hears what comes off it. */
  readonly wire: (events: WireEvents) => Wire
  /** The child's process id, for a server that is a command. */
  readonly pid?: number
  /** What a command said last on stderr: it usually says why it died. */
  readonly lastWords: () => readonly string[]
}

/** Throws a Failure when a program cannot be started. */
export async function openWire(
  { name, transport: spec }: McpConfig,
  { log, ledger, baseEnv, credentials, connect }: WireTools,
): Promise<Opening> {
  if (spec.type === 'stdio') {
    const { command, args, env, cwd } = spec
    const child = await spawnChild({ upstream: name, command, args, env, cwd }, { ledger, log, baseEnv })
    return { wire: (events) => openStdioWire({ child, events, log }), pid: child.pid, lastWords: () => child.lastWords }
  }
  const { url, headers } = spec
  const open = spec.type === 'sse' ? openSseWire : openHttpWire
  return { wire: (events) => open({ url, headers, credentials, connect, events }), lastWords: () => [] }
}
