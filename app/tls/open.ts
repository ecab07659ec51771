/** TLS of our own ports: the certificate in force, replaced without a restart when its files change. */
import type { Server, ServerOptions } from 'node:https'
import { ConfigError } from '../config.ts'
import type { Health, Service } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import { type Material, readMaterial, type Ssl } from './material.ts'
import { watchFiles } from './watch.ts'

/** What one port needs to know of it. */
export interface PortTls {
  /** What its server is made with, as of now. */
  options(): ServerOptions
  /** The server gets every later certificate. Connections that are open keep the one that they began with. */
  follow(server: Server): void
}

export interface Tls extends Service {
  /** The port that AI clients connect to: asks for a client certificate where there is somebody who signs them. */
  readonly mcp: PortTls
  /** The port that people open in a browser: the login says who they are. */
  readonly admin: PortTls
  check(): Health
  stop(): Promise<void>
}

export interface TlsOptions {
  /** Milliseconds between two looks at the files when nothing tells of a change. */
  readonly every?: number
  /** Milliseconds, as Date.now(). */
  readonly now?: () => number
}

const day = 86_400_000
/** Days before the end of a certificate from which on it is warned of. */
const warnDays = 14

/**
 * Reads the certificate and watches its files. New files that are no good change nothing but the state of the part `tls`.
 * @throws ConfigError where there is nothing to begin with
 */
export async function openTls(ssl: Ssl, log: Log, { every, now = Date.now }: TlsOptions = {}): Promise<Tls> {
  let current = await readMaterial(ssl).catch((error: unknown) => {
    throw new ConfigError([reasonOf(error)])
  })
  let problem: string | undefined
  let warnedAt = 0
  const renewals: (() => void)[] = []
  warn()

  /** At most once a day. */
  function warn(): void {
    const concern = timeConcern(current, now())
    if (concern === undefined || now() - warnedAt < day) return
    warnedAt = now()
    log.warn('certificate', { warning: concern })
  }

  function take(next: Material): void {
    current = next
    for (const renew of renewals) renew()
    warnedAt = 0
    log.info('certificate renewed', { subject: next.subject, ends: dateOf(next.ends) })
  }

  async function look(): Promise<void> {
    try {
      const next = await readMaterial(ssl)
      if (next.digest !== current.digest) take(next)
      else if (problem !== undefined) log.info('certificate files are as they were', { subject: current.subject })
      problem = undefined
    } catch (error) {
      const reason = reasonOf(error)
      if (reason !== problem) log.warn('certificate not renewed, the earlier one stays in force', { reason })
      problem = reason
    }
    warn()
  }

  function check(): Health {
    const { subject, ends } = current
    const parts = { subject, ends: new Date(ends).toISOString() }
    if (problem !== undefined) {
      return { status: 'degraded', detail: `the certificate until ${dateOf(ends)} stays in force, because ${problem}`, ...parts }
    }
    const concern = timeConcern(current, now())
    if (concern) return { status: 'degraded', detail: concern, ...parts }
    return { status: 'ok', detail: `the certificate is valid until ${dateOf(ends)}`, ...parts }
  }

  const portTls = (asking: ServerOptions): PortTls => ({
    options: () => ({ ...current.context, ...asking }),
    follow(server) {
      renewals.push(() => server.setSecureContext(current.context))
    },
  })

  const files = [ssl.certFile, ssl.keyFile, ssl.caCert, ssl.crlFile].filter((file) => file !== null)
  const failed = (directory: string, reason: string) => log.warn('folder of certificates not watched', { directory, reason })
  const stop = watchFiles(files, look, { every, failed })
  return {
    mcp: portTls(ssl.caCert === null ? {} : { requestCert: true, rejectUnauthorized: ssl.mode === 'mtls_only' }),
    admin: portTls({ requestCert: false }),
    check,
    stop,
  }
}

/** That it is over, is not valid yet, or ends soon: within fourteen days, for one of few days in the last third of them. */
function timeConcern({ begins, ends }: Material, at: number): string | undefined {
  if (ends <= at) return `the certificate has ended on ${dateOf(ends)}: clients refuse it`
  if (begins > at) return `the certificate is not valid before ${dateOf(begins)}: clients refuse it`
  const soon = Math.min(warnDays * day, (ends - begins) / 3)
  return ends - at < soon ? `the certificate ends on ${dateOf(ends)}` : undefined
}

const dateOf = (time: number): string => new Date(time).toISOString().replace(/:\d\d\.\d+Z$/, 'Z')
