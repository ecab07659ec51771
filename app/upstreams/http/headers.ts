/** The headers that are configured for a server: checked before the first request, and kept out of every text that is shown. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import { isSecretName } from '../../redact.ts'
import { masked } from '../../secrets.ts'

export type HeaderMap = Readonly<Record<string, string>>

/** Shorter values are words that may well stand in a text for another reason. */
const shortestSecret = 8

export const lowerCase = (headers: HeaderMap): HeaderMap =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/**
 * What goes with every request: names in lower case; a user and password in the URL become what they mean.
 * Throws where HTTP does not allow a name or a value; the text names the header and does not show its value.
 */
export function headersFor(url: URL, configured: HeaderMap): HeaderMap {
  for (const [name, value] of Object.entries(configured)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  const { username, password } = url
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return {
    'user-agent': 'switchyard',
    ...(username || password ? { authorization: `Basic ${basic}` } : {}),
    ...lowerCase(configured),
    'accept-encoding': 'identity',
  }
}

/** Those that look like credentials. */
export const credentialsIn = (headers: HeaderMap): string[] =>
  Object.keys(headers).filter((name) => isSecretName(name) || /auth|key|token/.test(name))

/** Takes out of a server's text what it may have repeated: configured values, also without the `Bearer` in front, and what the URL holds. */
export function hiding(url: URL, configured: HeaderMap): (text: string) => string {
  const values = [...Object.values(configured), decodeURIComponent(url.password), ...url.searchParams.values()]
  const secrets = values.flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)])
  const long = secrets.filter((secret) => secret.length >= shortestSecret)
  return (text) => long.reduce((shown, secret) => shown.replaceAll(secret, masked), text)
}
