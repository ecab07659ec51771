/** Bounds how often somebody may try to sign in, wherever people do: one count for all ways, so that a second way in gives no more tries. */
import { countedAs } from './client-address.ts'
import { Failure } from './errors.ts'
import { tooMany } from './limited.ts'
import type { Windows } from './policies/limit.ts'

/** In any quarter of an hour, for a name and for an address. */
const tries = { limit: 10, window: 900 }
/** The same for sign-ins with a provider, which are no guesses: it is the provider who looks at passwords. */
const providerTries = { limit: 300, window: 900 }

/**
 * Counts one try.
 * @param name of whoever tries, with the system that knows the name, where it is not ours
 * @param address where the try comes from
 * @throws Failure `limited` after ten tries in a quarter of an hour; `unavailable` where the replicas cannot count together, because each
 *   of them would give ten more
 */
export async function countTry(windows: Windows, { name, address }: { name: string; address: string | null }): Promise<void> {
  if (address !== null) await take(windows, `address:${countedAs(address)}`)
  await take(windows, `name:${name}`)
}

async function take(windows: Windows, key: string): Promise<void> {
  const { allowed, retryAfter, alone } = await windows.take(`sign-in:${key}`, tries.limit, tries.window)
  if (alone)
    throw new Failure('unavailable', 'nobody can sign in just now, because tries cannot be counted: try again in a moment', {
      data: { retry_after: 2 },
    })
  if (!allowed) throw tooMany('tries', tries.limit, tries.window, retryAfter)
}

/** Counts a sign-in with a provider. Throws Failure `limited` after 300 in a quarter of an hour from one address; each replica may count for itself. */
export async function countProviderTry(windows: Windows, address: string): Promise<void> {
  const { limit, window } = providerTries
  const { allowed, retryAfter } = await windows.take(`sign-in:provider:${countedAs(address)}`, limit, window)
  if (!allowed) throw tooMany('tries', limit, window, retryAfter)
}
