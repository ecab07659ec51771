/** Asks a base by JSON-RPC, whatever the request travels by: ids count up, params are always an object, one request at a time in a message. */
import type { Json } from '../../call.ts'
import type { Log } from '../../log.ts'
import { shortened } from '../../redact.ts'
import { isRefusal, resultIn } from './answers.ts'
import type { Who } from './who.ts'
import type { OnecWire } from './wire.ts'

export interface Base {
  /** The result as the base gave it. Throws a Failure that names the base, the method and the seconds. */
  ask(method: string, params: Json, asking: Asking): Promise<unknown>
}

export interface Asking {
  readonly who: Who
  readonly signal?: AbortSignal
  /** Milliseconds, where they differ from what calls have. */
  readonly timeout?: number
}

export interface BaseOptions {
  readonly name: string
  readonly wire: OnecWire
  readonly log: Log
  /** Milliseconds that a call may take. */
  readonly timeout: number
}

/** How much of an error goes into the log, in characters. */
const logged = 4_000

export function createBase({ name, wire, log, timeout }: BaseOptions): Base {
  let asked = 0
  return {
    async ask(method, params, { who, signal, timeout: within = timeout }) {
      const id = ++asked
      const subject = params.name ?? params.uri
      const what = typeof subject === 'string' ? `${method} ${shortened(subject, 200)}` : method
      const began = performance.now()
      const message = { jsonrpc: '2.0', id, method, params }
      const sending = { who, what, timeout: within, signal, safe: method !== 'tools/call' }
      const answer = await wire.send(message, sending)
      try {
        return resultIn(answer, { name, method, what, id, params, began })
      } catch (error) {
        // The whole of it, stack and all, is for whoever looks after the base.
        if (isRefusal(error)) log.info('1c error', { what, error: shortened(JSON.stringify((error as Error).cause), logged) })
        throw error
      }
    },
  }
}
