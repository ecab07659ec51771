/** A base that nobody can reach and that comes to us for its work. */
import type { OnecWay } from '../../config/upstream/onec.ts'
import { Failure } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Watch } from '../steady.ts'
import { createDesk } from './poll-desk.ts'
import { type Listener, openPollListener } from './poll-listener.ts'
import type { OnecWire } from './wire.ts'

type Polled = Extract<OnecWay, { transport: 'httppoll' }>

export interface PollWire extends OnecWire {
  /** Listens, unless it does already. Throws PortTaken when the port cannot be had; what is sent tries again. */
  listen(): Promise<void>
}

/** How long (ms) a base may stay away before it counts as gone. */
const longestAway = 60_000

/** @param name of the upstream */
export function openPollWire(name: string, way: Polled, { log, watch }: { log: Log; watch: Watch }): PollWire {
  const desk = createDesk(name)
  let seenAt: number | undefined
  let closed = false
  let opening: Promise<Listener> | undefined

  async function listen(): Promise<void> {
    if (closed) throw new Failure('unavailable', `${name}: the server is stopping`)
    opening ??= openPollListener(desk, { ...way, name, seen }).then((listener) => {
      log.info('waiting for the base to ask for work', { host: way.host, port: listener.port })
      return listener
    })
    try {
      await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }

  function seen(): void {
    seenAt = Date.now()
    watch.answered()
  }

  async function reachable(): Promise<void> {
    try {
      await listen()
    } catch (error) {
      throw error instanceof Failure ? error : new Failure('upstream_away', `${name}: ${(error as Error).message}`)
    }
  }

  return {
    transport: 'httppoll',
    listen,
    async send(message, errand) {
      await reachable()
      try {
        return await desk.hand(JSON.stringify(message), errand)
      } catch (error) {
        if (error instanceof Failure && error.code === 'upstream_away') watch.missed()
        throw error
      }
    },
    async look() {
      await reachable()
      if (seenAt === undefined) throw new Failure('upstream_away', `${name}: the base has never asked for work`)
      const away = Date.now() - seenAt
      if (away > longestAway)
        throw new Failure('upstream_away', `${name}: the base has not asked for work for ${Math.round(away / 1000)} s`)
    },
    async close() {
      closed = true
      desk.close()
      const listener = await opening?.catch(() => undefined)
      await listener?.close()
    },
  }
}
