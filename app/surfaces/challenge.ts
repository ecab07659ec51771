/** What a 401 or a 403 says about how to get a credential, or a better one (RFC 9110, section 11.6.1; RFC 6750, section 3; RFC 9728, section 5.1). */
import type { Failure } from '../errors.ts'

/**
 * Made of the `data` of the failure: `resource_metadata`, `scope`, and of a 401 `error`.
 * @returns the header `WWW-Authenticate`; undefined where no credential would help
 */
export function challengeOf({ code, data }: Failure): string | undefined {
  const refused = code === 'forbidden'
  if (refused && data?.scope === undefined) return undefined
  const said = {
    error: refused ? 'insufficient_scope' : data?.error,
    scope: data?.scope,
    resource_metadata: data?.resource_metadata,
  }
  const parts = Object.entries(said).filter(([, value]) => typeof value === 'string')
  const text = parts.map(([name, value]) => `${name}="${String(value).replace(/["\\]/g, '')}"`).join(', ')
  return text ? `Bearer ${text}` : 'Bearer'
}
