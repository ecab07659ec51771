/** Tries the upstreams of the configuration, each directly, whatever a running server thinks of it; as whoever has signed in there. */

import type { McpConfig } from '../config/upstream/mcp.ts'
import type { Config, UpstreamConfig } from '../config.ts'
import { silent } from '../log.ts'
import { createUpstreamSecrets, openDatabase } from '../store/index.ts'
import { schemeOf } from '../tls/scheme.ts'
import type { Credentials } from '../upstreams/http/credentials.ts'
import { createSignIns, SignInNeeded } from '../upstreams/oauth/index.ts'
import { type Probe, Skip } from './probe.ts'
import { tryJsonrpc } from './probe-jsonrpc.ts'
import { type BaseEnv, tryMcp } from './probe-mcp.ts'
import { tryOnec } from './probe-onec.ts'
import { tryOpenapi } from './probe-openapi.ts'

export const upstreamProbes = (config: Config, baseEnv: BaseEnv): Probe[] =>
  config.upstreams.map((upstream) => ({
    name: upstream.name,
    what: `upstream, ${wordFor(upstream)}`,
    async attempt(signal) {
      if (upstream.disabled) throw new Skip('disabled in the configuration')
      if (upstream.kind === 'mcp') return tryServer(config, upstream, baseEnv, signal)
      if (upstream.kind === 'jsonrpc') return tryJsonrpc(upstream, signal)
      if (upstream.kind === 'openapi') return tryOpenapi(upstream, signal)
      return tryOnec(upstream, signal)
    },
  }))

function wordFor(upstream: UpstreamConfig): string {
  if (upstream.kind === 'mcp') return upstream.transport.type
  if (upstream.kind !== 'onec') return upstream.kind
  return upstream.way.transport === 'http' ? '1C' : `1C, ${upstream.way.transport}`
}

async function tryServer(config: Config, server: McpConfig, baseEnv: BaseEnv, signal: AbortSignal): Promise<string> {
  try {
    return await tryMcp(server, baseEnv, signal, { credentials: stranger(server) })
  } catch (error) {
    if (!isUnwelcome(error)) throw error
    return await trySignedIn(config, server, baseEnv, signal)
  }
}

class Unwelcome extends Error {}

/** Most servers let everybody in, or whoever the configuration says: for them no database is opened. */
function stranger({ oauth, transport }: McpConfig): Credentials | undefined {
  const hasHeader =
    transport.type !== 'stdio' && Object.keys(transport.headers).some((name) => name.toLowerCase() === 'authorization')
  if (oauth === false || hasHeader) return undefined
  return { header: async () => undefined, renew: () => Promise.reject(new Unwelcome('a stranger is not let in')) }
}

const isUnwelcome = (error: unknown): boolean =>
  error instanceof Unwelcome || (error instanceof Error && error.cause !== undefined && isUnwelcome(error.cause))

async function trySignedIn(config: Config, upstream: McpConfig, baseEnv: BaseEnv, signal: AbortSignal): Promise<string> {
  const { server, secretKey, dataDir } = config
  const database = await openDatabase({ ...config.database, dataDir, log: silent, stopping: signal })
  try {
    const secrets = createUpstreamSecrets(database)
    const signIn = createSignIns({ secrets, secretKey, dataDir, log: silent, adminUrl: () => undefined }).of(upstream)
    try {
      return await tryMcp(upstream, baseEnv, signal, { credentials: signIn })
    } catch (error) {
      if (!(error instanceof SignInNeeded) || !server.admin) throw error
      throw new Error(
        `${error.message}, ${server.publicUrl ?? `${schemeOf(config.ssl)}://127.0.0.1:${server.adminPort}`}/#/upstreams`,
      )
    } finally {
      signIn?.stop()
    }
  } finally {
    await database.stop()
  }
}
