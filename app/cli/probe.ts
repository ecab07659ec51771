/** One thing that `check` tries, and what came of it. */
import { reasonOf } from '../reason.ts'

export interface Probe {
  /** Short: the first column of the table. */
  readonly name: string
  /** Which kind of thing it is. */
  readonly what: string
  /**
   * Tries it.
   * @returns what was found, in a few words
   * @throws Skip where there was nothing to try, any other error when it does not work
   */
  attempt(signal: AbortSignal): Promise<string>
}

export interface Finding {
  readonly name: string
  readonly what: string
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly detail: string
  /** null where nothing was tried. */
  readonly ms: number | null
}

/** There was nothing to try; the message says why. */
export class Skip extends Error {}

/** Never throws: a failure is a finding too. */
export async function look({ name, what, attempt }: Probe, signal: AbortSignal): Promise<Finding> {
  const began = performance.now()
  try {
    const detail = await attempt(signal)
    return { name, what, state: 'ok', detail, ms: Math.round(performance.now() - began) }
  } catch (error) {
    if (error instanceof Skip) return { name, what, state: 'skipped', detail: error.message, ms: null }
    return { name, what, state: 'failed', detail: reasonOf(error), ms: Math.round(performance.now() - began) }
  }
}
