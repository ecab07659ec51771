/** What a client says of itself, when it registers or in a document of its own. Whoever reads it later was told nothing more. */
import { Failure } from '../errors.ts'

/** How a client describes itself, when it registers or in its document (RFC 7591, section 2). */
export interface Description {
  readonly name?: string
  readonly redirectUris: readonly string[]
}

const mostRedirects = 20
/** Characters; more would not fit into an address. */
const longest = 3_000

/**
 * @param said the parsed JSON
 * @throws Failure `invalid_params`, with `data.error` in the words of RFC 7591, section 3.2.2
 */
export function descriptionIn(said: Record<string, unknown>): Description {
  const { client_name: name, redirect_uris: uris, token_endpoint_auth_method: method = 'none' } = said
  if (!Array.isArray(uris) || uris.length === 0 || uris.length > mostRedirects || !uris.every((uri) => typeof uri === 'string'))
    throw wrong('invalid_redirect_uri', `redirect_uris must be a list of 1 to ${mostRedirects} URLs`)
  if (uris.join('').length > longest)
    throw wrong('invalid_redirect_uri', `redirect_uris must have at most ${longest} characters in all`)
  if (method !== 'none')
    throw wrong('invalid_client_metadata', 'token_endpoint_auth_method must be none: clients here have no secret')
  const shown = typeof name === 'string' ? plainName(name) : ''
  return { ...(shown ? { name: shown } : {}), redirectUris: uris }
}

/** Without what cannot be seen, or turns the text around it. */
const plainName = (name: string): string => [...name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()].slice(0, 100).join('')

const wrong = (error: string, message: string) => new Failure('invalid_params', message, { data: { error } })
