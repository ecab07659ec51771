/** One registered server: its commands in the catalogue as long as it is registered, read again until that succeeds. */
import type { Allowance } from '../addresses.ts'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import type { Answerer } from '../explain.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { Registration } from '../store/registrations.ts'
import { createBackoff } from '../upstreams/backoff.ts'
import { type AdapterOptions, openAdapter } from '../upstreams/jsonrpc/adapter.ts'

export interface Guest {
  /** The registration whose word is good now. */
  registration: Registration
  /** `connected`: its commands are offered; otherwise what keeps them from it. */
  state(): { readonly state: 'connected' | 'connecting'; readonly tools: number; readonly error: string | null }
  /** How a call of its commands would find it. */
  answerer(): Answerer
  /** Reads its commands again. */
  refresh(): void
  healthy(): Promise<boolean>
  /** Takes its commands out of the catalogue. */
  stop(): Promise<void>
}

export type Outgoing = Pick<AdapterOptions, 'tls' | 'breaker' | 'traffic'>

export interface GuestTools {
  readonly catalog: Catalog
  readonly log: Log
  readonly allow: Allowance
  /** How requests to it are made, counted and held back. */
  readonly outgoing: Outgoing
  /** Seconds that one call may take. */
  readonly timeout: number
  /** Milliseconds that a server which does not tell its commands is left alone at most. */
  readonly patience: number
}

export function openGuest(registration: Registration, { catalog, log, allow, outgoing, timeout, patience }: GuestTools): Guest {
  const { serverKey, serverId, serverUrl, copyNumber } = registration
  const owner = `registered:${serverKey}`
  // The first copy has the plain name, which is what a person writes down; others say which they are.
  const prefix = copyNumber === 1 ? `${serverId}_` : `${serverId}_${copyNumber}_`
  const adapter = openAdapter({ name: serverKey, url: serverUrl, prefix, timeout, log, allow, ...outgoing })
  const backoff = createBackoff({ min: Math.min(1_000, patience), max: patience })
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let reading = 0
  let tools: number | undefined
  let problem: string | null = null

  async function read(): Promise<void> {
    clearTimeout(timer)
    const mine = ++reading
    try {
      const commands = await adapter.read()
      if (stopped || mine !== reading) return
      catalog.offer(owner, commands)
      // Some register before they have loaded what they have.
      if (commands.length === 0) throw new Failure('upstream_failed', `${serverKey} has no commands`)
      if (tools === undefined) log.info('registered server connected', { server_key: serverKey, tools: commands.length })
      tools = commands.length
      problem = null
      backoff.reset()
    } catch (error) {
      if (stopped || mine !== reading) return
      const reason = reasonOf(error)
      if (reason !== problem) log.warn('registered server not read', { server_key: serverKey, reason })
      problem = reason
      timer = setTimeout(() => void read(), backoff.next())
    }
  }

  void read()
  return {
    registration,
    state: () => ({ state: tools === undefined ? 'connecting' : 'connected', tools: tools ?? 0, error: problem }),
    answerer() {
      const state = problem !== null ? 'stale' : tools === undefined ? 'connecting' : 'connected'
      return { name: serverKey, kind: 'registered', state, error: problem, breaker: adapter.breaker }
    },
    refresh: () => void read(),
    healthy: () =>
      adapter.look().then(
        () => true,
        () => false, // whatever kept it from answering, it is not there
      ),
    async stop() {
      stopped = true
      clearTimeout(timer)
      catalog.withdraw(owner)
      await adapter.close()
      outgoing.traffic?.forget(serverKey)
    },
  }
}
