/** Registers this server at an MCP proxy of any generation, keeps it registered, and takes it back at a stop. Its failure stops nothing else. */

import { maskUrl } from './config/mask.ts'
import type { Settings } from './config/settings.ts'
import type { Health, Service } from './lifecycle.ts'
import type { Log } from './log.ts'
import { advertisedUrl, warningAbout } from './proxy/address.ts'
import { createHeartbeats } from './proxy/heartbeats.ts'
import { instanceUuid } from './proxy/instance.ts'
import { createPause } from './proxy/pause.ts'
import { registrationBody, unregistrationBody, withUuidBelow } from './proxy/payload.ts'
import { type Outcome, outcomeOf } from './proxy/reply.ts'
import { healthOf, type RegistrationStatus, type Standing, statusOf } from './proxy/status.ts'
import { openWire } from './proxy/wire.ts'
import { reasonOf } from './reason.ts'
import { secrets } from './secrets.ts'

export type { RegistrationStatus } from './proxy/status.ts'

export interface ProxyRegistration extends Service {
  status(): RegistrationStatus
  /**
   * Tries it now, once. What did not work stands in the status, and is tried again in the background. Does nothing where it is switched off.
   * @param serverUrl where the proxy shall reach us, in the place of what the settings say
   */
  register(serverUrl?: string): Promise<RegistrationStatus>
  /** Takes the registration back; it stays so until somebody registers again. Nothing to take back is a success too. */
  unregister(): Promise<RegistrationStatus>
  stop(): Promise<void>
  check(): Health
}

export interface ProxyOptions {
  readonly settings: Pick<Settings, 'proxyRegistration' | 'server' | 'dataDir'>
  readonly version: string
  /** Where our port was opened; undefined where none is, and then there is nothing to register. */
  readonly listening: string | undefined
  readonly log: Log
  /** Milliseconds between two tries after the quick ones. */
  readonly slowRetry?: number
}

/** Milliseconds that taking it back may hold up a stop, with the end of a registration that is under way. */
const farewell = 2_000
/** The longest pause after a heartbeat that failed, in seconds. */
const afterSilence = 5

