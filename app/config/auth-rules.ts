/** What belongs together in the section `auth`. Whether the provider answers is seen when somebody comes with a token of it. */
import { isSafePlace } from '../oidc/place.ts'
import type { Settings } from './settings.ts'

const callback = '/api/v1/auth/oidc/callback'

/** As `brokenRules`. */
export function brokenAuthRules(
  { auth: { oidc }, secretKey }: Pick<Settings, 'auth' | 'secretKey'>,
  origins: ReadonlyMap<string, string>,
): string[] {
  const problems: string[] = []
  const from = (path: string) => origins.get(path) ?? 'unknown'
  /** Whether nobody gave it; what was given and refused has been complained about. */
  const missing = (path: string) => from(path) === 'default'

  for (const [path, url] of [
    ['auth.oidc.issuer', oidc.issuer],
    ['auth.oidc.jwks_url', oidc.jwksUrl],
  ] as const) {
    if (url !== null && !isSafePlace(url))
      problems.push(`${path} must begin with https:// unless it is on this machine, and have no password in it (${from(path)})`)
  }
  if (oidc.issuer !== null && /[?#]/.test(oidc.issuer))
    problems.push(`auth.oidc.issuer must have no ? and no # in it (${from('auth.oidc.issuer')})`)
  if (oidc.redirectUrl !== null && !new URL(oidc.redirectUrl).pathname.endsWith(callback))
    problems.push(`auth.oidc.redirect_url must end in ${callback} (${from('auth.oidc.redirect_url')})`)

  if (missing('auth.oidc.issuer')) {
    // Somebody who has set up a part of it believes that it works.
    const given = [...origins.keys()].find((path) => path.startsWith('auth.oidc.') && !missing(path))
    if (given) problems.push(`auth.oidc.issuer must be given, because ${given} is (${from(given)}): the URL of the provider`)
    return problems
  }
  const why = `because auth.oidc.issuer is given (${from('auth.oidc.issuer')})`
  if (missing('auth.oidc.audience'))
    problems.push(
      `auth.oidc.audience must be what tokens for this server have in "aud", ${why}: others' tokens would be taken too`,
    )
  if (missing('auth.oidc.scope_map') && missing('auth.oidc.client_id'))
    problems.push(`auth.oidc.scope_map must say what the holders of tokens may do, or auth.oidc.client_id be given, ${why}`)
  if (missing('auth.oidc.client_id') && !missing('auth.oidc.client_secret'))
    problems.push(
      `auth.oidc.client_id must be given, because auth.oidc.client_secret is (${from('auth.oidc.client_secret')}): what this server is called there`,
    )
  if (oidc.clientId !== null && secretKey === null && missing('secret_key'))
    problems.push(
      `secret_key must be set, because people sign in with a provider (auth.oidc.client_id, ${from('auth.oidc.client_id')}): make one with \`openssl rand -base64 48\` and put it into SECRET_KEY`,
    )
  return problems
}
