/** What is promised to browsers: whose pages may read what, what every answer says about itself, and how one comes to TLS. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeCa } from './fakes/certificates.ts'
import { handshake } from './fakes/wire.ts'
import { start, type TestSystem } from './start.ts'

const friend = 'https://app.example'

let system: TestSystem
beforeAll(async () => {
  system = await start({ env: { MCP_CORS_ORIGINS: `${friend}, HTTP://Localhost:6274` } })
})
afterAll(() => system.stop())

const preflight = (
  path: string,
  origin = friend,
  headers = 'authorization,content-type,mcp-protocol-version,mcp-param-region,x-evil',
) =>
  fetch(system.url + path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
  })

describe('a page of an origin that is listed', () => {
  test.each(['/mcp', '/sse', '/messages', '/cmd', '/api/commands/status', '/token', '/.well-known/oauth-protected-resource'])(
    'may ask whether it may call %s, with the headers of MCP and no others',
    async (path) => {
      const response = await preflight(path)
      expect(response.status).toBe(204)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'access-control-allow-origin': friend,
        'access-control-allow-methods': 'GET, HEAD, POST, DELETE, OPTIONS',
        'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version, mcp-param-region',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      })
      expect(response.headers.has('access-control-allow-credentials')).toBe(false)
    },
  )

  test('reads the answer, with the id of its session', async () => {
    const response = await fetch(`${system.url}/mcp`, {
      method: 'POST',
      headers: { origin: friend, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify(handshake()),
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('access-control-allow-origin')).toBe(friend)
    expect(response.headers.get('access-control-expose-headers')).toContain('Mcp-Session-Id')
    expect(response.headers.get('vary')).toContain('Origin')
    await response.text()
  })

  test('is an official client all the way', async () => {
    const client = new Client({ name: 'page', version: '1' })
    const requestInit = { headers: { origin: 'http://localhost:6274' } }
    await client.connect(new StreamableHTTPClientTransport(new URL(`${system.url}/mcp`), { requestInit }))
    expect((await client.listTools()).tools.length).toBeGreaterThan(0)
    await client.close()
  })

  test('may not read pages for people, and nothing of the admin port', async () => {
    const docs = await fetch(`${system.url}/docs`, { headers: { origin: friend } })
    expect(docs.headers.has('access-control-allow-origin')).toBe(false)
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const response = await fetch(`${system.adminUrl}/api/v1/auth/me`, { method, headers: { origin: friend } })
      expect(response.status).toBe(403)
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})

test.each(['https://evil.example', 'https://app.example.evil.example', 'https://app.example:8443', 'http://app.example', 'null'])(
  'a page of %s is refused, and its browser is allowed nothing',
  async (origin) => {
    const response = await preflight('/mcp', origin)
    expect(response.status).toBe(403)
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  },
)

test.each(['*', 'https://*.example', 'https://app.example/path', 'app.example'])('cors_origins may not be %s', async (origin) => {
  const reason = /server.cors_origins must be a list of origins such as https:\/\/app.example .* \* is none, because/
  await expect(start({ env: { MCP_CORS_ORIGINS: origin } })).rejects.toThrow(reason)
})

describe('without an Origin', () => {
  const from = (site: string, more: Record<string, string> = {}) => ({ 'sec-fetch-site': site, ...more })

  test.each([
    ['a script or a picture of another site', '/api/commands', from('cross-site', { 'sec-fetch-dest': 'script' })],
    ['one from another port of this machine', '/openapi.json', from('same-site', { 'sec-fetch-dest': 'image' })],
    ['a frame of another site', '/docs', from('cross-site', { 'sec-fetch-dest': 'iframe' })],
    ['a window of another site that would open a stream', '/sse', from('cross-site', { 'sec-fetch-dest': 'document' })],
  ])('%s is refused', async (_, path, headers) => {
    expect(await statusOf(system.url + path, headers)).toBe(403)
  })

  test('somebody who follows a link comes to a page', async () => {
    const headers = from('cross-site', { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' })
    expect(await statusOf(`${system.url}/docs`, headers)).toBe(200)
    expect(await statusOf(`${system.url}/docs`, from('none'))).toBe(200)
    expect(await statusOf(`${system.url}/openapi.json`, from('same-origin'))).toBe(200)
  })
})

/** fetch would not send such headers. */
function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers }, (response) => resolve(response.resume().statusCode ?? 0))
      .on('error', reject)
      .end()
  })
}

/** Sends exactly this, and gives the first line and everything of the answer. */
function raw(url: string, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      if (text.endsWith('}')) socket.end()
    })
    socket.on('error', reject).on('close', () => resolve(text))
  })
}

