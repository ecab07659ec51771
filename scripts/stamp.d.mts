/** Where a build leaves the hash of what it was made from. */
export const stampFile: string
/** A hash over the names and contents of everything that goes into a build. */
export function sourcesHash(): string
/** Whether dist/ is missing or was made from other sources. */
export function isStale(): boolean
