/** Bounds how many calls run at the same time, of one caller and at one upstream, so that nobody and nothing slow takes all there is. */
import type { Policy } from '../call.ts'
import type { Failure } from '../errors.ts'
import { tooManyAtOnce } from '../limited.ts'

/** How many run now; it is given back when a call is over, however it ends. */
class Running {
  count = 0
  leave(): void {
    this.count--
  }
}

/** Beyond it, those of whom nothing runs are forgotten. */
const mostKept = 10_000
/** Seconds after which trying again makes sense: calls are short. */
const retryAfter = 1

/**
 * What is above is refused and not queued: a queue would hide from the caller that it is too fast.
 * @param perCaller calls of one caller; 0 is no limit
 * @param upstreams calls at an upstream, by its name; those that are not in it have no limit
 */
export const concurrent = (perCaller: number, upstreams: ReadonlyMap<string, number>): Policy => {
  if (perCaller === 0 && upstreams.size === 0) return (next) => next
  const callers = new Map<string, Running>()
  const owners = new Map([...upstreams].map(([name, most]) => [name, { most, running: new Running() }]))

  function runningOf(id: string): Running {
    const known = callers.get(id)
    if (known) return known
    if (callers.size >= mostKept) for (const [key, { count }] of callers) if (count === 0) callers.delete(key)
    const running = new Running()
    callers.set(id, running)
    return running
  }

  return (next) =>
    function bounded(call) {
      const { caller, command } = call
      const ofCaller = perCaller === 0 ? undefined : runningOf(caller.id)
      if (ofCaller && ofCaller.count >= perCaller) {
        return Promise.reject(full(`${caller.name} has ${perCaller} calls running already`, perCaller))
      }
      const atOwner = owners.size === 0 || command.absent ? undefined : owners.get(command.owner)
      if (atOwner && atOwner.running.count >= atOwner.most) {
        return Promise.reject(full(`${command.owner} has ${atOwner.most} calls running already`, atOwner.most))
      }
      if (ofCaller) {
        ofCaller.count++
        call.hold(ofCaller)
      }
      if (atOwner) {
        atOwner.running.count++
        call.hold(atOwner.running)
      }
      return next(call)
    }
}

const full = (message: string, limit: number): Failure =>
  tooManyAtOnce(`${message}, as many as it may have: try again in ${retryAfter} s`, limit, retryAfter)
