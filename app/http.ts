/** One port: its app, its limits, and how it ends without losing an answer. */
import { setMaxListeners } from 'node:events'
import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { serverBounds, watchConnections } from './connections.ts'
import { createCors } from './cors.ts'
import { directPaths, inFront } from './direct.ts'
import { meaningOf, toFailure } from './errors.ts'
import { createGate, type GateOptions } from './gate.ts'
import { createCheck } from './guard.ts'
import { aborted, type Life, type Service } from './lifecycle.ts'
import type { Log } from './log.ts'
import { isLoopback } from './loopback.ts'
import { createProxyNotice } from './proxy-notice.ts'
import { retryAfter } from './retry-after.ts'
import { pastTls, promiseOfTls } from './secure-transport.ts'
import { watchSilent } from './silent.ts'
import { challengeOf } from './surfaces/challenge.ts'
import type { PortTls } from './tls/open.ts'
import { watchHandshakes } from './tls/plain-request.ts'
import { ignoreOtherUpgrades } from './upgrades.ts'
import type { Surface, Web, Yard } from './yard.ts'

export interface Http extends Service {
  readonly port: number
  /** `http://host:port` or `https://host:port`, as somebody on this machine can open it. */
  readonly url: string
  /** Everything that can be asked for here; what every path passes is not in it. */
  readonly routes: readonly Route[]
}

export interface Route {
  readonly port: 'mcp' | 'admin'
  /** ALL where the answer depends on it. */
  readonly method: string
  /** `:name` stands for any text. */
  readonly path: string
}

export interface HttpOptions {
  name: 'mcp' | 'admin' | 'redirect'
  /** 0 takes a free one. */
  port: number
  surfaces: readonly Surface[]
  /** Without it the port speaks plain HTTP. */
  tls?: PortTls
  /** Where a request is sent on to, where it should have come to another address. */
  elsewhere?: GateOptions['elsewhere']
}

/** A port that cannot be had; the message is the one clear line for the person who started us. */
export class PortTaken extends Error {}

/** Milliseconds that a handshake of TLS may take. */
const handshakeTimeout = 15_000
/** Milliseconds that the other side of a WebSocket has to answer our goodbye. One that has fallen asleep must not hold up a stop. */
const farewell = 1_000