/** Opened after the port: proxies call back at once. */
export async function openProxy({
  settings,
  version,
  listening,
  log,
  slowRetry = 60_000,
}: ProxyOptions): Promise<ProxyRegistration> {
  const { proxyRegistration: own, server, dataDir } = settings
  const uuid = own.uuid ?? (own.enabled ? await instanceUuid(dataDir, log) : '')
  const shownUrl = maskUrl(own.proxyUrl).replace(/\/+$/, '')
  const wire = own.enabled ? openWire(own) : undefined
  const beats = wire && createHeartbeats(wire, own.heartbeat.url)
  const stopping = new AbortController()
  /** Outlasts the stop a little: whom the proxy registers just then is known to us only by its answer. */
  const hurry = new AbortController()
  const pause = createPause()
  const now: Standing = {
    key: undefined,
    url: undefined,
    adapterId: false,
    heartbeat: own.heartbeat.enabled ? 'waiting' : 'off',
    lastHeartbeat: undefined,
    failures: 0,
    error: undefined,
    warning: undefined,
    wanted: own.enabled && own.autoRegisterOnStartup && listening !== undefined,
  }
  let uuidBelow = false
  let attempting: Promise<void> | undefined

  const bodyFor = (url: string) => {
    const body = registrationBody({ settings: own, uuid, version }, url)
    return uuidBelow ? withUuidBelow(body) : body
  }
  const queryFor = (key: string) => (now.adapterId ? `?adapter_id=${encodeURIComponent(key)}` : '')
  const status = () => statusOf(own, shownUrl, uuid, now)

  function failed(reason: string): void {
    if (stopping.signal.aborted) return
    now.failures++
    now.error = secrets.mask(reason)
    log.warn('not registered at the proxy', { proxy: shownUrl, reason, attempt: now.failures })
  }

  async function ask(url: string): Promise<Outcome> {
    const outcome = outcomeOf(await wire!.post('/register', bodyFor(url), hurry.signal), own.serverId)
    if (!('uuidBelow' in outcome) || !outcome.uuidBelow || uuidBelow) return outcome
    uuidBelow = true
    const second = outcomeOf(await wire!.post('/register', bodyFor(url), hurry.signal), own.serverId)
    if (!('key' in second)) uuidBelow = false
    return second
  }

  async function attempt(): Promise<void> {
    const url = now.url!
    try {
      const outcome = await ask(url)
      if ('refusal' in outcome) return failed(outcome.refusal)
      now.key = outcome.key
      now.adapterId = outcome.adapterId
      now.failures = 0
      now.error = undefined
      log.info('registered at the proxy', { proxy: shownUrl, server_key: outcome.key, server_url: url, known: outcome.again })
    } catch (error) {
      failed(reasonOf(error))
    }
  }

  function attemptOnce(): Promise<void> {
    attempting ??= attempt().finally(() => {
      attempting = undefined
    })
    return attempting
  }

  async function beat(): Promise<void> {
    const { key, url } = now
    if (key === undefined || url === undefined) return
    const body = { ...bodyFor(url), server_key: key, timestamp: new Date().toISOString(), status: 'healthy' }
    const heard = await beats!
      .beat(body, queryFor(key), stopping.signal)
      .catch((error: unknown) => ({ refusal: `no heartbeat reached the proxy: ${reasonOf(error)}` }))
    if (stopping.signal.aborted || now.key !== key) return
    if (heard === 'heard') {
      now.heartbeat = 'beating'
      now.lastHeartbeat = new Date()
    } else if (heard === 'nobody-there') {
      now.heartbeat = 'unsupported'
      log.info('this proxy takes no heartbeats', { proxy: shownUrl })
    } else {
      now.key = undefined
      if (heard === 'unknown') return log.info('the proxy has forgotten this server: registering again', { proxy: shownUrl })
      failed(heard.refusal)
      await pause.wait(Math.min(afterSilence, own.heartbeat.interval) * 1000)
    }
  }

  /** Milliseconds until the next try: doubled with each of the quick ones. */
  const waitAfter = (failures: number) =>
    failures < own.retryAttempts ? Math.min(own.retryDelay * 1000 * 2 ** (failures - 1), slowRetry) : slowRetry

  async function keep(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (!now.wanted) await pause.wait()
      else if (now.key === undefined) {
        await attemptOnce()
        if (now.key === undefined && now.wanted && !stopping.signal.aborted) await pause.wait(waitAfter(now.failures))
      } else if (now.heartbeat === 'off' || now.heartbeat === 'unsupported') await pause.wait()
      else {
        await pause.wait(own.heartbeat.interval * 1000)
        if (now.wanted && !stopping.signal.aborted) await beat()
      }
    }
  }

  function reachedAt(serverUrl: string): void {
    now.url = serverUrl
    now.warning = warningAbout(serverUrl, own.proxyUrl)
    if (now.warning)
      log.warn('the proxy may not reach this server', { server_url: serverUrl, proxy: shownUrl, hint: now.warning })
  }

  async function takeBack(signal: AbortSignal): Promise<void> {
    const { key } = now
    if (key === undefined) return
    now.key = undefined
    try {
      const { status: code } = await wire!.post(`/unregister${queryFor(key)}`, unregistrationBody(own.serverId, key), signal)
      log.info('unregistered at the proxy', { proxy: shownUrl, server_key: key, status: code })
    } catch (error) {
      log.warn('not unregistered at the proxy', { proxy: shownUrl, server_key: key, reason: reasonOf(error) })
    }
  }

  if (own.enabled && listening !== undefined) reachedAt(advertisedUrl({ listening, ...server }))
  const kept = wire && listening !== undefined ? keep() : undefined

  return {
    status,
    async register(serverUrl) {
      if (!wire || listening === undefined) return status()
      if (serverUrl !== undefined && serverUrl !== now.url) reachedAt(serverUrl)
      await attempting
      if (stopping.signal.aborted) return status()
      now.key = undefined
      if (now.heartbeat === 'unsupported') now.heartbeat = 'waiting'
      await attemptOnce()
      now.wanted = true
      pause.wake()
      return status()
    },
    async unregister() {
      now.wanted = false
      await attempting
      await takeBack(stopping.signal)
      now.error = undefined
      now.failures = 0
      pause.wake()
      return status()
    },
    async stop() {
      stopping.abort(new Error('the server is stopping'))
      pause.wake()
      const end = () => hurry.abort(new Error(`the proxy did not answer within ${farewell / 1000} s of the stop`))
      const timer = setTimeout(end, own.autoUnregisterOnShutdown ? farewell : 0)
      await kept
      await attempting
      if (own.autoUnregisterOnShutdown) await takeBack(hurry.signal)
      clearTimeout(timer)
      await wire?.close()
    },
    check: () => healthOf(status(), now),
  }
}
