/** Ends a call that takes too long, whose caller has gone, or that is still running when the time for stopping is up. */
import type { Call, Policy, Result } from '../call.ts'
import { Failure } from '../errors.ts'
import { Ring } from '../ring.ts'

/** A call may run this much longer (ms) than it may: nobody minds, and one look serves all. */
const precision = 50

/**
 * @param timeout milliseconds that a call may take, unless its command says otherwise
 * @param hurry aborts when the process can wait no longer
 */
export const deadline = ({ timeout, hurry }: { timeout: number; hurry: AbortSignal }): Policy => {
  // One listener and one timer for all calls: of their own they would cost more than most calls.
  const running = new Ring<Running>()
  let sweeping: NodeJS.Timeout | undefined
  hurry.addEventListener('abort', () => {
    for (const call of running.values()) call.cut(stopping(call.name))
  })

  function watch(call: Running): number {
    sweeping ??= setInterval(sweep, precision).unref()
    return running.add(call)
  }

  function sweep(): void {
    const now = performance.now()
    for (const each of running.values()) {
      // While somebody on the other side thinks, the command is not late; it gets its whole time again afterwards.
      if (each.call.asking) each.endsAt = now + each.limit
      else if (each.endsAt <= now) each.cut(late(each.name, each.limit / 1000))
    }
    if (running.size > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }

  return (next) =>
    function bounded(call) {
      const { name } = call.command
      if (call.cancel.aborted) return Promise.reject(cancelled(name))
      if (hurry.aborted) return Promise.reject(stopping(name))
      const limit = call.command.timeout ?? timeout
      return new Promise<Result>((resolve, reject) => {
        const current: Running = {
          name,
          limit,
          call,
          endsAt: performance.now() + limit,
          cut(failure) {
            settle()
            call.cancel.abort(failure)
            reject(failure)
          },
        }
        const settle = () => {
          call.cancel.tell(undefined)
          running.delete(key)
        }
        call.cancel.tell(() => current.cut(takenFrom(call) ?? cancelled(name)))
        const key = watch(current)
        run(next, call).then(
          (result) => {
            settle()
            resolve(result)
          },
          (error: unknown) => {
            settle()
            reject(error)
          },
        )
      })
    }
}

interface Running {
  readonly name: string
  /** Milliseconds. */
  readonly limit: number
  readonly call: Call
  /** By `performance.now()`. */
  endsAt: number
  /** The caller gets this failure, and the command is told to stop. */
  cut(failure: Failure): void
}

const late = (name: string, seconds: number) =>
  new Failure('timeout', `${name} did not answer within ${seconds} s`, { data: { seconds } })
/** Why the caller may not have the answer any more, where that is why it was cancelled. */
const takenFrom = ({ cancel: { reason } }: Call): Failure | undefined =>
  reason instanceof Failure && reason.code === 'unauthorized' ? reason : undefined
const cancelled = (name: string) => new Failure('cancelled', `the call of ${name} was cancelled`)
const stopping = (name: string) => new Failure('unavailable', `${name} was cut off: the server is stopping`)

/** A command that throws before its first await must end the same way as one that throws later. */
async function run(next: (call: Call) => Promise<Result>, call: Call): Promise<Result> {
  return next(call)
}
