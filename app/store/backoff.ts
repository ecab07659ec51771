/** How long to wait before the database is tried again. */

/** Milliseconds after so many failures in a row: 0.5 s doubling to 2 s, with jitter, so that replicas do not come back as one. */
export const pauseAfter = (failures: number): number =>
  Math.min(2_000, 500 * 2 ** Math.max(0, failures - 1)) * (0.5 + Math.random() / 2)
