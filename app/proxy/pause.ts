/** A wait that can be cut short. */

export interface Pause {
  /** Settles after so many milliseconds, or when it is woken; without a time, only then. */
  wait(ms?: number): Promise<void>
  wake(): void
}

export function createPause(): Pause {
  let wakeUp: () => void = () => {}
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(done, ms)
        function done(): void {
          clearTimeout(timer)
          wakeUp = () => {}
          resolve()
        }
        wakeUp = done
      }),
    wake: () => wakeUp(),
  }
}
