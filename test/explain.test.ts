/** Whoever looks after the server is told why somebody may call a tool, or may not: in the order in which the call would be met. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { type Answerer, byUpstream, type Explanation } from '../app/explain.ts'
import { type CmdService, startCmdService } from './fakes/cmd-services.ts'
import { json } from './fakes/hostile-service.ts'
import { secretKey } from './fakes/keys.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { becomes } from './insider.ts'
import { everything, type Home, openHome } from './program.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const rules = [
  { name: 'only hello', effect: 'allow', tools: ['many_echo'], arguments: { message: ['hello*'] } },
  { name: 'nothing else', effect: 'deny', upstreams: ['many'] },
]
const admin = { id: 'cli', name: 'cli', scopes: ['read', 'call', 'admin'] as const }

describe('the command', () => {
  let system: TestSystem
  let far: HttpFake
  let shop: CmdService
  let guest: CmdService
  const call = async (name: string, values: Json) =>
    (await system.yard.switch.call({ kind: 'tool', name, arguments: values, caller: admin, via: 'cli' }))
      .structuredContent as Json
  const explain = async (values: Json) => (await call('explain', values)) as unknown as Explanation
  const told = ({ allowed, findings }: Explanation) => [allowed, ...findings.map(({ check, verdict }) => `${check} ${verdict}`)]
  beforeAll(async () => {
    far = await startHttpFake({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] })
    shop = await startCmdService('4')
    guest = await startCmdService('4')
    system = await start({
      env: { SECRET_KEY: secretKey, CIRCUIT_BREAKER_FAILURE_THRESHOLD: '1', CIRCUIT_BREAKER_RECOVERY_TIMEOUT: '3600' },
      file: {
        access: { rules },
        mcpServers: { many: everything, far: { url: `${far.url}/mcp` }, gone: { command: '/nowhere/at-all' } },
        upstreams: [{ name: 'shop', kind: 'jsonrpc', url: `${shop.url}cmd`, check_every: '1h' }],
      },
    })
    for (const name of ['many', 'far', 'shop']) await becomes(system, name, 'connected')
    await becomes(system, 'gone', 'stale')
    await call('key_create', { name: 'ann' })
    await call('key_create', { name: 'reader', scopes: ['read'] })
    await call('key_create', { name: 'old' })
    await call('key_revoke', { key: 'old' })
  })
  afterAll(async () => {
    await system?.stop()
    await Promise.all([far?.stop(), shop?.stop(), guest?.stop()])
  })
  const findingOf = async (check: string, values: Json) => {
    const answer = await explain({ key: 'ann', ...values })
    const { verdict, text } = answer.findings.find((finding) => finding.check === check) ?? {}
    return [answer.allowed, verdict, text]
  }
  const withKey = (path: string, key: unknown, body: Json) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return fetch(system.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  }
  const isDown: Parameters<CmdService['answer']>[0] = (_, response) => json(response, {}, 503)

  test('names what lets a call pass, one finding after the other', async () => {
    const answer = await explain({ key: 'ann', tool: 'many_echo' })
    expect(told(answer).slice(0, 5)).toEqual([true, 'key pass', 'tool pass', 'scope pass', 'rule pass'])
    expect(answer.findings.find(({ check }) => check === 'rule')?.text).toBe('allowed with the arguments of "only hello"')
    expect(answer.findings.find(({ check }) => check === 'limit')).toEqual({
      check: 'limit',
      verdict: 'pass',
      text: '0 of 600 calls in the last 60 s',
    })
    expect(answer.findings.at(-1)).toEqual({ check: 'upstream', verdict: 'pass', text: 'many is connected' })
  })

  test('judges arguments as the call would be judged', async () => {
    const about = { key: 'ann', tool: 'many_echo' }
    expect((await explain({ ...about, arguments: { message: 'hello you' } })).allowed).toBe(true)
    const answer = await explain({ ...about, arguments: { message: 'bye' } })
    expect(answer.findings.filter(({ verdict }) => verdict === 'refuse')).toEqual([
      { check: 'rule', verdict: 'refuse', text: 'the rule "nothing else" denies it' },
    ])
  })

  test.each<[string, Json, string]>([
    ['a key that is revoked', { key: 'old', tool: 'many_echo' }, 'key'],
    ['a scope that is missing', { key: 'reader', tool: 'many_echo' }, 'scope'],
    ['a rule that denies', { key: 'ann', tool: 'many_get-sum' }, 'rule'],
    ['a name that nobody offers', { key: 'ann', tool: 'many_eco' }, 'tool'],
    ['whoever has no key', { key: 'local', tool: 'keys' }, 'tool'],
  ])('tells of %s', async (_, values, check) => {
    const answer = await explain(values)
    expect([answer.allowed, answer.findings.find(({ verdict }) => verdict === 'refuse')?.check]).toEqual([false, check])
  })

  test('tells of a limit that is reached', async () => {
    const { api_key } = await call('key_create', { name: 'seldom', rate: 1 })
    await withKey('/cmd', api_key, { command: 'health' })
    expect(await findingOf('limit', { key: 'seldom', tool: 'echo' })).toEqual([false, 'refuse', '1 of 1 calls in the last 60 s'])
  })

  test('tells whose a missing tool could be, and why it is not there', async () => {
    const [allowed, verdict, text] = await findingOf('tool', { tool: 'gone_look' })
    expect([allowed, verdict]).toEqual([false, 'refuse'])
    expect(text).toMatch(/^nothing of the name gone_look is offered now: gone is away \(.+\), and may have it$/)
    expect((await findingOf('tool', { tool: 'many_look' }))[2]).toBe('nothing of the name many_look is offered now')
  })

  test('says of an upstream that is away what a call would do: it tries once more', async () => {
    await far.stop()
    // Who says nothing is found to be away by whoever calls it.
    await call('far_echo', {}).catch(() => {})
    await becomes(system, 'far', 'stale')
    const [allowed, verdict, text] = await findingOf('upstream', { tool: 'far_echo' })
    expect([allowed, verdict]).toEqual([true, 'unknown'])
    expect(text).toMatch(/^far is away \(.+\): a call tries once more, and fails if that fails$/)
    await far.start()
    await becomes(system, 'far', 'connected')
    expect((await findingOf('upstream', { tool: 'far_echo' }))[1]).toBe('pass')
  })

  test('tells of a breaker that is open', async () => {
    expect(await findingOf('upstream', { tool: 'shop_echo' })).toEqual([true, 'pass', 'shop is connected'])
    shop.answer(isDown)
    await call('shop_echo', { message: 'hi' }).catch(() => {})
    const text =
      'too many requests to shop failed in a row: calls are refused, but for one now and then that sees whether it is back'
    expect(await findingOf('breaker', { tool: 'shop_echo' })).toEqual([false, 'refuse', text])
  })

  test('tells of a server that registered itself how it is, and of its breaker', async () => {
    const { api_key } = await call('key_create', { name: 'guest', scopes: ['register'] })
    await withKey('/register', api_key, { server_id: 'guest', server_url: guest.url })
    const offered = () => system.yard.catalog.find('tool', 'guest_echo') !== undefined
    await until('the tools of the guest are there', offered)
    expect(await findingOf('upstream', { tool: 'guest_echo' })).toEqual([true, 'pass', 'guest_1 is connected'])
    guest.answer(isDown)
    await call('guest_echo', { message: 'hi' }).catch(() => {})
    const [allowed, verdict, text] = await findingOf('breaker', { tool: 'guest_echo' })
    expect([allowed, verdict]).toEqual([false, 'refuse'])
    expect(text).toMatch(/^too many requests to guest_1 failed/)
  })

  test('says that there is no such key, and leaves no trace of a call', async () => {
    await expect(explain({ key: 'nobody', tool: 'many_echo' })).rejects.toMatchObject({ code: 'invalid_arguments' })
  })
})

describe('of whoever answers', () => {
  const look = (about: Partial<Answerer>) => {
    const answerer: Answerer = { name: 'erp', kind: 'mcp', state: 'connected', error: null, breaker: null, ...about }
    const command = {
      kind: 'tool',
      name: 'erp_query',
      owner: 'erp',
      scope: 'call',
      definition: {},
      run: async () => ({}),
    } as const
    const who = { caller: { id: 'key:a', name: 'ann', scopes: ['call'] }, via: 'http' } as const
    return byUpstream(() => [answerer])({ who, command, values: undefined })
  }
  test.each<[Partial<Answerer>, string, RegExp]>([
    [{ kind: 'mcp', state: 'connected' }, 'upstream pass', /^erp is connected$/],
    [{ kind: 'mcp', state: 'connecting' }, 'upstream unknown', /a call waits for that/],
    [{ kind: 'mcp', state: 'stale', error: 'lost' }, 'upstream unknown', /^erp is away \(lost\): a call tries once more/],
    [{ kind: 'mcp', state: 'sign_in', error: 'nobody' }, 'upstream refuse', /before somebody has signed in there \(nobody\)/],
    [{ kind: 'jsonrpc', state: 'connecting' }, 'upstream unknown', /has not answered yet: a call is sent to it all the same/],
    [
      { kind: 'onec', state: 'stale', error: 'HTTP 500' },
      'upstream unknown',
      /\(HTTP 500\).+: a call is sent to it all the same/,
    ],
    [{ kind: 'openapi', state: 'stale', breaker: 'closed' }, 'upstream unknown', /a call is sent/],
    [{ kind: 'openapi', state: 'stale', breaker: 'open' }, 'breaker refuse', /calls are refused/],
    [{ kind: 'registered', breaker: 'half-open' }, 'breaker refuse', /others are refused until then/],
  ])('%o makes it %s', async (about, found, text) => {
    const finding = await look(about)
    expect(`${finding?.check} ${finding?.verdict}`).toBe(found)
    expect(finding?.text).toMatch(text)
  })
})

describe('the command line', () => {
  let home: Home
  beforeAll(async () => {
    home = await openHome()
  })
  afterAll(() => home?.remove())

  test('prints the reasons, and ends with 0 or 1', async () => {
    const with_ = { env: { SECRET_KEY: secretKey }, file: { access: { rules }, mcpServers: { many: everything } } }
    await home.run(['keys', 'create', '--name', 'ann'], with_)
    const allowed = await home.run(['explain', 'ann', 'many_echo'], with_)
    expect(allowed).toMatchObject({ code: 0, stderr: '' })
    expect(allowed.stdout).toMatch(/^pass +key +the key ann/)
    expect(allowed.stdout).toMatch(/\nann may call many_echo\n$/)
    // What it had is offered at once this time, before it has answered.
    const again = await home.run(['explain', 'ann', 'many_echo'], with_)
    expect(again).toMatchObject({ code: 0, stdout: allowed.stdout, stderr: '' })
    expect(again.stdout).toMatch(/\npass +upstream +many is connected\n/)
    const denied = await home.run(['explain', 'ann', 'many_echo', '{"message":"bye"}', '--json'], with_)
    expect(denied.code).toBe(1)
    expect(JSON.parse(denied.stdout)).toMatchObject({ allowed: false, tool: 'many_echo' })
  })
})
