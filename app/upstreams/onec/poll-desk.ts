/** Requests that wait until a base comes and asks for work: it takes one with a ticket, and brings the answer under that ticket. */
import { randomUUID } from 'node:crypto'
import { Failure } from '../../errors.ts'
import { isTimeUp } from '../time-up.ts'
import { sentence } from './answers.ts'

export interface Desk {
  /** Settles with the answer that the base brings. */
  hand(text: string, errand: Errand): Promise<unknown>
  /** The next request, which nobody else gets from now on; undefined where none waits. */
  take(): { ticket: string; text: string } | undefined
  /** Whether the ticket was one that is waited for; `late` when nobody waits any more. */
  bring(ticket: string, answer: unknown): 'taken' | 'late' | 'unknown'
  readonly waiting: number
  readonly taken: number
  /** Nobody will answer any more. */
  close(): void
}

export interface Errand {
  readonly what: string
  /** Milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal
}

interface Open {
  readonly text: string
  settle(answer: unknown): void
  fail(reason: Failure): void
}

/** How long a ticket is remembered that nobody waits for any more, in ms; how many; and how many requests may wait. */
const memory = 600_000
const mostRemembered = 10_000
const mostWaiting = 1_000

/** @param name of the upstream */
export function createDesk(name: string): Desk {
  const waiting = new Map<string, Open>()
  const taken = new Map<string, Open>()
  const late = new Map<string, number>()

  function remember(ticket: string): void {
    const before = Date.now() - memory
    for (const [old, since] of late) if (since < before || late.size >= mostRemembered) late.delete(old)
    late.set(ticket, Date.now())
  }

  return {
    hand(text, { what, timeout, signal }) {
      if (waiting.size >= mostWaiting)
        return Promise.reject(
          new Failure('upstream_away', `${name}: ${mostWaiting} requests wait already for the base to ask for them`),
        )
      const began = performance.now()
      const ticket = randomUUID()
      return new Promise((resolve, reject) => {
        const done = () => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', leave)
          waiting.delete(ticket)
          if (taken.delete(ticket)) remember(ticket)
        }
        const open: Open = {
          text,
          settle(answer) {
            done()
            resolve(answer)
          },
          fail(reason) {
            done()
            reject(reason)
          },
        }
        const late = () => {
          const words = taken.has(ticket)
            ? 'was taken by the base and not answered'
            : 'was not fetched: the base does not ask for work'
          open.fail(new Failure('upstream_away', sentence({ name, what, began }, words)))
        }
        const leave = () => (isTimeUp(signal) ? late() : open.fail(new Failure('cancelled', `${name}: ${what} was cancelled`)))
        const timer = setTimeout(late, timeout)
        timer.unref()
        waiting.set(ticket, open)
        if (signal?.aborted) return leave()
        signal?.addEventListener('abort', leave)
      })
    },
    take() {
      const [next] = waiting
      if (!next) return undefined
      const [ticket, open] = next
      waiting.delete(ticket)
      taken.set(ticket, open)
      return { ticket, text: open.text }
    },
    bring(ticket, answer) {
      const open = taken.get(ticket)
      if (!open) return late.has(ticket) ? 'late' : 'unknown'
      open.settle(answer)
      return 'taken'
    },
    get waiting() {
      return waiting.size
    },
    get taken() {
      return taken.size
    },
    close() {
      for (const { fail } of [...waiting.values(), ...taken.values()])
        fail(new Failure('unavailable', `${name}: the server is stopping`))
    },
  }
}
