/** Whoever looks after the server is told why somebody may call a tool, or may not: in the order in which the call would be met. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import type { Explanation } from '../app/explain.ts'
import { secretKey } from './fakes/keys.ts'
import { becomes } from './insider.ts'
import { everything, type Home, openHome } from './program.ts'
import { start, type TestSystem } from './start.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const rules = [
  { name: 'only hello', effect: 'allow', tools: ['many_echo'], arguments: { message: ['hello*'] } },
  { name: 'nothing else', effect: 'deny', upstreams: ['many'] },
]
const admin = { id: 'cli', name: 'cli', scopes: ['read', 'call', 'admin'] as const }

describe('the command', () => {
  let system: TestSystem
  const call = async (name: string, values: Json) =>
    (await system.yard.switch.call({ kind: 'tool', name, arguments: values, caller: admin, via: 'cli' }))
      .structuredContent as Json
  const explain = async (values: Json) => (await call('explain', values)) as unknown as Explanation
  const told = ({ allowed, findings }: Explanation) => [allowed, ...findings.map(({ check, verdict }) => `${check} ${verdict}`)]
  beforeAll(async () => {
    system = await start({
      env: { SECRET_KEY: secretKey },
      file: { access: { rules }, mcpServers: { many: everything, gone: { command: '/nowhere/at-all' } } },
    })
    await becomes(system, 'many', 'connected')
    await call('key_create', { name: 'ann' })
    await call('key_create', { name: 'reader', scopes: ['read'] })
    await call('key_create', { name: 'old' })
    await call('key_revoke', { key: 'old' })
  })
  afterAll(() => system?.stop())

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

  test('says that there is no such key, and leaves no trace of a call', async () => {
    await expect(explain({ key: 'nobody', tool: 'many_echo' })).rejects.toMatchObject({ code: 'invalid_arguments' })
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
    const denied = await home.run(['explain', 'ann', 'many_echo', '{"message":"bye"}', '--json'], with_)
    expect(denied.code).toBe(1)
    expect(JSON.parse(denied.stdout)).toMatchObject({ allowed: false, tool: 'many_echo' })
  })
})
