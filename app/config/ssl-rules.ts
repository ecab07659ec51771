/** What belongs together in the section `ssl`. Whether its files are any good is looked at by whoever serves with them. */
import type { Settings } from './settings.ts'

/** As `brokenRules`. */
export function brokenSslRules(ssl: Settings['ssl'], origins: ReadonlyMap<string, string>): string[] {
  const problems: string[] = []
  const from = (path: string) => origins.get(path) ?? 'unknown'
  /** Whether nobody gave it; what was given and refused has been complained about. */
  const missing = (path: string) => from(path) === 'default'

  function demand(path: string, what: string, why: string): void {
    if (missing(path)) problems.push(`${path} must name ${what}, because ${why}`)
  }

  if (ssl.enabled) {
    const why = `ssl.enabled is true (${from('ssl.enabled')})`
    demand('ssl.cert_file', 'the certificate of this server', why)
    demand('ssl.key_file', 'the private key of this server', why)
  } else if (missing('ssl.enabled')) {
    // Somebody who has named a certificate believes that the ports are safe.
    const given = ['ssl.cert_file', 'ssl.key_file', 'ssl.ca_cert', 'ssl.mode'].find((path) => origins.has(path) && !missing(path))
    if (given) problems.push(`ssl.enabled must be given, because ${given} is (${from(given)}): true, or false to leave TLS off`)
  }
  if (!ssl.enabled && ssl.redirectPort !== null)
    problems.push(
      `ssl.redirect_port needs ssl.enabled: without TLS there is nothing to send anybody on to (${from('ssl.redirect_port')})`,
    )
  if (ssl.enabled && ssl.mode === 'mtls_only') {
    demand('ssl.ca_cert', 'who signs the certificates of clients', `ssl.mode is mtls_only (${from('ssl.mode')})`)
  }
  if (ssl.clients.length > 0 && missing('ssl.ca_cert')) {
    demand('ssl.ca_cert', 'who signs the certificates of clients', `ssl.clients is given (${from('ssl.clients')})`)
  }
  if (ssl.crlFile !== null && missing('ssl.ca_cert')) {
    demand('ssl.ca_cert', 'who signs the certificates of clients', `ssl.crl_file is given (${from('ssl.crl_file')})`)
  }
  return problems
}
