/**
 * A small OAuth 2.1 authorization server that refuses what a real one refuses: unknown clients, other redirects, codes and refresh tokens
 * that were used before, a wrong verifier. It lets everybody in who comes with a browser.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Grant {
  readonly client: string
  readonly scope: string
  readonly resource: string
}
interface Code extends Grant {
  readonly redirect: string
  readonly challenge: string
}

export interface AuthorizationServer {
  readonly url: string
  /** What it was asked, in its order: `register`, `authorize`, `token refresh_token`, `refused invalid_grant`, ... */
  readonly asked: string[]
  /** Every token, code and secret that it gave. */
  readonly given: string[]
  /** Authorization headers that it was shown. */
  readonly shown: string[]
  /** Seconds that an access token lasts. */
  life: number
  /** What it calls itself when it sends a browser back. */
  iss: string
  /** It sends the next browser back with this error. */
  denial: string | undefined
  /** It does not answer at the token endpoint. */
  broken: boolean
  /** A client that need not register. */
  readonly known: { id: string; secret: string }
  /** The scopes of an access token that is good; undefined for others. */
  scopesOf(token: string): string[] | undefined
  /** No access token is good any more. */
  expire(): void
  /** Refresh tokens neither. */
  revoke(): void
  stop(): Promise<void>
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const clients = new Map<string, { secret: string; redirects: readonly string[] }>()
  const codes = new Map<string, Code>()
  const access = new Map<string, { scopes: string[]; until: number }>()
  const refreshing = new Map<string, Grant>()
  const known = { id: 'machine', secret: make('secret') }
  const asked: string[] = []
  const given: string[] = [known.secret]
  const shown: string[] = []

  function make(kind: string): string {
    return `${kind}-${randomBytes(18).toString('base64url')}`
  }
  function give(kind: string): string {
    const made = make(kind)
    given.push(made)
    return made
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  clients.set(known.id, { secret: known.secret, redirects: [] })

  const self: AuthorizationServer = {
    url,
    asked,
    given,
    shown,
    known,
    life: 3600,
    iss: url,
    denial: undefined,
    broken: false,
    scopesOf(token) {
      const found = access.get(token)
      return found && found.until > Date.now() ? found.scopes : undefined
    },
    expire: () => access.clear(),
    revoke() {
      access.clear()
      refreshing.clear()
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    if (request.headers.authorization) shown.push(request.headers.authorization)
    if (pathname === '/.well-known/oauth-authorization-server') return json(response, 200, metadata())
    if (pathname === '/register') return register(JSON.parse(await bodyOf(request)), response)
    if (pathname === '/authorize') return authorize(searchParams, response)
    if (pathname === '/token') return token(new URLSearchParams(await bodyOf(request)), request, response)
    response.writeHead(404).end()
  }

  const metadata = () => ({
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    registration_endpoint: `${url}/register`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic'],
    authorization_response_iss_parameter_supported: true,
  })

  function register({ redirect_uris }: { redirect_uris: string[] }, response: ServerResponse): void {
    asked.push('register')
    const id = make('client')
    const secret = give('secret')
    clients.set(id, { secret, redirects: redirect_uris })
    json(response, 201, { client_id: id, client_secret: secret, redirect_uris })
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    asked.push('authorize')
    const of = (name: string) => query.get(name) ?? ''
    const redirect = of('redirect_uri')
    const right =
      clients.get(of('client_id'))?.redirects.includes(redirect) && of('response_type') === 'code' && of('resource') !== ''
    // A wrong redirect is never followed.
    if (!right || of('code_challenge_method') !== 'S256' || of('code_challenge') === '')
      return void response.writeHead(400).end('no')
    const back = new URL(redirect)
    if (self.denial) back.searchParams.set('error', self.denial)
    else {
      const code = give('code')
      const grant = { client: of('client_id'), scope: of('scope'), resource: of('resource') }
      codes.set(code, { ...grant, redirect, challenge: of('code_challenge') })
      back.searchParams.set('code', code)
    }
    self.denial = undefined
    back.searchParams.set('state', of('state'))
    back.searchParams.set('iss', self.iss)
    response.writeHead(302, { location: back.href }).end()
  }

  function token(form: URLSearchParams, request: IncomingMessage, response: ServerResponse): void {
    const kind = form.get('grant_type') ?? ''
    asked.push(`token ${kind}`)
    if (self.broken) return void response.writeHead(503).end('later')
    const client = clientIn(request)
    if (client === undefined) return refuse(response, 401, 'invalid_client')
    const grant = grantFor(kind, client, form)
    if (!grant || form.get('resource') !== grant.resource) return refuse(response, 400, 'invalid_grant')
    const accessToken = give('access')
    access.set(accessToken, { scopes: grant.scope.split(' '), until: Date.now() + self.life * 1000 })
    const refresh = kind === 'client_credentials' ? {} : { refresh_token: give('refresh') }
    if (refresh.refresh_token) refreshing.set(refresh.refresh_token, grant)
    json(response, 200, {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: self.life,
      scope: grant.scope,
      ...refresh,
    })
  }

  function grantFor(kind: string, client: string, form: URLSearchParams): Grant | undefined {
    if (kind === 'client_credentials') return { client, scope: form.get('scope') ?? '', resource: form.get('resource') ?? '' }
    if (kind === 'refresh_token') {
      const used = form.get('refresh_token') ?? ''
      const grant = refreshing.get(used)
      if (grant?.client !== client) {
        // Used twice: somebody has stolen it, so nobody may go on.
        refreshing.clear()
        return undefined
      }
      refreshing.delete(used)
      return grant
    }
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    return code?.client === client && code.redirect === form.get('redirect_uri') && code.challenge === challenge
      ? code
      : undefined
  }

  function clientIn({ headers }: IncomingMessage): string | undefined {
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    const [id = '', secret] = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent)
    return clients.get(id)?.secret === secret ? id : undefined
  }

  function refuse(response: ServerResponse, status: number, error: string): void {
    asked.push(`refused ${error}`)
    json(response, status, { error })
  }
  return self
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
