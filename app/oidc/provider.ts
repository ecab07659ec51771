/** What we know of an OpenID provider: where things are (OpenID Connect Discovery 1.0), and its keys. */
import type { Json } from '../call.ts'
import type { Config } from '../config.ts'
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

/**
 * Asks nobody before the first token or the first person comes.
 * @param now milliseconds, as Date.now()
 * @returns undefined where none is configured
 */
export function createProvider(settings: Config['auth']['oidc'], log: Log, now = Date.now): Provider | undefined {
  const { issuer, jwksUrl } = settings
  if (issuer === null) return undefined
  return providerAt(issuer, jwksUrl, log.with({ issuer }), now)
}

function providerAt(issuer: string, jwksUrl: string | null, log: Log, now: () => number): Provider {
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
