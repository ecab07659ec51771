/**
 * Asks once more whether the caller may still call, before the command of a call runs that had to wait: for a place, or for a person's word. Its
 * credential was looked at when it came, which may be long ago.
 */
import type { Call, Policy } from '../call.ts'
import type { CheckInForce } from '../in-force.ts'

/** Stands after everything that makes calls wait. What runs already is not its business. */
export const inForce =
  (check: CheckInForce): Policy =>
  (next) =>
    function whileInForce(call) {
      const { admitted } = call
      if (!admitted) return next(call)
      const work = async () => {
        await admitted()
        await check(call.caller)
      }
      // What it asks counts on the call that everybody else looks at.
      return next(Object.create(call, { admitted: { value: work }, ask: { value: call.ask.bind(call) } }) as Call)
    }
