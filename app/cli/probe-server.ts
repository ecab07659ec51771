/** Tries a running server: its health, MCP over both HTTP transports, and the admin port. */
import { Agent, fetch, type Response } from 'undici'
import type { Config } from '../config.ts'
import type { HealthReport } from '../health.ts'
import { reasonOf } from '../reason.ts'
import { type Connect, connectorTo } from '../tls/own-server.ts'
import { schemeOf } from '../tls/scheme.ts'
import { HttpRefused } from '../upstreams/http/errors.ts'
import { type Probe, Skip } from './probe.ts'
import { adHoc, type BaseEnv, tryMcp } from './probe-mcp.ts'

export interface ServerOptions {
  readonly config: Config
  readonly baseEnv: BaseEnv
  /** Where it is, when that is not what the configuration says. */
  readonly url?: string
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** Files with the certificate that it is shown, and the key of that. */
  readonly cert?: string
  readonly key?: string
  /** Nobody expects one to run. */
  readonly off: boolean
}

/** Milliseconds for a health path to answer. */
const patience = 10_000

export function serverProbes({ config, baseEnv, url, token, cert, key, off }: ServerOptions): Probe[] {
  const { server, ssl } = config
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const scheme = schemeOf(ssl)
  const base = url?.replace(/\/+$/, '') ?? urlOf(scheme, server.host, server.port)
  let reached = true
  let connector: Promise<Connect> | undefined
  /** Made when it is first needed, so that a file that cannot be read is a finding of the table. */
  const connect = () => {
    connector ??= connectorTo({ certFile: ssl.enabled && !url ? ssl.certFile : null, clientCert: cert, clientKey: key })
    return connector
  }

  function requireMain(): void {
    if (off) throw new Skip('--no-server')
    if (url) return
    if (server.transport === 'stdio') throw new Skip('server.transport is stdio: there is no such port')
    if (server.port === 0) throw new Skip('server.port is 0, so only the log knows the port: give it with --url')
    if (ssl.enabled && ssl.mode === 'mtls_only' && !cert) {
      throw new Skip('ssl.mode is mtls_only: give a client certificate with --cert and --key')
    }
  }

  async function health(signal: AbortSignal): Promise<string> {
    requireMain()
    try {
      return await askHealth(base, headers, await connect(), signal)
    } catch (error) {
      reached = !(error instanceof NobodyThere)
      throw error
    }
  }

  const mcp = (name: string, what: string, type: 'sse' | 'http', path: string): Probe => ({
    name,
    what,
    async attempt(signal) {
      requireMain()
      if (!reached) throw new Skip('no server')
      try {
        return await tryMcp(adHoc(name, { type, url: base + path, headers }), baseEnv, signal, {
          connect: await connect(),
        })
      } catch (error) {
        throw isUnauthorized(error) ? new Error(`the server wants ${token ? 'another' : 'a'} credential: --token`) : error
      }
    },
  })

  async function admin(signal: AbortSignal): Promise<string> {
    if (off) throw new Skip('--no-server')
    if (url) throw new Skip('not looked for with --url')
    if (!server.admin) throw new Skip('server.admin is off')
    if (server.adminPort === 0) throw new Skip('server.admin_port is 0, so only the log knows the port')
    if (!reached) throw new Skip('no server')
    return askHealth(urlOf(scheme, server.host, server.adminPort), headers, await connect(), signal)
  }

  return [
    { name: 'server', what: '/health', attempt: health },
    mcp('sse', 'MCP over SSE', 'sse', '/sse'),
    mcp('http', 'Streamable HTTP', 'http', '/mcp'),
    { name: 'admin', what: '/health', attempt: admin },
  ]
}

class NobodyThere extends Error {}

async function askHealth(base: string, headers: Record<string, string>, connect: Connect, signal: AbortSignal): Promise<string> {
  const dispatcher = new Agent({ connect })
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(patience)])
    return await sayHealth(base, await fetch(`${base}/health`, { headers, signal: bounded, dispatcher }).catch(explain))
  } finally {
    await dispatcher.destroy()
  }

  function explain(error: unknown): never {
    const reason = reasonOf(error)
    if (reason.includes('ECONNREFUSED')) throw new NobodyThere(`no server on ${base} (start one with \`switchyard\`)`)
    throw new NobodyThere(`${base} does not answer: ${reason}`)
  }
}

async function sayHealth(base: string, response: Response): Promise<string> {
  const report = (await response.json().catch(() => ({}))) as Partial<HealthReport> & { error?: { message?: unknown } }
  if (typeof report.error?.message === 'string') throw new Error(`${base} refuses: ${report.error.message}`)
  if (!report.status || !report.version) throw new Error(`${base} is no Switchyard: it answers with HTTP ${response.status}`)
  const said = `${base} ${report.status}${partsOf(report.components)}, version ${report.version}`
  if (!response.ok) throw new Error(said)
  return said
}

/** What keeps it from being healthy. Upstreams are only counted: each has a row of its own with the reason. */
function partsOf(components: HealthReport['components'] = {}): string {
  const wrong = Object.keys(components).filter((name) => components[name]?.status !== 'ok')
  const own = wrong.filter((name) => !name.startsWith('upstream:'))
  const upstreams = wrong.length - own.length
  const parts = [...own, ...(upstreams ? [upstreams === 1 ? '1 upstream' : `${upstreams} upstreams`] : [])]
  return parts.length ? ` (${parts.join(', ')})` : ''
}

/** An address to connect to: one that listens everywhere is reached here. */
function urlOf(scheme: string, host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** The SDK's transports give the HTTP status as `code`; the connection wraps what they throw. */
function isUnauthorized(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (error instanceof HttpRefused && error.status === 401) || isUnauthorized(error.cause)
}
