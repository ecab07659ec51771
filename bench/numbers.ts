/** The few figures that a row of measurements comes to. */

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** @param sorted the smallest first */
export const percentile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!

/** The median, and in brackets how far the values lie apart, so that a reader sees what is noise. */
export function spread(values: readonly number[], digits = 0): string {
  const middle = median(values).toFixed(digits)
  return values.length < 2
    ? middle
    : `${middle} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`
}
