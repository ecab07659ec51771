/** Group commit: callers that want their row committed before they go on share one statement, and so one commit. */
import { statementSize, writeAll } from './refusals.ts'

export interface Group<T> {
  /** Resolves when the item is committed. @throws what kept it from being committed */
  put(item: T): Promise<void>
  waiting(): number
  /** Settles when nothing is waiting any more. */
  idle(): Promise<void>
}

interface Waiting<T> {
  readonly item: T
  done(): void
  fail(error: unknown): void
}

/** @param write puts all items into the database in one transaction */
export function createGroup<T>(write: (items: readonly T[]) => Promise<void>, bytesOf: (item: T) => number): Group<T> {
  const waiting: Waiting<T>[] = []
  let writing: Promise<void> | undefined

  async function writeNext(): Promise<void> {
    const group = waiting.splice(
      0,
      statementSize(waiting, ({ item }) => bytesOf(item)),
    )
    const refused = new Set<Waiting<T>>()
    try {
      await writeAll(
        group,
        (some) => write(some.map(({ item }) => item)),
        (one, error) => {
          refused.add(one)
          one.fail(error)
        },
      )
      for (const one of group) if (!refused.has(one)) one.done()
    } catch (error) {
      for (const one of group) one.fail(error)
    }
  }

  async function writeWaiting(): Promise<void> {
    // Whoever asks in this turn of the event loop comes along; who asks during a commit is in the next one.
    await new Promise(setImmediate)
    while (waiting.length > 0) await writeNext()
    writing = undefined
  }

  return {
    put: (item) =>
      new Promise<void>((done, fail) => {
        waiting.push({ item, done, fail })
        writing ??= writeWaiting()
      }),
    waiting: () => waiting.length,
    idle: () => writing ?? Promise.resolve(),
  }
}
