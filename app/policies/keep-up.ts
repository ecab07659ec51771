/** Refuses calls on connections that stay open while the process cannot keep up; every other request is asked before it is read. */
import type { Policy } from '../call.ts'
import type { Overload } from '../overload.ts'

export const keepUp =
  (overload: Pick<Overload, 'on' | 'refusal'>): Policy =>
  (next) =>
    function keptUp(call) {
      return overload.on && call.via === 'websocket' ? Promise.reject(overload.refusal()) : next(call)
    }
