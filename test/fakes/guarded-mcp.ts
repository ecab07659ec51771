/** The fake MCP server, for those alone who have a token of its authorization server. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts'
import { type HttpFake, startHttpFake } from './mcp-http.ts'
import type { FakeSpec } from './mcp-server.ts'

export interface GuardedMcp {
  readonly mcp: HttpFake
  readonly url: string
  readonly authorization: AuthorizationServer
  /** Authorization headers that it was shown, each once. */
  readonly shown: Set<string>
  /** Which authorization server it names. */
  announced: string
  /** What a token must be good for, beside `read`. */
  demand: string | undefined
  stop(): Promise<void>
}

export async function startGuardedMcp(spec: FakeSpec = {}): Promise<GuardedMcp> {
  const authorization = await startAuthorizationServer()
  const shown = new Set<string>()
  const mcp = await startHttpFake(spec, guard)
  const wellKnown = '/.well-known/oauth-protected-resource'
  const self: GuardedMcp = {
    mcp,
    url: `${mcp.url}/mcp`,
    authorization,
    shown,
    announced: authorization.url,
    demand: undefined,
    async stop() {
      await mcp.stop()
      await authorization.stop()
    },
  }

  function guard(request: IncomingMessage, response: ServerResponse): boolean {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const said = request.headers.authorization
    if (said) shown.add(said)
    if (pathname.startsWith(wellKnown)) {
      const metadata = {
        resource: mcp.url + pathname.slice(wellKnown.length),
        authorization_servers: [self.announced],
        scopes_supported: ['read'],
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata))
      return false
    }
    if (!['/mcp', '/sse', '/messages'].includes(pathname)) {
      response.writeHead(404).end()
      return false
    }
    const scopes = authorization.scopesOf(said?.replace('Bearer ', '') ?? '')
    const challenge = `resource_metadata="${mcp.url}${wellKnown}${pathname}"`
    if (!scopes) {
      response.writeHead(401, { 'www-authenticate': `Bearer scope="read", ${challenge}` }).end()
      return false
    }
    if (self.demand && !scopes.includes(self.demand)) {
      const wanted = `Bearer error="insufficient_scope", scope="${self.demand}", ${challenge}`
      response.writeHead(403, { 'www-authenticate': wanted }).end()
      return false
    }
    return true
  }
  return self
}
