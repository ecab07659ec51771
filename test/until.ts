/** Waits for a condition, never for a time. */

/** Looks every few milliseconds until the condition holds; a throw counts as "not yet". Fails after `patience` ms with the name of what was awaited. */
export async function until(what: string, holds: () => unknown | Promise<unknown>, patience = 20_000): Promise<void> {
  const end = Date.now() + patience
  let last: unknown
  for (;;) {
    try {
      if (await holds()) return
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
