/** Numbers by which an open panel sees that there is something new to fetch, so that it asks for one small thing every few seconds and not for everything. */
import type { Slice } from '../app/metrics.ts'
import type { Yard } from '../app/yard.ts'
import type { HealthView } from './wire.ts'

/** @returns the numbers as they are now */
export function watchChanges(yard: Yard, closing: AbortSignal): () => HealthView['changes'] {
  let catalog = 0
  const stopListening = yard.catalog.onChange(() => catalog++)
  closing.addEventListener('abort', stopListening, { once: true })

  let calls = 0
  let errors = 0
  let known = new Map<number, Slice>()

  /** The metrics keep ten minutes; what was added since the last look makes numbers that only grow. */
  function addUp(): void {
    const recent = yard.metrics.recent()
    for (const slice of recent) {
      const before = known.get(slice.at)
      calls += slice.calls - (before?.calls ?? 0)
      errors += slice.errors - (before?.errors ?? 0)
    }
    known = new Map(recent.map((slice) => [slice.at, slice]))
  }

  return () => {
    addUp()
    return { catalog, calls, errors }
  }
}