/** Listens. Throws PortTaken when the port cannot be had. */
export async function openHttp(yard: Yard, life: Life, options: HttpOptions): Promise<Http> {
  const { name, port, tls } = options
  const { server: settings, limits } = yard.settled.config
  const { host, stopDelay } = settings
  const log = yard.log.with({ port: name })
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // every surface listens to it, some more than once
  const apps = options.surfaces.map((surface) => surface(yard, closing.signal))
  const app = createApp(log, apps)
  const origins = new Set(name === 'mcp' ? settings.corsOrigins : [])
  const gate = createGate({
    check: createCheck(settings, origins),
    cors: createCors(origins),
    elsewhere: options.elsewhere ?? pastTls(settings, yard, name),
    tlsFor: name === 'redirect' ? undefined : promiseOfTls(yard.isSecure),
  })
  // A constant of its own, because the types of ws do not know closeTimeout yet.
  const webSocketBounds = {
    noServer: true,
    maxPayload: limits.body,
    perMessageDeflate: false,
    closeTimeout: farewell,
    handleProtocols: (offered: Set<string>) => (offered.has('mcp') ? ('mcp' as const) : (false as const)),
  }
  const webSockets = new WebSocketServer(webSocketBounds)
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer: ((given: ServerOptions, listener: RequestListener) =>
      createPort(given, inFront(apps, gate, listener), tls, log)) as typeof createServer,
    serverOptions: { ...serverBounds(limits), handshakeTimeout },
    overrideGlobalObjects: false,
    websocket: { server: webSockets },
  }) as import('node:http').Server
  let asked = false
  ignoreOtherUpgrades(server, gate, tls ? 'secureConnection' : 'connection')
  const closeSilent = watchSilent(server)
  const refused = yard.metrics.counter(`connections_refused_${name}`, `Connections to the port ${name} above limits.connections`)
  watchConnections(server, limits, log, () => refused.inc())
  const notice = createProxyNotice(yard, log, name === 'mcp' && yard.settled.config.auth.mode === 'auto' && isLoopback(host))
  server.on('request', (request, response) => {
    asked = true
    notice(request)
    if (life.stopping.aborted) response.setHeader('connection', 'close')
  })
  await listen(server, { name, host, port })
  const address = server.address() as AddressInfo
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : shownHost(host)}:${address.port}`
  log.info('listening', { url })

  async function close(): Promise<void> {
    // Nobody who never asked can be waiting to see the 503.
    if (asked) await delay(stopDelay * 1000, life.hurry)
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeIdleConnections()
    closing.abort()
    const sweep = setInterval(() => {
      server.closeIdleConnections()
      closeSilent()
    }, 50)
    await Promise.race([closed, aborted(life.hurry)])
    clearInterval(sweep)
    // What was cut off by the deadline gets a moment to take its error away.
    if (life.hurry.aborted) await Promise.race([closed, delay(300)])
    server.closeAllConnections()
    for (const socket of webSockets.clients) socket.terminate()
    await closed
  }

  const gone = aborted(life.stopping).then(close)
  return { port: address.port, url, routes: name === 'redirect' ? [] : routesOf(app, apps, name), stop: () => gone }
}

/**
 * For a process that a client has started over stdio: it bears a sibling that holds the port (clients start a server twice, as a probe),
 * and does without the port then.
 */
export const openUnlessTaken =
  (life: Life, log: Log) =>
  async (name: string, open: () => Promise<Http>): Promise<Http | undefined> => {
    try {
      return await life.start(name, open)
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error
      log.warn('port not opened, stdio goes on without it', { reason: error.message })
      return undefined
    }
  }

function createPort(
  given: ServerOptions,
  listener: RequestListener,
  tls: PortTls | undefined,
  log: Log,
): import('node:http').Server {
  if (!tls) return createServer(given, listener)
  const server = createTlsServer({ ...given, ...tls.options() }, listener)
  tls.follow(server)
  watchHandshakes(server, log)
  return server
}

function createApp(log: Log, apps: readonly Web[]): Web {
  const app: Web = new Hono<{ Bindings: HttpBindings }>()
  for (const one of apps) app.route('/', one)
  app.notFound((c) => c.json({ error: { code: 'not_found', message: 'nothing is here: GET / lists the endpoints' } }, 404))
  app.onError((error, c) => {
    const failure = toFailure(error)
    const { status } = meaningOf(failure.code)
    if (failure.code === 'internal') log.error('request failed', { path: c.req.path, error })
    if (status === 401) c.header('www-authenticate', challengeOf(failure))
    return c.json(
      { error: { code: failure.code, message: failure.message, ...(failure.data ? { details: failure.data } : {}) } },
      status as 500,
      retryAfter(failure.data),
    )
  })
  return app
}

function routesOf(app: Web, apps: readonly Web[], port: Route['port']): Route[] {
  const direct = apps.flatMap((one) => directPaths(one).map((path) => ({ port, method: 'ALL', path })))
  const passed = app.routes.filter(({ path, method }) => !(method === 'ALL' && path.endsWith('/*')))
  const rest = passed.filter(({ path }) => !direct.some((one) => one.path === path))
  return [...direct, ...rest.map(({ method, path }) => ({ port, method, path }))]
}

function listen(
  server: import('node:http').Server,
  { name, host, port }: { name: string; host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new PortTaken(unavailable(error, name, host, port), { cause: error })),
    )
    server.listen(port, host, resolve)
  })
}

function unavailable(error: NodeJS.ErrnoException, name: string, host: string, port: number): string {
  const other = name === 'redirect' ? 'ssl.redirect_port' : name === 'admin' ? '--admin-port' : '--port'
  if (error.code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken by another process: stop that one, or choose another with ${other} (0 takes a free one)`
  if (error.code === 'EACCES') return `port ${port} may not be opened by this user: choose one above 1023 with ${other}`
  if (error.code === 'EADDRNOTAVAIL') return `this machine has no address ${host}: check --host`
  return `port ${port} on ${host} could not be opened: ${error.message}`
}

/** The address that a browser on this machine can use. */
const shownHost = (host: string) => (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host)

function delay(ms: number, hurry?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    hurry?.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
