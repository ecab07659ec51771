/** How we sign in at an upstream that wants it: what may be said in its `oauth`. All of it may be left out. */
import { nearest } from '../../nearest.ts'
import { kindOf, shown } from '../problems.ts'
import { choice, type Shape, text, url } from '../shapes.ts'
import { type Context, readerOf } from './entry.ts'
import { readSecret } from './secret.ts'

export interface OAuthConfig {
  /** `authorization_code`: a person signs in with a browser; `client_credentials`: nobody is needed. */
  grant: 'authorization_code' | 'client_credentials'
  /** As it was registered at the authorization server; null: we register ourselves. */
  clientId: string | null
  clientSecret: string | null
  /** Words separated by spaces; null: what the server asks for. */
  scope: string | null
  /** A document about us at this URL, which is the client id where the authorization server takes such. */
  clientMetadataUrl: string | null
  /** Where the browser comes back to; null: where the panel is. */
  redirectUrl: string | null
}

const webUrl = url(['http', 'https'], 'an http:// or https:// URL')
const shapes = {
  grant: choice(['authorization_code', 'client_credentials']),
  client_id: text(),
  client_secret: text(),
  scope: text('words separated by single spaces', /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/),
  client_metadata_url: text('an https:// URL with a path', /^https:\/\/[^/\s]+\/\S+$/),
  redirect_url: webUrl,
} satisfies Record<string, Shape<string>>

export const oauthMembers = [...Object.keys(shapes), 'client_secret_file']

const aboutClients = new Set(['callback_port', 'auth_server_metadata_url'])

/**
 * @param raw what stands there; true is the same as nothing but the wish
 * @returns undefined where nothing does; everything that is wrong was reported
 */
export function readOAuth(label: string, raw: unknown, context: Context): OAuthConfig | false | undefined {
  const { report } = context
  if (raw === undefined || raw === null) return undefined
  if (raw === false) return false
  if (raw !== true && (typeof raw !== 'object' || Array.isArray(raw))) {
    report(`${label}: oauth must be false, or a mapping with some of ${Object.keys(shapes).join(', ')}, got ${kindOf(raw)}`)
    return undefined
  }
  // AI clients write clientId, and have members that are about themselves.
  const written = raw === true ? [] : Object.entries(raw as Record<string, unknown>)
  const named = written.map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value])
  const members: Record<string, unknown> = Object.fromEntries(named.filter(([key]) => !aboutClients.has(String(key))))
  for (const key of Object.keys(members).filter((each) => !oauthMembers.includes(each))) {
    const meant = nearest(key, oauthMembers)
    report(
      `${label}: unknown key oauth.${key}: ${meant ? `did you mean ${meant}?` : `known here are ${oauthMembers.join(', ')}`}`,
    )
  }

  function read<T extends string>(key: keyof typeof shapes, shape: Shape<T>): T | null {
    const given = members[key]
    if (given === undefined || given === null) return null
    const value = shape.read(given, { directory: '', home: '' })
    const got = key === 'client_secret' ? kindOf(given) : shown(given)
    if (value === undefined) report(`${label}: oauth.${key} must be ${shape.expected}, got ${got}`)
    return value ?? null
  }

  function clientSecret(): string | null {
    if (members.client_secret_file === undefined) return read('client_secret', shapes.client_secret)
    const place = `${label}: oauth`
    return readSecret(place, readerOf({ label: place, name: '', members }, context), 'client_secret', report)
  }

  const oauth: OAuthConfig = {
    grant: read('grant', shapes.grant) ?? 'authorization_code',
    clientId: read('client_id', shapes.client_id),
    clientSecret: clientSecret(),
    scope: read('scope', shapes.scope),
    clientMetadataUrl: read('client_metadata_url', shapes.client_metadata_url),
    redirectUrl: read('redirect_url', shapes.redirect_url),
  }
  if (oauth.grant === 'client_credentials' && (oauth.clientId === null || oauth.clientSecret === null))
    report(`${label}: oauth with grant: client_credentials needs client_id and client_secret`)
  if (oauth.clientSecret !== null && oauth.clientId === null) report(`${label}: oauth.client_secret needs client_id`)
  return oauth
}
