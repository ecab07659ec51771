/** Ends a call that takes too long, whose caller has gone, or that is still running when the time for stopping is up. */
import type { Call, Policy, Result } from '../call.ts'
import { Failure } from '../errors.ts'

/**
 * @param timeout milliseconds that a call may take, unless its command says otherwise
 * @param hurry aborts when the process can wait no longer
 */
export const deadline = ({ timeout, hurry }: { timeout: number; hurry: AbortSignal }): Policy => {
  // One listener for all calls: a signal with a listener for each of them costs more than the calls.
  const running = new Set<() => void>()
  hurry.addEventListener('abort', () => {
    for (const cutOff of running) cutOff()
  })
  return (next) =>
    function bounded(call) {
      const limit = call.command.timeout ?? timeout
      return new Promise<Result>((resolve, reject) => {
        const controller = new AbortController()
        const cut = (failure: Failure) => {
          controller.abort(failure)
          settle()
          reject(failure)
        }
        const onTimeout = () =>
          cut(
            new Failure('timeout', `${call.command.name} did not answer within ${limit / 1000} s`, {
              data: { seconds: limit / 1000 },
            }),
          )
        const onCancel = () => cut(new Failure('cancelled', `the call of ${call.command.name} was cancelled`))
        const onHurry = () => cut(new Failure('unavailable', `${call.command.name} was cut off: the server is stopping`))
        const timer = setTimeout(onTimeout, limit)
        const settle = () => {
          clearTimeout(timer)
          call.signal.removeEventListener('abort', onCancel)
          running.delete(onHurry)
        }
        if (call.signal.aborted) return onCancel()
        if (hurry.aborted) return onHurry()
        call.signal.addEventListener('abort', onCancel)
        running.add(onHurry)
        run(next, { ...call, signal: controller.signal }).then(
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

/** A command that throws before its first await must end the same way as one that throws later. */
async function run(next: (call: Call) => Promise<Result>, call: Call): Promise<Result> {
  return next(call)
}
