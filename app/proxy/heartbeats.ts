/** Tells the proxy that we are there, on whichever address its generation has for that. */
import type { Json } from '../call.ts'
import { type Beat, beatOf } from './reply.ts'
import type { Wire } from './wire.ts'

export interface Heartbeats {
  /**
   * One of them. `nobody-there`: this proxy has no address for heartbeats.
   * @param query `?adapter_id=...` for proxies that look there
   * @throws what kept the answer from coming
   */
  beat(body: Json, query: string, signal: AbortSignal): Promise<Beat>
}

const usual = ['/heartbeat', '/proxy/heartbeat']

/** @param configured a whole URL; then nothing else is tried */
export function createHeartbeats(wire: Wire, configured: string | null): Heartbeats {
  /** The address that has answered. */
  let proven: string | undefined

  return {
    async beat(body, query, signal) {
      const candidates = configured === null ? (proven === undefined ? usual : [proven]) : [configured]
      let last: Beat = 'nobody-there'
      for (const address of candidates) {
        const to = address === configured ? address : address + query
        last = beatOf(await wire.post(to, body, signal), proven === address)
        if (last === 'nobody-there') continue
        if (last === 'heard') proven = address
        return last
      }
      return last
    },
  }
}
