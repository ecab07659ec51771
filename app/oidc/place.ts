/** Where a provider may be: what it says is only worth something when nobody on the way can say it in its place. */
import { isLoopback } from '../loopback.ts'

/** Whether this is a URL over TLS, or one on this machine, without a password in it. */
export function isSafePlace(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  return (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) && username === '' && password === ''
}
