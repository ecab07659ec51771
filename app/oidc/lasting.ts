/** Something that a provider tells and that seldom changes: read now and then, and still good while the provider is away. */
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'

export interface Lasting<T> {
  /** What is known; read first where nothing is. Throws what kept it from being read. */
  get(): Promise<T>
  /** For whoever misses something in what was seen: a newer one where there is one, or where it may be asked for again. */
  newer(seen: T): Promise<T>
}

export interface LastingOptions<T> {
  /** What it is, for the log. */
  readonly what: string
  read(): Promise<T>
  readonly log: Log
  /** Milliseconds, as Date.now(). */
  readonly now: () => number
}

/** Milliseconds after which it is read again: nobody waits for that, unless nobody has needed it for so long that it may be anything by now. */
const fresh = 600_000
const waitedFor = 3_600_000
/** Milliseconds that it is still good for while it cannot be read. */
const longest = 24 * 3_600_000
/** Milliseconds between two reads, whoever wants them; less where there is nothing yet. */
const pause = 30_000
const shortPause = 3_000

export function createLasting<T>({ what, read, log, now }: LastingOptions<T>): Lasting<T> {
  let held: { readonly value: T; readonly at: number } | undefined
  let notBefore = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined
  let trouble: unknown

  async function attempt(): Promise<void> {
    const at = now()
    try {
      held = { value: await read(), at }
      notBefore = at + pause
    } catch (error) {
      trouble = error
      notBefore = now() + (held ? pause : shortPause)
      log.warn(`${what} cannot be read`, { reason: reasonOf(error), known: held !== undefined })
    }
  }

  /** One at a time; settles whatever comes of it. */
  function readOnce(): Promise<void> | undefined {
    if (!reading && now() >= notBefore) {
      reading = attempt().finally(() => {
        reading = undefined
      })
    }
    return reading
  }

  function current(): T {
    if (held && now() - held.at < longest) return held.value
    throw trouble
  }

  return {
    async get() {
      const age = held ? now() - held.at : Number.POSITIVE_INFINITY
      if (age < fresh) return held!.value
      const read = readOnce()
      if (age >= waitedFor) await read
      return current()
    },
    async newer(seen) {
      if (held?.value === seen) await readOnce()
      return current()
    },
  }
}
