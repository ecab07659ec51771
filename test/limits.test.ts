/** One refusal through every way in: the status, when to try again, and the numbers, each in the words of its surface. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { connect, connectStdio, wires } from './clients.ts'
import { password, Visitor } from './fakes/admin.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { askModern, modernCall } from './fakes/modern.ts'
import { adminWay, cmdWay, mcpWay, modernWay, restWay, type Way } from './fakes/ways.ts'
import { historyOf } from './insider.ts'
import { openHome } from './program.ts'
import { type RedisServer, startRedis, withRedis } from './services.ts'
import { calmly, start, startProcess, type TestSystem } from './start.ts'
import { until } from './until.ts'

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })

async function firstAdmin(system: TestSystem): Promise<Visitor> {
  const visitor = new Visitor(system.adminUrl)
  const [, token] = (await system.firstLink())!.split('#')
  await visitor.keep(await visitor.post('auth/welcome', { token, name: 'ada', password }))
  return visitor
}

describe('a caller above the limit', () => {
  const env = { RATE_LIMIT_REQUESTS: '1' }
  const wish = { kind: 'tool', name: 'echo', values: { message: 'hi' } } as const
  const numbers = { limit: 1, window: 60, retry_after: expect.any(Number) }
  let system: TestSystem
  let visitor: Visitor
  beforeAll(async () => {
    system = await start({ env })
    visitor = await firstAdmin(system)
    await restWay(system.url).ask(wish)
    await adminWay(visitor).ask(wish)
    await until('both calls are recorded', async () => (await historyOf(system)).length === 2)
  })
  afterAll(() => system?.stop())

  const said: Partial<Record<Way['words'], string>> = {
    mcp: 'isError',
    modern: 'isError',
    cmd: 'result -32000',
    rest: 'HTTP 429, code -32000',
    admin: 'HTTP 429 RATE_LIMIT_EXCEEDED',
  }
  const ways: Record<string, () => Way | Promise<Way>> = {
    ...Object.fromEntries(wires.map((wire) => [wire, async () => mcpWay(wire, wire, await connect(wire, system.url))])),
    'HTTP without a session': () => modernWay(system.url),
    'JSON-RPC on /cmd': () => cmdWay(system.url, 'JSON-RPC'),
    'the simple form on /cmd': () => cmdWay(system.url, 'simple'),
    REST: () => restWay(system.url),
    'the admin API': () => adminWay(visitor),
  }
  test.each(Object.keys(ways))('is told so through %s, and it stands in the history', async (name) => {
    const way = await ways[name]!()
    const before = (await historyOf(system)).length
    const answer = await way.ask(wish)
    expect(answer.message).toMatch(/^more than 1 calls in 60 s: try again in \d+ s$/)
    expect(answer.said).toBe(said[way.words])
    await until('it is recorded', async () => (await historyOf(system)).length > before)
    expect((await historyOf(system))[0]).toMatchObject({ via: way.via, status: 'refused', errorCode: 'limited' })
  })

  test('is told so over stdio', async () => {
    const server = await startProcess(['--transport', 'stdio', '--no-admin'], { env })
    const way = mcpWay('stdio', 'stdio', await connectStdio(server))
    await way.ask(wish)
    expect(await way.ask(wish)).toMatchObject({ code: 'limited', said: 'isError' })
    await server.clean()
  })

  test.each<[string, () => Promise<Response>, (body: Json) => unknown]>([
    [
      'JSON-RPC on /cmd',
      () => post(`${system.url}/cmd`, { jsonrpc: '2.0', id: 1, method: 'echo', params: { message: 'hi' } }),
      (body) => (body as { result: { error: { data: Json } } }).result.error.data,
    ],
    [
      'the simple form on /cmd',
      () => post(`${system.url}/cmd`, { command: 'echo', params: { message: 'hi' } }),
      (body) => (body as { result: { error: { data: Json } } }).result.error.data,
    ],
    [
      'REST',
      () => post(`${system.url}/api/commands/echo`, { message: 'hi' }),
      (body) => (body as { error: { data: Json } }).error.data,
    ],
    [
      'the admin API',
      () => visitor.post('tools/execute', { tool_name: 'echo', parameters: { message: 'hi' } }),
      (body) => (body as { error: { details: Json } }).error.details,
    ],
  ])('gets 429 over HTTP with Retry-After and the numbers: %s', async (_, ask, dataOf) => {
    const response = await ask()
    expect(response.status).toBe(429)
    expect(dataOf((await response.json()) as Json)).toMatchObject(numbers)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('gets the numbers over MCP with the result', async () => {
    const client = await connect('http', system.url)
    const { _meta } = await client.callTool({ name: 'echo', arguments: { message: 'hi' } })
    expect(_meta?.['switchyard/error']).toMatchObject({ code: 'limited', ...numbers })
    await client.close()
    const { result } = (await askModern(system.url, modernCall('echo', { message: 'hi' }))).answer
    expect(result?._meta).toMatchObject({ 'switchyard/error': { code: 'limited', ...numbers } })
  })

  test('gets one answer for each request of a batch on /cmd', async () => {
    const call = { command: 'echo', params: { message: 'hi' } }
    const response = await post(`${system.url}/cmd`, [call, call])
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject([call, call].map(() => ({ result: { success: false } })))
  })
})

describe('an upstream that may have one call at a time', () => {
  let far: HttpFake
  let system: TestSystem
  beforeAll(async () => {
    far = await startHttpFake({
      tools: [
        { name: 'wait', inputSchema: { type: 'object' } },
        { name: 'echo', inputSchema: { type: 'object' } },
      ],
    })
    system = await start({ file: { upstreams: [{ name: 'far', kind: 'mcp', url: `${far.url}/mcp`, max_concurrent: 1 }] } })
  })
  afterAll(async () => {
    await system?.stop()
    await far?.stop()
  })

  test('is not asked for a second, and is asked again when the first was taken back', async () => {
    const leaving = new AbortController()
    const url = `${system.url}/api/commands`
    const first = fetch(`${url}/far_wait`, { method: 'POST', headers: json, body: '{}', signal: leaving.signal }).catch(
      () => 'gone',
    )
    await until('it runs', () => system.yard.switch.running() === 1)
    const second = await post(`${url}/far_echo`, {})
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await second.json()).toMatchObject({
      error: {
        message: 'far has 1 calls running already, as many as it may have: try again in 1 s',
        data: { code: 'limited', limit: 1, concurrent: true, retry_after: 1 },
      },
    })
    leaving.abort()
    expect(await first).toBe('gone')
    await until('it is asked again', async () => (await post(`${url}/far_echo`, {})).status === 200)
  })
})

describe('on the command line', () => {
  const test = withRedis()

  test('each call is a process, and they count together where there is Redis: the one above the limit is told so', async () => {
    const redis = await startRedis()
    const home = await openHome()
    const env = { ...calmly, REDIS_URL: redis.url, RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW: '3600' }
    const call = () => home.run(['call', 'echo', '{"message":"hi"}'], { env })
    expect((await call()).code).toBe(0)
    const { code, stdout, stderr } = await call()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^more than 1 calls in 60 minutes: try again in \d+ minutes\n$/)
    await home.remove()
    await redis.remove()
  }, 120_000)
})

describe('with Redis away', () => {
  let redis: RedisServer
  let system: TestSystem
  let visitor: Visitor
  const test = withRedis()
  beforeAll(async () => {
    redis = await startRedis()
    system = await start({ env: { REDIS_URL: redis.url } })
    visitor = await firstAdmin(system)
  })
  afterAll(async () => {
    await system?.stop()
    await redis?.remove()
  })
  const local = async () => /^switchyard_limits_local (\d)$/m.exec(await (await fetch(`${system.url}/metrics`)).text())?.[1]
  const signIn = () => visitor.post('auth/login', { name: 'ada', password })

  test('limits go on in the process, nobody can sign in, and health, metrics and the log say so; with it back all is as before', async () => {
    await until('it is used', async () => (await local()) === '0')
    await until('people sign in', async () => (await signIn()).status === 200)

    const told = system.log.of('redis away').length
    await redis.kill()
    await until('it is seen', async () => (await local()) === '1')
    expect((await post(`${system.url}/api/commands/echo`, { message: 'hi' })).status).toBe(200)
    const refused = await signIn()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await refused.text()).toContain('nobody can sign in just now')
    await until('health says it', async () => {
      const { status, components } = (await (await fetch(`${system.url}/health`)).json()) as { status: string; components: Json }
      return (
        status === 'degraded' &&
        /limits are counted in this process$/.test((components.redis as { detail?: string }).detail ?? '')
      )
    })
    expect((await fetch(`${system.url}/health/ready`)).status).toBe(200)
    expect(system.log.of('redis away')).toHaveLength(told + 1)

    await redis.start()
    await until('it is used again', async () => (await local()) === '0')
    await until('people sign in again', async () => (await signIn()).status === 200)
  })
})
