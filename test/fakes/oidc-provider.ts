/**
 * A small OpenID provider with real keys that refuses what a real one refuses: unknown clients, other redirects, a wrong secret, codes that were used
 * before, a wrong verifier. Whoever comes with a browser is signed in as `person`.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWTPayload } from 'jose'
import { algorithms, jwkOf, newKey, type SigningKey, seconds, sign } from './oidc-keys.ts'

export interface OidcProvider {
  readonly url: string
  /** What it was asked: `keys`, `discovery`, `authorize`, `token`, `refused ...`. */
  readonly asked: string[]
  /** In use now, one for each algorithm. */
  keys: SigningKey[]
  /** It hangs up on everybody. */
  away: boolean
  /** What it answers in place of its keys, as the text of a body. */
  hostileKeys: string | undefined
  /** It answers this in place of, or on top of, what is true. */
  metadata: Record<string, unknown>
  /** Who sits at the browser. */
  person: JWTPayload
  /** What the next ID tokens have in place of what is true; undefined leaves a claim out. */
  lies: Record<string, unknown>
  /** It sends browsers back with this error. */
  denial: string | undefined
  readonly client: { readonly id: string; readonly secret: string }
  /** Where it sends browsers back to. */
  readonly redirects: string[]
  /** A key of this algorithm. */
  key(alg: SigningKey['alg']): SigningKey
  /** A token for `switchyard`, right unless `claims` say otherwise. */
  token(claims?: Record<string, unknown>, key?: SigningKey, header?: Record<string, unknown>): Promise<string>
  stop(): Promise<void>
}

export async function startOidcProvider(): Promise<OidcProvider> {
  const codes = new Map<string, { redirect: string; challenge: string; nonce: string }>()
  const server = createServer((request, response) => {
    if (self.away) return void request.socket.destroy()
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const metadata = () => ({
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ['code'],
    id_token_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
  })

  const self: OidcProvider = {
    url,
    asked: [],
    keys: algorithms.map((alg) => newKey(`${alg}-1`, alg)),
    away: false,
    hostileKeys: undefined,
    metadata: {},
    person: { sub: 'ada-1', preferred_username: 'ada', groups: ['staff'] },
    lies: {},
    denial: undefined,
    client: { id: 'switchyard-panel', secret: 's3cret: with/odd+characters' },
    redirects: [],
    key: (alg) => self.keys.find((key) => key.alg === alg)!,
    token(claims = {}, key = self.key('RS256'), header = {}) {
      const now = seconds()
      const usual = { iss: url, aud: 'switchyard', sub: 'ada-1', groups: ['staff'], iat: now, exp: now + 300 }
      return sign(key, defined({ ...usual, ...claims }), header)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  return self

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', url)
    if (pathname === '/.well-known/openid-configuration') {
      self.asked.push('discovery')
      return json(response, 200, { ...metadata(), ...self.metadata })
    }
    if (pathname === '/keys') {
      self.asked.push('keys')
      if (self.hostileKeys !== undefined) return void response.writeHead(200).end(self.hostileKeys)
      return json(response, 200, { keys: await Promise.all(self.keys.map(jwkOf)) })
    }
    if (pathname === '/authorize') return authorize(searchParams, response)
    if (pathname === '/token') return token(new URLSearchParams(await bodyOf(request)), request, response)
    response.writeHead(404).end()
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    self.asked.push('authorize')
    const of = (name: string) => query.get(name) ?? ''
    const redirect = of('redirect_uri')
    const scopes = of('scope').split(' ')
    const wrong =
      of('client_id') !== self.client.id || !self.redirects.includes(redirect) || of('response_type') !== 'code'
        ? 'the client'
        : of('code_challenge_method') !== 'S256' || of('code_challenge').length !== 43
          ? 'PKCE'
          : !scopes.includes('openid') || of('nonce') === '' || of('state') === ''
            ? 'the request'
            : undefined
    // A wrong redirect is never followed.
    if (wrong) return refuse(response, 400, wrong)
    const back = new URL(redirect)
    back.searchParams.set('state', of('state'))
    back.searchParams.set('iss', url)
    if (self.denial) back.searchParams.set('error', self.denial)
    else {
      const code = randomBytes(18).toString('base64url')
      codes.set(code, { redirect, challenge: of('code_challenge'), nonce: of('nonce') })
      back.searchParams.set('code', code)
    }
    response.writeHead(302, { location: back.href }).end()
  }

  async function token(form: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    self.asked.push('token')
    if (!isClient(request, form)) return refuse(response, 401, 'invalid_client')
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const verifier = form.get('code_verifier') ?? ''
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const right = code?.challenge === challenge && code.redirect === form.get('redirect_uri')
    if (!right || form.get('grant_type') !== 'authorization_code') return refuse(response, 400, 'invalid_grant')
    const access = randomBytes(18).toString('base64url')
    const half = createHash('sha256').update(access).digest().subarray(0, 16).toString('base64url')
    const now = seconds()
    const usual = { iss: url, aud: self.client.id, iat: now, exp: now + 300, nonce: code.nonce, at_hash: half }
    const idToken = await sign(self.key('RS256'), defined({ ...self.person, ...usual, ...self.lies }))
    json(response, 200, { access_token: access, token_type: 'Bearer', expires_in: 300, id_token: idToken })
  }

  function isClient({ headers }: IncomingMessage, form: URLSearchParams): boolean {
    const { id, secret } = self.client
    const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1]
    if (basic === undefined) return form.get('client_id') === id && form.get('client_secret') === secret
    const pair = Buffer.from(basic, 'base64').toString().split(':')
    const decoded = pair.map((text) => new URLSearchParams(`x=${text}`).get('x'))
    return decoded.length === 2 && decoded[0] === id && decoded[1] === secret
  }

  function refuse(response: ServerResponse, status: number, error: string): void {
    self.asked.push(`refused ${error}`)
    json(response, status, { error })
  }
}

const defined = (claims: Record<string, unknown>): JWTPayload =>
  Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
