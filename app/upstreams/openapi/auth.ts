/** Who we are, as one service wants to be shown it. */

import type { OpenapiConfig } from '../../config/upstream/openapi.ts'
import type { OpenapiAuth } from '../../config/upstream/openapi-auth.ts'
import type { Supplied } from './parameters.ts'
import type { Shown } from './request.ts'
import { encoded } from './serialize.ts'
import type { Tokens } from './tokens.ts'

const nothing: Shown = { headers: {}, query: [], cookies: [] }

/** @param tokens where they are what is shown. Throws what kept us from having one */
export async function shownFor(auth: OpenapiAuth | null, tokens: Tokens | undefined, signal: AbortSignal): Promise<Shown> {
  switch (auth?.type) {
    case undefined:
      return nothing
    case 'header':
      return { ...nothing, headers: { [auth.name.toLowerCase()]: auth.value } }
    case 'query':
      return { ...nothing, query: [`${encoded(auth.name)}=${encoded(auth.value)}`] }
    case 'cookie':
      return { ...nothing, cookies: [`${auth.name}=${auth.value}`] }
    case 'basic':
      return bearing(`Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`)
    case 'bearer':
      return bearing(`Bearer ${auth.token}`)
    case 'oauth2':
      return bearing(`Bearer ${await tokens!.get(signal)}`)
  }
}

const bearing = (authorization: string): Shown => ({ ...nothing, headers: { authorization } })

/** What is configured, for people: without its value. */
export function credentialInWords({ auth, service }: OpenapiConfig): string | undefined {
  const headers = Object.keys(service.headers)
  const words = [
    auth && inWords(auth),
    headers.length ? `${headers.length === 1 ? 'the header' : 'the headers'} ${headers.join(', ')}` : undefined,
    service.tls.cert === null ? undefined : 'a client certificate',
  ]
  return words.filter(Boolean).join(', and ') || undefined
}

function inWords(auth: OpenapiAuth): string {
  switch (auth.type) {
    case 'basic':
      return 'a user name and a password (auth, basic)'
    case 'bearer':
      return 'a token (auth, bearer)'
    case 'oauth2':
      return `a token from ${new URL(auth.tokenUrl).origin} (auth, oauth2)`
    default:
      return `the ${auth.type === 'query' ? 'query parameter' : auth.type} ${auth.name} (auth)`
  }
}

/** Names that no tool has to ask for, because the configuration gives them. */
export function suppliedBy({ auth, service }: OpenapiConfig): Supplied {
  const named = (type: OpenapiAuth['type']) => (auth?.type === type && 'name' in auth ? [auth.name.toLowerCase()] : [])
  return {
    header: [...Object.keys(service.headers).map((name) => name.toLowerCase()), ...named('header')],
    query: named('query'),
    cookie: named('cookie'),
  }
}

/** Whether anything is configured that is for one service alone. */
export function isSecretive({ auth, service }: OpenapiConfig): boolean {
  const { username, password } = new URL(service.url)
  return auth !== null || Object.keys(service.headers).length > 0 || service.tls.cert !== null || Boolean(username || password)
}

/** Values that must not be seen in a text. */
export function secretsIn(auth: OpenapiAuth | null, tokens: Tokens | undefined): string[] {
  if (!auth) return []
  const own =
    'value' in auth ? [auth.value] : 'password' in auth ? [auth.password] : 'token' in auth ? [auth.token] : [auth.clientSecret]
  return [...own, ...(tokens?.last ? [tokens.last] : [])]
}