describe.each(['url', 'adminUrl'] as const)('whatever comes to %s', (port) => {
  const evil = 'Host: evil.example'
  const upgrade = ['Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==']
  test.each([
    ['OPTIONS', ['OPTIONS /mcp HTTP/1.1', evil, 'Connection: close']],
    ['OPTIONS of everything', ['OPTIONS * HTTP/1.1', evil, 'Connection: close']],
    ['TRACE', ['TRACE /mcp HTTP/1.1', evil, 'Connection: close']],
    ['HEAD', ['HEAD /health/live HTTP/1.1', evil, 'Connection: close']],
    ['a WebSocket', ['GET /ws HTTP/1.1', evil, ...upgrade, 'Upgrade: websocket']],
    ['a WebSocket on a path that has none', ['GET /nothing HTTP/1.1', evil, ...upgrade, 'Upgrade: websocket']],
    ['another upgrade', ['GET /health/live HTTP/1.1', evil, 'Connection: Upgrade, close', 'Upgrade: h2c']],
    ['a whole address of another host', ['GET http://evil.example/health/live HTTP/1.1', 'Host: localhost', 'Connection: close']],
    ['a user in the host', ['GET /health/live HTTP/1.1', 'Host: localhost@evil.example', 'Connection: close']],
    ['our name as a user', ['GET /health/live HTTP/1.1', 'Host: localhost:80@evil.example', 'Connection: close']],
    ['a dot at the end', ['GET /health/live HTTP/1.1', 'Host: evil.example.', 'Connection: close']],
    ['an address that looks like ours', ['GET /health/live HTTP/1.1', 'Host: 127.0.0.1.evil.example', 'Connection: close']],
    ['another address of IPv6', ['GET /health/live HTTP/1.1', 'Host: [::2]:80', 'Connection: close']],
  ])('%s for another host is refused with 403, and no name comes back', async (_, lines) => {
    const answer = await raw(system[port], lines)
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
    expect(answer).not.toContain('evil')
    expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff')
  })

  test('with two hosts is refused with 400, a WebSocket too', async () => {
    const hosts = ['Host: localhost', 'Host: localhost']
    expect(await raw(system[port], ['GET / HTTP/1.1', ...hosts, 'Connection: close'])).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(system[port], ['GET /ws HTTP/1.1', ...hosts, ...upgrade, 'Upgrade: websocket'])).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('every answer', () => {
  test.each([
    ['url', '/', 200],
    ['url', '/nothing', 404],
    ['url', '/health', 200],
    ['url', '/api/commands', 200],
    ['url', '/openapi.json', 200],
    ['adminUrl', '/api/v1/auth/me', 401],
    ['adminUrl', '/api/v1/nothing', 401],
  ] as const)('of %s%s may hold nothing, be framed by nobody, and is kept by nobody', async (port, path, status) => {
    const response = await fetch(system[port] + path)
    expect(response.status).toBe(status)
    const headers = Object.fromEntries(response.headers)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    })
    expect(headers['strict-transport-security']).toBeUndefined()
  })

  test.each([
    ['url', '/docs'],
    ['adminUrl', '/'],
  ] as const)('that is a page (%s%s) has scripts from files of ours alone', async (port, path) => {
    const { headers } = await fetch(system[port] + path)
    const policy = headers.get('content-security-policy')!
    expect(policy).toMatch(/default-src 'self'/)
    expect(policy).toMatch(/frame-ancestors 'none'/)
    expect(policy).not.toMatch(/script-src[^;]*unsafe|default-src[^;]*unsafe|\*/)
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
  })

  test('of MCP is what it says it is', async () => {
    const response = await fetch(`${system.url}/mcp`, { method: 'POST', body: '{}' })
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('what is long', () => {
  /** As it comes, without unpacking it. */
  const ask = (url: string, headers: Record<string, string>, method = 'GET') =>
    new Promise<{ headers: IncomingHttpHeaders; bytes: Buffer }>((resolve, reject) => {
      const sending = httpRequest(url, { method, headers }, async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk as Buffer)
        resolve({ headers: response.headers, bytes: Buffer.concat(chunks) })
      })
      sending.on('error', reject).end()
    })

  test.each(['/openapi.json', '/api/commands', '/api/tools.json', '/docs/swagger-ui-bundle.js'])(
    '%s is packed for who takes that',
    async (path) => {
      const plain = await ask(system.url + path, {})
      const packed = await ask(system.url + path, { 'accept-encoding': 'gzip, br' })
      expect(plain.headers['content-encoding']).toBeUndefined()
      expect(packed.headers['content-encoding']).toBe('gzip')
      for (const { headers } of [plain, packed]) expect(headers.vary).toContain('Accept-Encoding')
      expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true)
      expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2)
      const refusing = await ask(system.url + path, { 'accept-encoding': 'gzip;q=0' })
      expect(refusing.headers['content-encoding']).toBeUndefined()
      const head = await ask(system.url + path, { 'accept-encoding': 'gzip' }, 'HEAD')
      expect(head.bytes.length).toBe(0)
      expect(head.headers['content-type']).toBe(plain.headers['content-type'])
    },
  )

  test('with CORS depends on both, the origin and what is taken', async () => {
    const { headers } = await ask(`${system.url}/openapi.json`, { origin: friend, 'accept-encoding': 'gzip' })
    expect(headers.vary).toBe('Origin, Accept-Encoding')
  })

  test('or short, and streams, and answers with a credential in them, are not', async () => {
    expect((await ask(`${system.url}/health/live`, { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined()
    expect(
      (await ask(`${system.adminUrl}/api/v1/auth/me`, { 'accept-encoding': 'gzip' })).headers['content-encoding'],
    ).toBeUndefined()
    const stream = await fetch(`${system.url}/sse`, { headers: { 'accept-encoding': 'gzip' } })
    expect(stream.headers.get('content-encoding')).toBeNull()
    await stream.body!.cancel()
  })
})

describe('over TLS', () => {
  async function startTls(more: Record<string, unknown> = {}, server: Record<string, unknown> = {}) {
    const ca = makeCa()
    const { certFile, keyFile } = ca.issue()
    const tls = await start({
      file: {
        ssl: { enabled: true, cert_file: certFile, key_file: keyFile, ...more },
        server: { allowed_hosts: ['switch.example'], ...server },
      },
    })
    onTestFinished(async () => {
      await tls.stop()
      ca.remove()
    })
    const redirect = tls.log.of('listening').find(({ fields }) => fields.port === 'redirect')
    return { tls, plain: String(redirect?.fields.url ?? '') }
  }

  const ask = (url: string, host: string, path: string, method = 'GET') =>
    raw(url, [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close'])

  test('who comes without it is sent on, whatever they ask for, and to no other host', async () => {
    const { tls, plain } = await startTls({ redirect_port: 0 })
    const port = new URL(tls.url).port
    for (const [path, method] of [
      ['/mcp?a=1', 'POST'],
      ['/', 'GET'],
      ['/healthy', 'GET'],
      ['/health/../mcp', 'GET'],
    ] as const) {
      const answer = await ask(plain, 'switch.example', path, method)
      expect(answer).toMatch(/^HTTP\/1\.1 308 /)
      expect(answer).toContain(`\r\nlocation: https://switch.example:${port}${path}\r\n`)
    }
    expect(await ask(plain, 'localhost:80', '//evil.example/x')).toContain(
      `\r\nlocation: https://localhost:${port}/evil.example/x\r\n`,
    )
    expect(await ask(plain, 'switch.example', 'http://switch.example/x?y')).toContain(
      `\r\nlocation: https://switch.example:${port}/x\r\n`,
    )
    expect(await ask(plain, 'evil.example', '/')).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('probes and scrapers are answered without it', async () => {
    const { plain } = await startTls({ redirect_port: 0 })
    for (const path of ['/health', '/health/live', '/health/ready', '/metrics'])
      expect((await fetch(plain + path)).status).toBe(200)
  })

  test('they are sent to the public address where there is one', async () => {
    const { plain } = await startTls({ redirect_port: 0 }, { public_url: 'https://public.example/gate/' })
    expect(await ask(plain, 'public.example', '/mcp')).toContain('\r\nlocation: https://public.example/gate/mcp\r\n')
  })

  test('browsers are told to come by it alone, but not on this machine, and not where nothing is encrypted', async () => {
    const { tls, plain } = await startTls({ redirect_port: 0 })
    const policyAt = (host: string) =>
      new Promise((resolve, reject) => {
        const sending = httpsRequest(`${tls.url}/`, { headers: { host }, rejectUnauthorized: false }, (response) =>
          resolve(response.resume().headers['strict-transport-security']),
        )
        sending.on('error', reject).end()
      })
    expect(await policyAt('switch.example')).toBe('max-age=2592000')
    expect(await policyAt('localhost')).toBeUndefined()
    expect(await ask(plain, 'switch.example', '/health/live')).not.toMatch(/strict-transport-security/i)
  })

  test('the same holds where a trusted proxy ends it', async () => {
    const behind = await start({ file: { server: { public_url: 'https://public.example', trusted_proxies: ['127.0.0.1'] } } })
    onTestFinished(() => behind.stop())
    const by = (path: string, proto: string) =>
      raw(behind.url, [
        `GET ${path} HTTP/1.1`,
        'Host: public.example',
        ...(proto ? [`X-Forwarded-Proto: ${proto}`] : []),
        'Connection: close',
      ])
    expect(await by('/api/commands?x', 'http')).toMatch(
      /^HTTP\/1\.1 308 [\s\S]*\r\nlocation: https:\/\/public\.example\/api\/commands\?x\r\n/,
    )
    expect(await by('/api/commands', 'https')).toMatch(
      /^HTTP\/1\.1 200 [\s\S]*\r\nstrict-transport-security: max-age=2592000\r\n/i,
    )
    for (const path of ['/health/live', '/metrics']) expect(await by(path, 'http')).toMatch(/^HTTP\/1\.1 200 /)
    const past = await by('/api/commands', '')
    expect(past).toMatch(/^HTTP\/1\.1 200 /)
    expect(past).not.toMatch(/strict-transport-security/i)
  })

  test('a redirect without TLS is refused by the configuration', async () => {
    await expect(start({ file: { ssl: { enabled: false, redirect_port: 8080 } } })).rejects.toThrow(
      /ssl.redirect_port needs ssl.enabled/,
    )
  })
})
