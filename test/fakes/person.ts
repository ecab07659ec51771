/** A person with a browser and a program that uses the official client: what happens when it is sent to sign in. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
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
