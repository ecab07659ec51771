/** Tells a row that can never be stored from a database that is away, and saves the others from it. */

/** Classes of SQLSTATE that blame the data: a bad value, a broken constraint, something too large or too deep. */
const dataClasses = new Set(['22', '23', '54'])

export function blamesTheData(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && code.length === 5 && dataClasses.has(code.slice(0, 2))
}

/**
 * Writes all items at once; where the database refuses the data, halves them until the bad ones stand alone.
 * @param refused is handed each item that cannot be stored
 * @throws what has nothing to do with the data, such as a lost connection: then nothing is known about the rest
 */
export async function writeAll<T>(
  items: readonly T[],
  write: (items: readonly T[]) => Promise<void>,
  refused: (item: T, error: unknown) => void,
): Promise<void> {
  try {
    await write(items)
  } catch (error) {
    if (!blamesTheData(error)) throw error
    if (items.length === 1) {
      refused(items[0]!, error)
      return
    }
    const half = Math.ceil(items.length / 2)
    await writeAll(items.slice(0, half), write, refused)
    await writeAll(items.slice(half), write, refused)
  }
}

/** How many items from the front make one statement. @param most never more than these */
export function statementSize<T>(items: readonly T[], bytesOf: (item: T) => number, most = 1_000): number {
  let bytes = 0
  let count = 0
  while (count < items.length && count < most) {
    bytes += bytesOf(items[count]!)
    if (bytes > 2_000_000 && count > 0) break
    count++
  }
  return count
}
