/** What database.ts needs to know of the place that the data is in. */
import type pg from 'pg'
import type { WatchedPool } from './pool.ts'

/** A database that can be used now. */
export interface Usable {
  /** Settles when it has to be prepared again; absent where connections come back by themselves. */
  readonly gone?: Promise<unknown>
}

/** Where the connections lead, and what has to be done before they are of use. */
export interface Source {
  readonly mode: 'postgresql' | 'embedded'
  readonly connections: pg.PoolConfig
  /** Milliseconds that it may take to answer the smallest question. */
  readonly slowest: number
  /** Milliseconds that a start waits for the first success. */
  readonly patience: number
  /**
   * Makes the database usable; until then the pool answers nobody but `ask`. Called again after a failure, and after `gone` settled.
   * @throws Failure for what waiting does not mend: at the start it ends the start
   */
  prepare(pool: WatchedPool, stopping: AbortSignal): Promise<Usable>
  /** @throws Failure for a statement that must not be sent now */
  admit?(statement: string): void
  /** Why it is only read just now. */
  short?(): string | undefined
  stop?(): Promise<void>
}
