/** What we know of an OpenID provider: where things are (OpenID Connect Discovery 1.0), and its keys. */
import type { Json } from '../call.ts'
import type { Log } from '../log.ts'
import { readFromProvider } from './ask.ts'
import { type KeySet, keySetOf } from './keys.ts'
import { createLasting, type Lasting } from './lasting.ts'
import { isSafePlace } from './place.ts'

export interface Provider {
  /** To the letter as in `iss`. */
  readonly issuer: string
  readonly metadata: Lasting<Json>
  readonly keys: Lasting<KeySet>
}

export interface ProviderOptions {
  readonly issuer: string
  /** Where its keys are; null: where it says. */
  readonly jwksUrl: string | null
  readonly log: Log
  /** Milliseconds, as Date.now(). */
  readonly now?: () => number
}

/** Asks nobody before the first token or the first person comes. */
export function createProvider({ issuer, jwksUrl, log: given, now = Date.now }: ProviderOptions): Provider {
  const log = given.with({ issuer })

  async function discover(): Promise<Json> {
    const found = await readFromProvider(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
    // Section 4.3: else one provider could speak for another.
    if (found.issuer !== issuer)
      throw new Error(`it says that it is ${JSON.stringify(found.issuer)?.slice(0, 200)}, not ${issuer}`)
    return found
  }

  async function readKeys(): Promise<KeySet> {
    const url = jwksUrl ?? placeIn(await metadata.get(), 'jwks_uri')
    return keySetOf(await readFromProvider(url))
  }

  const metadata = createLasting({ what: 'configuration of the provider', read: discover, log, now })
  const keys = createLasting({ what: 'keys of the provider', read: readKeys, log, now })
  return { issuer, metadata, keys }
}

/** A URL that the provider tells. @throws Error where it has none, or one that nobody should be sent to */
export function placeIn(metadata: Json, name: string): string {
  const url = metadata[name]
  if (isSafePlace(url)) return url
  throw new Error(`its ${name} is ${url === undefined ? 'missing' : 'not a https:// URL'}`)
}
