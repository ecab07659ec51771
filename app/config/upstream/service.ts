/** What all systems behind plain HTTP have in common: where they are, what they are shown, and whom we trust there. */
import { mask, maskUrl, maskValues } from '../mask.ts'
import { kindOf } from '../problems.ts'
import { integer, orNull, path, seconds, url, yesNo } from '../shapes.ts'
import { namedTexts, type Reader, type Report } from './entry.ts'
import { readSecret } from './secret.ts'

export interface ServiceConfig {
  readonly url: string
  /** Sent with every request to that origin, and to no other. */
  readonly headers: Record<string, string>
  /** PEM files; null: what the system trusts, and no client certificate. */
  readonly tls: {
    readonly ca: string | null
    readonly cert: string | null
    readonly key: string | null
    readonly passphrase: string | null
  }
  /** Most connections to it at a time. */
  readonly connections: number
  /** Whether addresses that it names itself (a server in its document, a redirect) may be private ones. The url above always may. */
  readonly allowPrivate: boolean
  /** Seconds between two looks whether it is there, and after which its lists are read again. */
  readonly checkEvery: number
  readonly refresh: number
}

export const serviceMembers = [
  'url',
  'headers',
  'ca_file',
  'cert_file',
  'key_file',
  'key_passphrase',
  'key_passphrase_file',
  'connections',
  'allow_private',
  'check_every',
  'refresh',
]

const httpUrl = url(['http', 'https'], 'an http:// or https:// URL')

/**
 * @param known its url, for a kind that finds it in members of its own
 * @returns undefined where there is no url; everything that is wrong was reported
 */
export function readService(label: string, reader: Reader, report: Report, known?: string): ServiceConfig | undefined {
  const { has, read } = reader
  const address = known ?? read('url', httpUrl, '', (raw) => maskUrl(String(raw)))
  const tls = {
    ca: read('ca_file', orNull(path), null),
    cert: read('cert_file', orNull(path), null),
    key: read('key_file', orNull(path), null),
    passphrase: readSecret(label, reader, 'key_passphrase', report),
  }
  if ((tls.cert === null) !== (tls.key === null)) report(`${label}: cert_file and key_file go together: give both, or neither`)
  const service = {
    url: address,
    headers: read('headers', namedTexts, {}, kindOf),
    tls,
    connections: read('connections', integer(1, 1000), 32),
    allowPrivate: read('allow_private', yesNo, false),
    checkEvery: read('check_every', seconds('100ms', '1d'), 15),
    refresh: read('refresh', seconds('100ms', '1d'), 300),
  }
  if (address) return service
  if (!has('url')) report(`${label} needs a url`)
  return undefined
}

export const showService = ({ url, headers, tls, ...service }: ServiceConfig): object => ({
  ...service,
  url: maskUrl(url),
  headers: maskValues(headers),
  tls: { ...tls, passphrase: tls.passphrase === null ? null : mask },
})
