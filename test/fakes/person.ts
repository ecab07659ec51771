/** A person with a browser and a program that uses the official client: what happens when it is sent to sign in. */
import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'

export interface Credentials {
  readonly username: string
  readonly password: string
  readonly realm?: string
}

/** The program's memory. */
export class Program implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:18999/callback'
  clientMetadataUrl?: string
  readonly clientMetadata = { client_name: 'a program', redirect_uris: [this.redirectUrl] }
  page: URL | undefined
  kept: OAuthTokens | undefined
  #client: OAuthClientInformationMixed | undefined
  #verifier = ''
  clientInformation = () => this.#client
  saveClientInformation = (client: OAuthClientInformationMixed) => {
    this.#client = client
  }
  tokens = () => this.kept
  saveTokens = (tokens: OAuthTokens) => {
    this.kept = tokens
  }
  redirectToAuthorization = (page: URL) => {
    this.page = page
  }
  saveCodeVerifier = (verifier: string) => {
    this.#verifier = verifier
  }
  codeVerifier = () => this.#verifier
  state = () => 'the state'
  /** Where it found who lets it in, so that it can tell whether the answer comes from there (RFC 9207). */
  #found: OAuthDiscoveryState | undefined
  saveDiscoveryState = (found: OAuthDiscoveryState) => {
    this.#found = found
  }
  discoveryState = () => this.#found
  invalidateCredentials = (what: string) => {
    if (what === 'all' || what === 'client') this.#client = undefined
    if (what === 'all' || what === 'tokens') this.kept = undefined
  }
}

/** Fills in the form as a browser does. */
export async function fillIn(page: URL, { username, password, realm }: Credentials): Promise<Response> {
  const shown = await fetch(page)
  const text = await shown.text()
  if (shown.status !== 200) throw new Error(`the page says ${shown.status}: ${text}`)
  const hidden = [...text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
  const fields = hidden.map(([, name, value]): [string, string] => [name!, value!.replaceAll('&amp;', '&')])
  const body = new URLSearchParams([...fields, ['username', username], ['password', password]])
  if (realm) body.set('realm', realm)
  return fetch(new URL(page.pathname, page), { method: 'POST', body, redirect: 'manual', headers: { origin: page.origin } })
}

export interface Decision {
  readonly decision?: 'allow' | 'deny'
  /** Those that are left ticked; what is ticked already without it. */
  readonly scopes?: readonly string[]
}

/** What the page that asks for consent has in it. */
export interface Asked {
  readonly page: URL
  readonly text: string
  readonly sealed: string
  /** What can be ticked, and whether it is. */
  readonly scopes: ReadonlyMap<string, boolean>
}

/** Signs in and reads what comes then. */
export async function signInAt(page: URL, who: Credentials): Promise<Asked> {
  const answer = await fillIn(page, who)
  const text = await answer.text()
  const sealed = /name="consent" value="([^"]+)"/.exec(text)?.[1]
  if (answer.status !== 200 || !sealed) throw new Error(`was not asked: ${answer.status} ${text}`)
  const ticks = [...text.matchAll(/name="scope" value="(\w+)"\s*(checked)?/g)]
  return { page, text, sealed, scopes: new Map(ticks.map(([, scope, checked]) => [scope!, checked !== undefined])) }
}

export function decide(asked: Asked, { decision = 'allow', scopes }: Decision = {}): Promise<Response> {
  const { page, sealed } = asked
  const ticked = scopes ?? [...asked.scopes].filter(([, checked]) => checked).map(([scope]) => scope)
  const body = new URLSearchParams({ consent: sealed, decision })
  for (const scope of ticked) body.append('scope', scope)
  return fetch(new URL('authorize/consent', page), {
    method: 'POST',
    body,
    redirect: 'manual',
    headers: { origin: page.origin },
  })
}

/** Signs in, decides, and gives what the program is told. */
export async function letIn(page: URL, who: Credentials, decision?: Decision): Promise<URLSearchParams> {
  const answer = await decide(await signInAt(page, who), decision)
  const location = answer.headers.get('location')
  if (!location) throw new Error(`led nowhere: ${answer.status} ${await answer.text()}`)
  return new URL(location).searchParams
}

/** Connects as the official client does: refused, sent to the page, back with a code, and in. */
export async function connectSigningIn(
  url: string,
  who: Credentials,
  { wire = 'http', program = new Program() }: { wire?: 'http' | 'sse'; program?: Program } = {},
): Promise<{ client: Client; program: Program }> {
  const transport = () =>
    wire === 'http'
      ? new StreamableHTTPClientTransport(new URL('/mcp', url), { authProvider: program })
      : new SSEClientTransport(new URL('/sse', url), { authProvider: program })
  const first = transport()
  const refused = await new Client({ name: 'test', version: '1' }).connect(first).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(refused instanceof UnauthorizedError) || !program.page) throw new Error(`was not sent to sign in: ${String(refused)}`)
  const back = await fillIn(program.page, who)
  const location = back.headers.get('location')
  if (!location) throw new Error(`was not let in: ${back.status} ${await back.text()}`)
  const { searchParams } = new URL(location)
  if (searchParams.get('state') !== 'the state') throw new Error('the state got lost')
  await first.finishAuth(searchParams.get('code')!)
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport())
  return { client, program }
}

/** With what the program kept; it asks nobody. */
export async function reconnect(url: string, program: Program): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { authProvider: program }))
  return client
}
