/** Where the browser may be sent with a code. Whoever gets a code can call in the name of the person who signed in. */
import { isLoopback } from '../loopback.ts'

/** Schemes that never lead to a program of the person's own. */
const never = new Set(['javascript:', 'data:', 'file:', 'vbscript:', 'blob:', 'about:', 'http:', 'https:', 'ws:', 'wss:'])

/**
 * Programs on the person's machine are always allowed: they listen on a loopback address (RFC 8252, section 7.3, any port) or have a scheme of
 * their own. Web pages are allowed where the configuration lists them.
 * @param allowed addresses; one that ends in `*` allows all that begin like it, and of a loopback address the port does not count
 */
export function redirectFault(uri: string, allowed: readonly string[]): string | undefined {
  if (uri.length > 2_000 || !URL.canParse(uri)) return 'redirect_uri is no URL'
  const { protocol, hostname, username, password, hash, href } = new URL(uri)
  if (hash || username || password) return 'redirect_uri must have neither a fragment nor a user'
  if (protocol === 'http:' && isLoopback(hostname)) return undefined
  if (!never.has(protocol) && /^[a-z][a-z0-9+.-]*:$/.test(protocol)) return undefined
  // As a browser reads it: `..` leads out of what is allowed.
  if (allowed.some((entry) => allows(entry, href))) return undefined
  return `redirect_uri leads to ${protocol}//${hostname}, which is not allowed: add it to oauth2.allowed_redirect_uris`
}

const allows = (entry: string, uri: string): boolean =>
  entry.endsWith('*') ? plain(uri).startsWith(plain(entry.slice(0, -1))) : plain(uri) === plain(entry)

/** `https://a.example*` must not allow `https://a.example.evil.example`: a bare origin ends with its slash. */
const plain = (uri: string): string => uri.replace(/^(https?:\/\/[^/?#]+)$/i, '$1/')

/** Whether the second is the first, but for the port of a loopback address (RFC 8252, section 7.3). */
export function isSameRedirect(first: string, second: string): boolean {
  if (first === second) return true
  const [one, other] = [new URL(first), new URL(second)]
  if (!isLoopback(one.hostname) || !isLoopback(other.hostname)) return false
  one.port = other.port = ''
  return one.href === other.href
}
