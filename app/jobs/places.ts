/** So many may run at a time; others wait, and come in their order. */
import { Failure } from '../errors.ts'

export interface Places {
  /**
   * Settles when there is a place. Throws when `cancelled` aborts, or when the process stops.
   * @param started what is waited for first
   */
  take(cancelled: AbortSignal, started: Promise<void>): Promise<void>
  leave(): void
  taken(): number
}

export function createPlaces(limit: number, stopping: AbortSignal): Places {
  const queue = new Set<() => void>()
  const refusals = new Set<(reason: unknown) => void>()
  let taken = 0
  stopping.addEventListener('abort', () => {
    for (const refuse of refusals) refuse(over())
  })

  async function place(): Promise<void> {
    if (taken < limit) {
      taken++
      return
    }
    await new Promise<void>((resolve) => queue.add(resolve))
  }

  function leave(): void {
    const [next] = queue
    if (!next) {
      taken--
      return
    }
    queue.delete(next)
    next()
  }

  return {
    take(cancelled, started) {
      return new Promise((resolve, reject) => {
        let gone = false
        const refuse = (reason: unknown) => {
          gone = true
          settle()
          reject(reason)
        }
        const cancel = () => refuse(cancelled.reason)
        const settle = () => {
          refusals.delete(refuse)
          cancelled.removeEventListener('abort', cancel)
        }
        if (stopping.aborted) return refuse(over())
        if (cancelled.aborted) return cancel()
        refusals.add(refuse)
        cancelled.addEventListener('abort', cancel)
        void started.then(async () => {
          if (gone) return
          await place()
          if (gone) return leave()
          settle()
          resolve()
        })
      })
    },
    leave,
    taken: () => taken,
  }
}

const over = () => new Failure('unavailable', 'the server is stopping: the job did not begin')
