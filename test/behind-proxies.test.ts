/** What a server believes of the proxies in front of it, tried with what they send. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Json } from '../app/call.ts'
import { password, Visitor } from './fakes/admin.ts'
import { secretKey } from './fakes/keys.ts'
import { startNginx } from './fakes/nginx.ts'
import { openEmbedded } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'
import { tool } from './tool.ts'

type Headers = Record<string, string>

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const from = (address: string): Headers => ({ 'x-forwarded-for': address })
const get = (url: string, headers: Headers = {}) => fetch(url, { headers: { ...json, ...headers } })
const post = (url: string, body: unknown, headers: Headers = {}) =>
  fetch(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })

describe('behind a proxy that is trusted', () => {
  let system: TestSystem
  let visitor: Visitor
  beforeAll(async () => {
    const limits = { RATE_LIMIT_PER_ADDRESS: '2', RATE_LIMIT_WRONG_CREDENTIALS: '3' }
    system = await start({
      env: { SECRET_KEY: secretKey, MCP_TRUSTED_PROXIES: '127.0.0.1', MCP_ALLOWED_HOSTS: 'switch.example', ...limits },
    })
    visitor = new Visitor(system.adminUrl)
    const [, token] = (await system.firstLink())!.split('#')
    await visitor.keep(await visitor.post('auth/welcome', { token, name: 'ada', password }))
  })
  afterAll(() => system?.stop())

  /** The answer to an upgrade that is not made. */
  async function upgrade(headers: Headers): Promise<Response> {
    const socket = new WebSocket(`${system.url.replace('http', 'ws')}/ws`, 'mcp', { headers })
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
    const body = Buffer.concat(await response.toArray())
    return new Response(body, {
      status: response.statusCode ?? 0,
      headers: { 'retry-after': response.headers['retry-after'] ?? '' },
    })
  }

  const ways: [string, (headers: Headers) => Promise<Response>][] = [
    ['POST /mcp', (headers) => post(`${system.url}/mcp`, { jsonrpc: '2.0', id: 1, method: 'ping' }, headers)],
    ['GET /mcp', (headers) => get(`${system.url}/mcp`, headers)],
    ['GET /sse', (headers) => get(`${system.url}/sse`, headers)],
    ['POST /messages', (headers) => post(`${system.url}/messages?sessionId=x`, {}, headers)],
    ['GET /ws', upgrade],
    ['POST /cmd', (headers) => post(`${system.url}/cmd`, { command: 'echo' }, headers)],
    ['GET /api/commands', (headers) => get(`${system.url}/api/commands`, headers)],
    ['POST /api/commands/echo', (headers) => post(`${system.url}/api/commands/echo`, {}, headers)],
    ['GET /openapi.json', (headers) => get(`${system.url}/openapi.json`, headers)],
    ['POST /register', (headers) => post(`${system.url}/register`, {}, headers)],
    ['a sign-in', (headers) => new Visitor(system.adminUrl).post('auth/login', { name: 'x', password }, headers)],
    ['a token', (headers) => post(`${system.url}/api/v1/auth/token`, { name: 'x', password }, headers)],
    ['the admin API', (headers) => new Visitor(system.adminUrl).get('tools', headers)],
  ]
  const numbered = ways.map(([what, ask], n) => ({ what, ask, address: `203.0.113.${n + 1}`, other: `198.51.100.${n + 1}` }))
  test.each(numbered)('one address may ask so often, and another is not held up: $what', async ({ ask, address, other }) => {
    const { status } = await ask(from(address))
    expect((await ask(from(address))).status).toBe(status)
    const refused = await ask(from(address))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask(from(other))).status).toBe(status)
    // An upgrade that is not made is answered by its headers alone.
    if (ask === upgrade) return
    const text = await refused.text()
    expect(text).toMatch(/more than 2 requests from this address in 60 s: try again in \d+ s/)
    expect(text).toMatch(/"limit":2,"window":60,"retry_after":\d+/)
  })

  test('probes and Prometheus may ask as often as they like', async () => {
    for (let asked = 0; asked < 5; asked++) {
      for (const path of ['/health/live', '/health/ready', '/health'])
        expect((await get(system.url + path, from('192.0.2.1'))).status).toBe(200)
      expect((await get(`${system.url}/metrics`, from('10.0.0.7'))).status).toBe(200)
    }
  })

  test('the metrics, which name tools, are for private networks and for callers that are known', async () => {
    for (const url of [system.url, system.adminUrl]) expect((await get(`${url}/metrics`, from('192.0.2.9'))).status).toBe(401)
    const answer = await post(`${system.url}/api/v1/auth/token`, { name: 'ada', password })
    const { access_token } = (await answer.json()) as { access_token: string }
    const known = { ...from('192.0.2.10'), authorization: `Bearer ${access_token}` }
    expect((await get(`${system.url}/metrics`, known)).status).toBe(200)
  })

  test('a client far away needs a credential; one on this machine does not, and is counted for nothing', async () => {
    expect((await get(`${system.url}/api/commands`, from('192.0.2.2'))).status).toBe(401)
    for (let asked = 0; asked < 5; asked++) expect((await get(`${system.url}/api/commands`)).status).toBe(200)
  })

  test('health shows its details to nobody who may be far away', async () => {
    const far = (await (await get(`${system.url}/health`, from('192.0.2.3'))).json()) as Json
    expect(Object.keys(far)).toEqual(['status', 'version', 'uptime'])
    expect(await (await get(`${system.url}/health`)).json()).toHaveProperty('components.database')
  })

  test('tries to sign in are written down with the address of whoever tried', async () => {
    await visitor.post('auth/login', { name: 'ada', password: 'wrong' }, from('192.0.2.4'))
    const store = await openEmbedded(undefined, system.yard.settled.config.dataDir)
    const { rows } = await store.database.db.execute(sql`select address from admin.audit_log where action = 'sign_in_refused'`)
    await store.close()
    expect(rows).toContainEqual({ address: '192.0.2.4' })
  })

  test('browsers that come to it by TLS send our cookie by TLS alone, and are told to stay there', async () => {
    const byTls = { ...from('192.0.2.5'), 'x-forwarded-proto': 'https' }
    const cookieOf = async (headers: Headers) =>
      (await visitor.post('auth/login', { name: 'ada', password }, headers)).headers.get('set-cookie')
    expect(await cookieOf(byTls)).toMatch(/; HttpOnly; .*; Secure$/)
    expect(await cookieOf(from('192.0.2.5'))).not.toMatch(/Secure/)

    const stay = async (headers: Headers) => {
      const asked = request(`${system.adminUrl}/`, { headers: { ...headers, host: 'switch.example' } }).end()
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      response.resume()
      return response.headers['strict-transport-security']
    }
    expect([await stay(byTls), await stay({})]).toEqual(['max-age=2592000', undefined])
  })
})

