/** How long one request may go on: until its time is up, or nobody waits any more, whichever comes first. */
import type { Cancel } from '../../call.ts'
import { isTimeUp } from '../time-up.ts'

export interface Limits {
  readonly signal: AbortSignal
  /** Why it ended early. */
  readonly ended: 'late' | 'cancelled' | undefined
  /** Milliseconds that are left. */
  left(): number
  /** Rejects when it ends early. */
  pause(ms: number): Promise<void>
  close(): void
}

export function limitsOf({ timeout, signal, cancel }: { timeout: number; signal?: AbortSignal; cancel?: Cancel }): Limits {
  const control = new AbortController()
  const ends = performance.now() + timeout
  let ended: Limits['ended']
  const end = (why: 'late' | 'cancelled') => {
    ended ??= why
    control.abort()
  }
  const late = setTimeout(end, timeout, 'late')
  const stop = () => end(isTimeUp(signal) ? 'late' : 'cancelled')
  if (signal?.aborted || cancel?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  cancel?.tellToo(stop)

  return {
    signal: control.signal,
    get ended() {
      return ended
    },
    left: () => ends - performance.now(),
    pause(ms) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          control.signal.removeEventListener('abort', giveUp)
          resolve()
        }, ms)
        const giveUp = () => {
          clearTimeout(timer)
          reject(control.signal.reason)
        }
        if (control.signal.aborted) giveUp()
        else control.signal.addEventListener('abort', giveUp, { once: true })
      })
    },
    close() {
      clearTimeout(late)
      signal?.removeEventListener('abort', stop)
      cancel?.tellNoMore(stop)
    },
  }
}
