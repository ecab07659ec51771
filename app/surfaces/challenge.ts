/** What a 401 says about how to get a credential (RFC 9110, section 11.6.1; RFC 9728, section 5.1). */
import type { Failure } from '../errors.ts'

export function challengeOf({ data }: Failure): string {
  const metadata = data?.resource_metadata
  return typeof metadata === 'string' ? `Bearer resource_metadata="${metadata.replace(/["\\]/g, '')}"` : 'Bearer'
}