const program = tool('nginx')
test.skipIf(!program)(
  'behind our nginx an address is counted as one, whatever it claims to be, and others are not held up',
  async () => {
    const system = await start({ env: { SECRET_KEY: secretKey, MCP_TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_PER_ADDRESS: '2' } })
    const portOf = (url: string) => Number(new URL(url).port)
    const nginx = await startNginx(program!, { mcp: [portOf(system.url)], panel: [portOf(system.adminUrl)] })
    try {
      const statuses: number[] = []
      for (const claimed of ['127.0.0.1', '198.51.100.1', '198.51.100.2'])
        statuses.push((await get(`${nginx.mcp}/api/commands`, from(`${claimed}, 203.0.113.66`))).status)
      expect(statuses).toEqual([401, 401, 429])
      expect((await get(`${nginx.mcp}/api/commands`, from('203.0.113.67'))).status).toBe(401)
      expect(system.log.of('proxy not trusted')).toEqual([])
    } finally {
      await nginx.stop()
      await system.stop()
    }
  },
)

test('wrong credentials from one address are refused by all ways in, before they are looked up', async () => {
  const system = await start({
    env: { SECRET_KEY: secretKey, MCP_TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_WRONG_CREDENTIALS: '3' },
  })
  const guess = { 'x-api-key': 'not a key', ...from('203.0.113.1') }
  const statuses: number[] = []
  for (const path of ['/api/commands', '/mcp', '/sse', '/openapi.json', '/commands'])
    statuses.push((await get(system.url + path, guess)).status)
  expect(statuses).toEqual([401, 401, 401, 429, 429])
  const refused = (await (await get(`${system.url}/api/commands`, guess)).json()) as { error: Json }
  expect(refused.error).toMatchObject({
    message: expect.stringMatching(/^more than 3 wrong credentials from this address in 60 s: try again in \d+ s$/),
    data: { code: 'limited', limit: 3, window: 60 },
  })
  await system.stop()
})

test('wrong credentials at the admin port are refused in the same way, counted together with those of the other', async () => {
  const system = await start({
    env: { SECRET_KEY: secretKey, MCP_TRUSTED_PROXIES: '127.0.0.1', RATE_LIMIT_WRONG_CREDENTIALS: '3' },
  })
  const guess = { authorization: 'Bearer not.a.token', ...from('203.0.113.1') }
  const statuses: number[] = []
  for (const url of [`${system.url}/commands`, ...Array(4).fill(`${system.adminUrl}/api/v1/tools`)])
    statuses.push((await get(url, guess)).status)
  expect(statuses).toEqual([401, 401, 401, 429, 429])
  // A cookie cannot be guessed, and that of a session that has ended is sent by every open tab.
  const late = { cookie: 'switchyard_session=over', ...from('203.0.113.2') }
  for (let times = 0; times < 5; times++) expect((await get(`${system.adminUrl}/api/v1/tools`, late)).status).toBe(401)
  await system.stop()
})

describe('behind a proxy that is not trusted', () => {
  let system: TestSystem
  beforeAll(async () => {
    system = await start({ env: { RATE_LIMIT_PER_ADDRESS: '2' } })
  })
  afterAll(() => system?.stop())

  test('what it says is not believed, the log says once what to do, and health keeps its details to itself', async () => {
    for (let asked = 0; asked < 3; asked++)
      expect((await get(`${system.url}/api/commands`, from('203.0.113.9'))).status).toBe(200)
    expect(system.log.of('proxy not trusted').map(({ level, fields }) => ({ level, ...fields }))).toEqual([
      {
        level: 'warn',
        port: 'mcp',
        address: '127.0.0.1',
        hint: expect.stringMatching(/^name its address in server.trusted_proxies: .*need no credential/),
      },
    ])
    expect(await (await get(`${system.url}/health`, from('127.0.0.1'))).json()).not.toHaveProperty('components')
  })
})
