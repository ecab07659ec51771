/** Refuses calls of what is not what was approved: it is listed as it was, and waits for an admin to look at the change. */
import type { Policy } from '../call.ts'
import { Failure } from '../errors.ts'

export const pinned = (): Policy => (next) =>
  function unlessHeld(call) {
    const { held } = call.command
    return held === undefined ? next(call) : Promise.reject(new Failure('forbidden', held, { data: { waits_for: 'approval' } }))
  }
