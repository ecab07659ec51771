/**
 * A service that repeats all that it was shown, in every way there is, in every error that it answers. It says of itself that one can sign in at it,
 * and lets nobody in.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Telltale {
  readonly url: string
  /** How many requests came with a credential. */
  readonly heard: () => number
  stop(): Promise<void>
}

/** Everything of a request, as it is, decoded, and encoded once more. */
function repeated({ headers, url }: IncomingMessage): string {
  const said = Object.values(headers).flatMap((value) => {
    const text = String(value)
    const word = text.slice(text.indexOf(' ') + 1)
    const decoded = Buffer.from(word, 'base64').toString('utf8')
    return [text, word, decoded, decoded.slice(decoded.indexOf(':') + 1)]
  })
  const encoded = said.flatMap((text) => [encodeURIComponent(text), Buffer.from(`you said ${text}`).toString('base64')])
  return [url, ...said, ...encoded].join(' | ').slice(0, 3_000)
}

/** What a machine signs in with, shortest first: an answer that is too long is cut. */
function shown({ headers }: IncomingMessage, form: string): string {
  const basic = String(headers.authorization).replace(/^\w+ /, '')
  return [Buffer.from(basic, 'base64').toString().split(':').at(-1), basic, ...new URLSearchParams(form).values()].join(' | ')
}

const describedAt = (here: string) => ({
  issuer: here,
  authorization_endpoint: `${here}/authorize`,
  token_endpoint: `${here}/sign-in`,
  jwks_uri: `${here}/keys`,
  response_types_supported: ['code'],
  grant_types_supported: ['client_credentials', 'authorization_code'],
  token_endpoint_auth_methods_supported: ['client_secret_basic'],
})

export async function startTelltale(): Promise<Telltale> {
  let heard = 0
  const server = createServer((request, response) => {
    if (request.headers.authorization ?? request.headers['x-api-key']) heard++
    let form = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      form += text
    })
    request.on('end', () => {
      const here = `http://${request.headers.host}`
      const json = (status: number, body: object, headers = {}) =>
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
      const path = request.url?.split('?')[0] ?? ''
      if (path === '/guarded' && !request.headers.authorization)
        return json(
          401,
          {},
          { 'www-authenticate': `Bearer resource_metadata="${here}/.well-known/oauth-protected-resource/guarded"` },
        )
      if (path === '/.well-known/oauth-protected-resource/guarded')
        return json(200, { resource: `${here}/guarded`, authorization_servers: [here] })
      if (path === '/.well-known/openid-configuration' || path === '/.well-known/oauth-authorization-server')
        return json(200, describedAt(here))
      if (path === '/sign-in') return json(403, { error: 'invalid_client', error_description: shown(request, form) })
      const message = `no entry for ${repeated(request)}`
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message, data: { message } }, message })
      response
        .writeHead(500, message.replace(/[^\x20-\x7e]/g, '?').slice(0, 200), { 'content-type': 'application/json' })
        .end(body)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard: () => heard,
    async stop() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
