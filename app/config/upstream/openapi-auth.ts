/** How a REST service is shown who we are: what may be said in its `auth`. */
import { nearest } from '../../nearest.ts'
import { isMapping } from '../file.ts'
import { mask } from '../mask.ts'
import { kindOf } from '../problems.ts'
import { choice, orNull, text, url } from '../shapes.ts'
import { type Context, readerOf } from './entry.ts'
import { readSecret } from './secret.ts'

export type OpenapiAuth =
  | { readonly type: 'header' | 'query' | 'cookie'; readonly name: string; readonly value: string }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  | OAuth2

/** A machine's own sign-in (RFC 6749, section 4.4). */
export interface OAuth2 {
  readonly type: 'oauth2'
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string | null
}

/** What each type may say besides itself. */
export const authMembers = {
  header: ['name', 'value', 'value_file'],
  query: ['name', 'value', 'value_file'],
  cookie: ['name', 'value', 'value_file'],
  basic: ['username', 'password', 'password_file'],
  bearer: ['token', 'token_file'],
  oauth2: ['token_url', 'client_id', 'client_secret', 'client_secret_file', 'scope'],
}
type Type = keyof typeof authMembers

const authType = choice(['header', 'query', 'cookie', 'basic', 'bearer', 'oauth2'])
const headerName = text('a name of letters, digits and -', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/)
const line = /^[^\r\n]+$/

/**
 * @param raw what stands there
 * @returns null where nothing does, or something is wrong; everything that is wrong was reported
 */
export function readAuth(label: string, raw: unknown, context: Context): OpenapiAuth | null {
  const { report } = context
  if (raw === undefined || raw === null) return null
  if (!isMapping(raw)) {
    report(`${label}: auth must be a mapping with type, got ${kindOf(raw)}`)
    return null
  }
  const place = `${label}: auth`
  const reader = readerOf({ label: place, name: '', members: raw }, context)
  const { read } = reader
  const type: Type | '' = read('type', authType, '' as Type | '')
  if (!type) {
    if (!reader.has('type')) report(`${place} needs a type: ${authType.expected}`)
    return null
  }
  const known = ['type', ...authMembers[type]]
  for (const key of Object.keys(raw).filter((each) => !known.includes(each))) {
    const meant = nearest(key, known)
    report(`${place}: unknown key ${key}: ${meant ? `did you mean ${meant}?` : `known for ${type} are ${known.join(', ')}`}`)
  }
  let whole = true

  function needed(key: string, value: string | null): string {
    if (value !== null && line.test(value)) return value
    whole = false
    if (value !== null) report(`${place}: ${key} must be one line`)
    else if (!reader.has(key) && !reader.has(`${key}_file`)) report(`${place}: type ${type} needs ${key}`)
    return ''
  }
  const secret = (key: string) => needed(key, readSecret(place, reader, key, report))
  const plain = (key: string, shape = text()) => needed(key, read(key, orNull(shape), null))

  const auth = made()
  return whole ? auth : null

  function made(): OpenapiAuth {
    switch (type as Type) {
      case 'basic':
        return { type: 'basic', username: plain('username'), password: secret('password') }
      case 'bearer':
        return { type: 'bearer', token: secret('token') }
      case 'oauth2':
        return {
          type: 'oauth2',
          tokenUrl: plain('token_url', url(['http', 'https'], 'an http:// or https:// URL')),
          clientId: plain('client_id'),
          clientSecret: secret('client_secret'),
          scope: read('scope', orNull(text()), null),
        }
      default:
        return { type: type as 'header', name: plain('name', type === 'query' ? text() : headerName), value: secret('value') }
    }
  }
}

/** For people: without secrets. */
export function showAuth(auth: OpenapiAuth | null): object | null {
  if (!auth) return null
  const hidden = { value: mask, password: mask, token: mask, clientSecret: mask }
  return Object.fromEntries(Object.entries(auth).map(([key, value]) => [key, Object.hasOwn(hidden, key) ? mask : value]))
}
