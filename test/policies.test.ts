/** What is promised about every call, whatever is called: limits, checks, deadlines, and what the history keeps. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccess, everything } from '../app/access.ts'
import type { Caller, Command, Json, Policy } from '../app/call.ts'
import { createCatalog } from '../app/catalog.ts'
import type { Failure } from '../app/errors.ts'
import { createMetrics } from '../app/metrics.ts'
import { authorize, concurrent, deadline, limit, measure, record, validate } from '../app/policies/index.ts'
import { secrets } from '../app/secrets.ts'
import type { NewExecution } from '../app/store/execution-rows.ts'
import { createLocalWindows } from '../app/store/local-windows.ts'
import { createSwitch, type Wish } from '../app/switch.ts'
import { textOf } from './clients.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { historyOf } from './insider.ts'
import { startPostgres, withPostgres } from './services.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

const open = createAccess(everything)
const caller: Caller = { id: 'key:1', name: 'ann', scopes: ['read', 'call'] }

interface Middle {
  /** Gives the result, or the Failure. */
  call(name: string, values?: Json, wish?: Partial<Wish>): Promise<Json & Partial<Failure>>
  readonly rows: NewExecution[]
}

/** A switch with these policies around tools that do as they are told. */
function middle(
  policies: (rows: NewExecution[]) => Policy[],
  { inputSchema = {}, run }: { inputSchema?: Json; run?: Command['run'] } = {},
): Middle {
  const rows: NewExecution[] = []
  const catalog = createCatalog(collectedLog())
  const tool: Command = {
    kind: 'tool',
    name: 'tool',
    owner: 'far',
    scope: 'call',
    definition: { name: 'tool', inputSchema },
    run: run ?? (async ({ arguments: values }) => ({ content: [{ type: 'text', text: 'ran' }], structuredContent: values })),
  }
  catalog.offer('far', [tool, { ...tool, name: 'locked', scope: 'admin' }])
  const toSwitch = createSwitch(catalog, policies(rows))
  return {
    rows,
    call: (name, values = {}, wish = {}) =>
      toSwitch
        .call({ kind: 'tool', name, arguments: values, caller, via: 'http', ...wish })
        .catch((error: Failure) => error as never),
  }
}

/** Takes rows as the store would, without one. */
const into = (rows: NewExecution[]) => ({
  add: (row: NewExecution) => void rows.push(row),
  begin: async (row: NewExecution) => void rows.push(row),
  finish: async () => {},
})

const recording = (rows: NewExecution[], keep = 16 * 1024) => record(into(rows), { audit: 'buffered', keep }, collectedLog())

describe('the limit', () => {
  const limited = (requests: number) => (rows: NewExecution[]) => [
    recording(rows),
    authorize(open),
    limit(createLocalWindows(), { requests, window: 60 }),
  ]

  test('refuses what is above it, says when to come back, and still records it', async () => {
    const { call, rows } = middle(limited(3))
    for (let made = 0; made < 3; made++) expect(textOf(await call('tool'))).toBe('ran')
    const refused = await call('tool')
    expect(refused).toMatchObject({
      code: 'limited',
      message: expect.stringMatching(/^more than 3 calls in 60 s: try again in \d+ s$/),
    })
    expect(refused.data).toEqual({ limit: 3, window: 60, retry_after: expect.any(Number) })
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ['ok', null],
      ['ok', null],
      ['ok', null],
      ['refused', 'limited'],
    ])
  })

  test('holds for many calls in one moment', async () => {
    const { call } = middle(limited(10))
    const answers = await Promise.all(Array.from({ length: 30 }, () => call('tool')))
    expect(answers.filter(({ code }) => code === 'limited')).toHaveLength(20)
  })

  test('is of one caller: another is not held up', async () => {
    const { call } = middle(limited(1))
    await call('tool')
    expect((await call('tool')).code).toBe('limited')
    expect((await call('tool', {}, { caller: { ...caller, id: 'key:2' } })).code).toBeUndefined()
  })

  test('counts wrong names and refused calls too, so that nobody can try names for free', async () => {
    const { call } = middle(limited(2))
    expect((await call('no_such_tool')).code).toBe('unknown_command')
    expect((await call('tool')).code).toBeUndefined()
    expect((await call('no_such_tool')).code).toBe('limited')
  })

  test('of 0 is none', async () => {
    const { call } = middle(limited(0))
    for (let made = 0; made < 50; made++) expect((await call('tool')).code).toBeUndefined()
  })

  test.each([3, 0])('of a key goes before the setting, which is %i', async (requests) => {
    const { call } = middle(limited(requests))
    const slow = { caller: { ...caller, rate: 2 } }
    for (let made = 0; made < 2; made++) expect((await call('tool', {}, slow)).code).toBeUndefined()
    expect(await call('tool', {}, slow)).toMatchObject({ code: 'limited', data: { limit: 2, window: 60 } })
  })

  test('of a person is one for all sessions and tokens', async () => {
    const { call } = middle(limited(2))
    const by = (name: string) => call('tool', {}, { caller: { ...caller, id: 'user:ann', name }, session: name })
    await by('a session of the panel')
    await by('a token')
    expect((await by('another client')).code).toBe('limited')
  })
})

describe('the bound on calls at the same time', () => {
  /** A tool that takes as long as the test likes. */
  function slowTool(policies: Policy[]) {
    const waiting: ((result: Json) => void)[] = []
    const hung = { run: () => new Promise<Json>((resolve) => waiting.push(resolve)) }
    return {
      ...middle((rows) => [recording(rows), ...policies], hung),
      finish: () => waiting.shift()?.({ content: [] }),
      waiting,
    }
  }
  const none: ReadonlyMap<string, number> = new Map()
  const hurry = new AbortController().signal

  test('of one caller refuses what is above it at once, and still records it', async () => {
    const { call, rows, finish } = slowTool([concurrent(2, none)])
    const running = [call('tool'), call('tool')]
    expect(await call('tool')).toMatchObject({
      code: 'limited',
      message: 'ann has 2 calls running already, as many as it may have: try again in 1 s',
      data: { limit: 2, concurrent: true, retry_after: 1 },
    })
    expect(rows).toMatchObject([{ status: 'refused', errorCode: 'limited' }])
    finish()
    finish()
    await Promise.all(running)
  })

  test('does not hold up another caller', async () => {
    const { call, finish } = slowTool([concurrent(1, none)])
    const running = call('tool')
    const other = call('tool', {}, { caller: { ...caller, id: 'key:2' } })
    finish()
    finish()
    expect([await running, await other]).toEqual([{ content: [] }, { content: [] }])
  })

  test('at an upstream is for all callers together, and names it', async () => {
    const { call, finish } = slowTool([concurrent(0, new Map([['far', 1]]))])
    const running = call('tool')
    expect(await call('tool', {}, { caller: { ...caller, id: 'key:2' } })).toMatchObject({
      code: 'limited',
      message: 'far has 1 calls running already, as many as it may have: try again in 1 s',
    })
    finish()
    await running
  })

  test.each<[string, Policy[], Command['run'], boolean?]>([
    ['an answer', [], async () => ({ content: [] })],
    ['a failure', [], async () => Promise.reject(new Error('broken'))],
    [
      'an exception before anything was waited for',
      [],
      () => {
        throw new Error('broken')
      },
    ],
    ['a refusal further in', [validate(collectedLog())], async () => ({ content: [] })],
    ['its deadline', [deadline({ timeout: 20, hurry })], () => new Promise(() => {})],
    ['a caller who goes away', [deadline({ timeout: 60_000, hurry })], () => new Promise(() => {}), true],
  ])('a call that ends by %s makes room for the next, for its caller and at its upstream', async (_, policies, run, leaves) => {
    const inputSchema = { type: 'object', properties: { list: { type: 'integer' } } }
    const { call } = middle(() => [concurrent(1, new Map([['far', 1]])), ...policies], { run, inputSchema })
    await call('tool', { list: 'no' }, leaves ? { signal: AbortSignal.timeout(20) } : {})
    // It need not run to its end: it only has to be let in.
    expect((await call('tool', { list: 1 }, { signal: AbortSignal.abort() })).code).not.toBe('limited')
  })

  test('of 0 is none', async () => {
    const { call } = middle(() => [concurrent(0, none)])
    const answers = await Promise.all(Array.from({ length: 500 }, () => call('tool')))
    expect(answers.every(({ code }) => code === undefined)).toBe(true)
  })
})

describe('a scope that is missing', () => {
  test('is named, and nothing runs', async () => {
    const { call, rows } = middle((rows) => [recording(rows), authorize(open)])
    expect(await call('locked')).toMatchObject({
      code: 'forbidden',
      message: 'locked needs the admin scope; ann has read, call',
    })
    expect(rows).toMatchObject([{ name: 'locked', status: 'refused', errorCode: 'forbidden' }])
  })
})

describe('arguments', () => {
  const inputSchema = {
    type: 'object',
    properties: {
      count: { type: 'integer', minimum: 1 },
      mode: { enum: ['fast', 'slow'] },
      when: { type: 'string', format: 'date' },
      who: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    },
    required: ['count'],
    additionalProperties: false,
  }
  const checked = () => middle(() => [validate(collectedLog())], { inputSchema })

  test.each([
    [{}, 'tool: count is missing (integer)'],
    [{ count: true }, 'tool: count must be integer, got true'],
    [{ count: '1' }, 'tool: count must be integer, got "1"'],
    [{ count: 1.5 }, 'tool: count must be integer, got 1.5'],
    [{ count: 0 }, 'tool: count must be >= 1, got 0'],
    [{ count: 1, mode: 'quick' }, 'tool: mode must be one of "fast", "slow", got "quick"'],
    [{ count: 1, when: 'tomorrow' }, 'tool: when must match format "date", got "tomorrow"'],
    [{ count: 1, who: {} }, 'tool: who.name is missing (string)'],
    [{ count: 1, coutn: 2 }, 'tool: arguments has no member "coutn"; it has "count", "mode", "when", "who"'],
  ])('%j are refused in a sentence that a model can act on', async (values, message) => {
    expect(await checked().call('tool', values)).toMatchObject({ code: 'invalid_arguments', message })
  })

  test('that fit are passed on unchanged', async () => {
    const values = { count: 1, mode: 'fast', when: '2026-11-21', who: { name: 'Ann', more: [null, 0, ''] } }
    expect((await checked().call('tool', values)).structuredContent).toEqual(values)
  })

  test('in a sentence are shortened, however long they are', async () => {
    const { message } = await checked().call('tool', { count: 'x'.repeat(1_000_000) })
    expect(message!.length).toBeLessThan(200)
  })

  test.each([
    ['10,000 elements are taken', Array.from({ length: 9_999 }, () => 0), undefined],
    ['10,001 elements are too many', Array.from({ length: 10_000 }, () => 0), 'too_large'],
    ['64 levels are taken', nested(64), undefined],
    ['65 levels are too many', nested(65), 'too_large'],
  ])('of %s', async (_, list, code) => {
    const { call } = middle(() => [validate(collectedLog())])
    expect((await call('tool', { list })).code).toBe(code)
  })

  test('are not checked against a schema that cannot be used; the log says so once', async () => {
    const log = collectedLog()
    const broken = { type: 'object', properties: { a: { $ref: '#/$defs/missing' } } }
    const { call } = middle(() => [validate(log)], { inputSchema: broken })
    await call('tool', { a: 1 })
    expect(textOf(await call('tool', { a: 1 }))).toBe('ran')
    expect(log.of('schema not used')).toHaveLength(1)
  })
})

describe('schemas of other people', () => {
  const checked = (member: Record<string, unknown>, more: Record<string, unknown> = {}) => {
    const log = collectedLog()
    const inputSchema = { type: 'object', properties: { a: member }, ...more }
    return { log, ...middle(() => [validate(log)], { inputSchema }) }
  }
  const slow = 'a'.repeat(100_000)

  test('have patterns that no text makes take for ever', async () => {
    const { call } = checked({ type: 'string', pattern: '^(a+)+$' })
    expect(await call('tool', { a: `${slow}!` })).toMatchObject({ code: 'invalid_arguments' })
    expect(textOf(await call('tool', { a: slow }))).toBe('ran')
    expect(await call('tool', { a: 'b' })).toMatchObject({ message: 'tool: a must match pattern "^(a+)+$", got "b"' })
  })

  test('the same for the names of members', async () => {
    const { call } = checked({}, { patternProperties: { '^(x+)+$': { type: 'integer' } }, additionalProperties: false })
    expect(await call('tool', { xx: 'text' })).toMatchObject({ message: 'tool: xx must be integer, got "text"' })
    expect(await call('tool', { [`${'x'.repeat(50_000)}!`]: 1 })).toMatchObject({ code: 'invalid_arguments' })
    expect(await call('tool', { [`${'x'.repeat(4_000_000)}`]: 1 })).toMatchObject({ code: 'too_large' })
  })

  test('what cannot be tried in time is left to the tool, and everything else is checked', async () => {
    const { call } = checked({ type: 'string', pattern: '^(?!x)', maxLength: 5 })
    expect(textOf(await call('tool', { a: 'xyz' }))).toBe('ran')
    expect(await call('tool', { a: 'longer' })).toMatchObject({ code: 'invalid_arguments' })
  })

  test('texts too long for that are left to it too, the next call is checked again', async () => {
    const { call } = checked({ type: 'string', pattern: '^[a-z]+$' })
    expect(textOf(await call('tool', { a: '0'.repeat(4_000_000) }))).toBe('ran')
    expect(await call('tool', { a: '0' })).toMatchObject({ code: 'invalid_arguments' })
  })

  test('that have a pattern of members that cannot be tried in time are not used; the log says so', async () => {
    const { call, log } = checked({ type: 'string' }, { patternProperties: { '^(?!a)': { type: 'integer' } } })
    expect(textOf(await call('tool', { a: 1 }))).toBe('ran')
    expect(log.of('schema not used')).toHaveLength(1)
  })

  const deep = (levels: number, end: unknown) => {
    let value = end
    for (let level = 0; level < levels; level++) value = { a: value }
    return value as Json
  }

  test('whose references double the work at every level of the arguments are given up in time, and used for others', async () => {
    const below = { type: 'object', properties: { a: { $ref: '#/$defs/node' } } }
    const { call } = checked({ $ref: '#/$defs/node' }, { $defs: { node: { anyOf: [{ type: 'null' }, below, below] } } })
    expect(await call('tool', deep(40, 'wrong'))).toMatchObject({
      code: 'too_large',
      message: 'comparing the value with its schema takes longer than 100 ms: send less, or nested less deeply',
    })
    expect(textOf(await call('tool', deep(4, null)))).toBe('ran')
    expect(await call('tool', deep(4, 'wrong'))).toMatchObject({ code: 'invalid_arguments' })
  })

  test('whose references double the work by themselves too', async () => {
    const twice = (name: string) => ({ anyOf: [{ $ref: `#/$defs/${name}` }, { $ref: `#/$defs/${name}` }] })
    const levels = Array.from({ length: 40 }, (_, at) => [`of${at}`, at ? twice(`of${at - 1}`) : { type: 'integer' }])
    const { call } = checked(twice('of39'), { $defs: Object.fromEntries(levels) })
    expect(await call('tool', { a: 1 })).toMatchObject({ code: 'too_large' })
    expect(textOf(await call('tool', {}))).toBe('ran')
  })

  test('with many words for one long text too', async () => {
    const { call } = checked({ allOf: Array.from({ length: 1_000 }, (_, at) => ({ minLength: at, maxLength: 5_000_000 + at })) })
    expect(await call('tool', { a: 'x'.repeat(4_000_000) })).toMatchObject({ code: 'too_large' })
    expect(textOf(await call('tool', { a: 'x'.repeat(1_000) }))).toBe('ran')
  })

  test('ask for different items by their content', async () => {
    const { call } = checked({ type: 'array', uniqueItems: true })
    const items = Array.from({ length: 2_000 }, (_, at) => ({ at, more: { x: 1 } }))
    expect(textOf(await call('tool', { a: items }))).toBe('ran')
    expect(textOf(await call('tool', { a: [1, '1', true, null, [], {}, [1]] }))).toBe('ran')
    expect(await call('tool', { a: [{ x: 1, y: 2 }, 0, { y: 2, x: 1 }] })).toMatchObject({ code: 'invalid_arguments' })
    expect(await call('tool', { a: [1, 1.0] })).toMatchObject({ code: 'invalid_arguments' })
  })
})

/** A list in a list in a list, so that the arguments around it have this many levels. */
function nested(levels: number): unknown {
  let value: unknown = []
  for (let level = 2; level < levels; level++) value = [value]
  return value
}

describe('the deadline', () => {
  test('ends a call in time, tells it to stop, and the next one works', async () => {
    let reason: unknown
    const hurry = new AbortController().signal
    const { call, rows } = middle((rows) => [recording(rows), deadline({ timeout: 20, hurry })], {
      run: ({ signal, arguments: { slow } }) =>
        new Promise((resolve) => {
          if (!slow) return resolve({ content: [] })
          signal.addEventListener('abort', () => {
            reason = signal.reason
          })
        }),
    })
    expect(await call('tool', { slow: true })).toMatchObject({ code: 'timeout', message: 'tool did not answer within 0.02 s' })
    expect(reason).toMatchObject({ code: 'timeout' })
    expect(await call('tool', {})).toEqual({ content: [] })
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ['failed', 'timeout'],
      ['ok', null],
    ])
  })

  test('ends what runs when the server can wait no longer, and what comes after that', async () => {
    const hurry = new AbortController()
    const { call } = middle(() => [deadline({ timeout: 60_000, hurry: hurry.signal })], { run: () => new Promise(() => {}) })
    const running = call('tool')
    hurry.abort()
    expect(await running).toMatchObject({ code: 'unavailable' })
    expect(await call('tool')).toMatchObject({ code: 'unavailable' })
  })

  test('ends a call that its caller took back', async () => {
    const leaving = new AbortController()
    const hurry = new AbortController().signal
    const { call } = middle(() => [deadline({ timeout: 60_000, hurry })], { run: () => new Promise(() => {}) })
    const running = call('tool', {}, { signal: leaving.signal })
    leaving.abort()
    expect(await running).toMatchObject({ code: 'cancelled' })
  })
})

describe('the history', () => {
  const kept = async (values: Json, { keep, run }: { keep?: number; run?: Command['run'] } = {}) => {
    const { call, rows } = middle((rows) => [recording(rows, keep)], run ? { run } : {})
    await call('tool', values)
    const [row] = rows
    return { ...row!, parameters: JSON.parse(row!.parameters!) as Json, text: row!.parameters! }
  }

  test('keeps who called what, when, through which way, and what came of it', async () => {
    const { call, rows } = middle((rows) => [recording(rows)])
    await call('tool', { a: 1 }, { session: 'the-session' })
    expect(rows).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        kind: 'tool',
        name: 'tool',
        owner: 'far',
        callerId: 'key:1',
        callerName: 'ann',
        via: 'http',
        session: 'the-session',
        parameters: '{"a":1}',
        result: expect.stringContaining('ran'),
        error: null,
        errorCode: null,
        status: 'ok',
        ms: expect.any(Number),
        at: expect.any(Date),
        audit: 'buffered',
      },
    ])
  })

  test('keeps no secret, at any depth, of arguments or of results', async () => {
    const secrets = {
      password: 'hunter2',
      user: { Authorization: 'Bearer hunter2', profile: [{ api_key: 'hunter2', apiKey: 'hunter2' }] },
      headers: { cookie: 'hunter2', 'set-cookie': ['hunter2'], 'X-Api-Key': 'hunter2' },
      nested: { a: { b: { c: { d: { clientSecret: 'hunter2', refresh_token: { value: 'hunter2' } } } } } },
      privateKey: 'hunter2',
      credentials: { login: 'hunter2' },
    }
    const row = await kept(secrets)
    expect(row.text).not.toContain('hunter2')
    expect(row.parameters).toMatchObject({ password: '******', user: { Authorization: '******' } })
    expect(row.result).not.toContain('hunter2')
  })

  test('keeps no configured secret in the name of what was called', async () => {
    secrets.add(['hush-from-the-configuration'])
    const { call, rows } = middle((rows) => [recording(rows)])
    await call('postgres://me:hush-from-the-configuration@db/x')
    expect(rows).toMatchObject([{ name: 'postgres://me:******@db/x', errorCode: 'unknown_command' }])
  })

  test('keeps no secret in the words of what does not fit, not even half of one', async () => {
    const long = `half-a-secret-${'0123456789'.repeat(8)}`
    secrets.add([long])
    const inputSchema = {
      type: 'object',
      properties: { password: { type: 'string', maxLength: 5 }, api_key: { type: 'object' }, who: { type: 'integer' } },
      additionalProperties: false,
    }
    const { call, rows } = middle((rows) => [recording(rows), validate(collectedLog())], { inputSchema })
    const words = async (values: Json) => {
      await call('tool', values)
      return rows.pop()!.error
    }
    expect(await words({ password: 'hunter2' })).toBe(
      'tool: password must NOT have more than 5 characters, got what is not shown',
    )
    expect(await words({ api_key: ['hunter2'] })).toBe('tool: api_key must be object, got what is not shown')
    expect(await words({ who: { name: 'ann', password: 'hunter2' } })).toBe(
      'tool: who must be integer, got {"name":"ann","password":"******"}',
    )
    expect(await words({ who: `Bob ${long}` })).toMatch(/^tool: who must be integer, got "Bob \*{6}\[\d+ more characters\]"$/)
    expect(await words({ [long]: 1 })).toMatch(/^tool: arguments has no member "\*{6}"/)
  })

  test('keeps what only looks a little like a secret', async () => {
    const values = { max_tokens: 100, author: 'ann', passage: 'a text', keyboard: 'qwerty', token_count: 3, password: null }
    expect((await kept(values)).parameters).toEqual(values)
  })

  test.each([
    ['a text', { text: 'x'.repeat(1_000_000) }],
    ['a list', { list: Array.from({ length: 100_000 }, (_, index) => index) }],
    ['many members', Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`member${index}`, index]))],
    ['a long name', { ['n'.repeat(500_000)]: 1 }],
    ['lists of long texts', { list: Array.from({ length: 500 }, () => 'y'.repeat(5_000)) }],
  ])('is bounded for %s, and says that something was left out', async (_, values) => {
    const { text } = await kept(values)
    expect(text.length).toBeLessThan(40_000)
    expect(text).toMatch(/more (characters|elements|members)|\.\.\.|\[more/)
  })

  test('keeps nothing of arguments where its bound is 0, and stays valid JSON', async () => {
    expect((await kept({ a: 'secret plans' }, { keep: 0 })).text).not.toContain('secret plans')
  })

  test('keeps a long name of nobody only so far', async () => {
    const { call, rows } = middle((rows) => [recording(rows)])
    await call('z'.repeat(100_000))
    expect(rows[0]!.name).toHaveLength(200)
    expect(rows[0]).toMatchObject({ status: 'refused', errorCode: 'unknown_command', owner: '' })
  })

  test('keeps an error of ours as such, and the log has its cause with the id of the call', async () => {
    const log = collectedLog()
    const { call, rows } = middle((rows) => [record(into(rows), { audit: 'buffered', keep: 1_000 }, log)], {
      run: async () => {
        throw new Error('password=hunter2')
      },
    })
    const answer = await call('tool')
    expect(answer).toMatchObject({ code: 'internal' })
    expect(answer.message).not.toContain('hunter2')
    expect(rows).toMatchObject([{ status: 'failed', errorCode: 'internal' }])
    expect(log.of('call failed')[0]?.fields).toMatchObject({ call: rows[0]!.id, error: { message: 'password=hunter2' } })
  })
})

test('every call is counted by what came of it', async () => {
  const metrics = createMetrics()
  const { call } = middle(() => [measure(metrics), validate(collectedLog())], {
    inputSchema: { type: 'object', required: ['a'] },
  })
  await call('tool', { a: 1 })
  await call('tool', {})
  const text = await metrics.text()
  expect(text).toMatch(/outcome="ok".* 1$/m)
  expect(text).toMatch(/outcome="invalid_arguments".* 1$/m)
})

describe('a strict audit', () => {
  let system: TestSystem
  beforeAll(async () => {
    system = await start({ flags: { audit: 'strict' } })
  })
  afterAll(() => system.stop())

  const echo = (running: TestSystem, message: string) =>
    running.yard.switch.call({ kind: 'tool', name: 'echo', arguments: { message }, caller, via: 'http' })

  test('has the row of a call before it runs, and its end before the answer', async () => {
    let during: { status: string }[] = []
    system.yard.catalog.offer('test', [
      {
        kind: 'tool',
        name: 'look',
        owner: 'test',
        scope: 'call',
        definition: { name: 'look' },
        async run() {
          during = await historyOf(system, { name: 'look' })
          return { content: [] }
        },
      },
    ])
    await system.yard.switch.call({ kind: 'tool', name: 'look', caller, via: 'http' })
    expect(during).toMatchObject([{ status: 'started', audit: 'strict', ms: null }])
    expect(await historyOf(system, { name: 'look' })).toMatchObject([{ status: 'ok', audit: 'strict' }])
  })

  test('has refused calls too', async () => {
    const refused = system.yard.switch.call({ kind: 'tool', name: 'executions', caller, via: 'http' })
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' })
    expect(await historyOf(system, { name: 'executions' })).toMatchObject([{ status: 'refused', errorCode: 'forbidden' }])
  })

  withPostgres()('refuses what it cannot record, and goes on when the database is back', async () => {
    const server = await startPostgres()
    const running = await start({ flags: { audit: 'strict' }, env: { DATABASE_URL: server.url } })
    try {
      expect(await echo(running, 'before')).toMatchObject({ structuredContent: { message: 'before' } })
      await server.stop()
      await expect(echo(running, 'away')).rejects.toMatchObject({
        code: 'unavailable',
        message: 'echo was not called: the history cannot be written (audit: strict)',
      })
      await server.start()
      await until('calls are made again', () => echo(running, 'after').then(() => true))
      const done = () => historyOf(running, { name: 'echo', status: 'ok' })
      await until('both ends are written', async () => (await done()).length === 2)
      expect((await done()).map(({ parameters }) => (parameters as Json).message)).toEqual(['after', 'before'])
    } finally {
      await running.stop()
      await server.remove()
    }
  })

  withPostgres()('of the other kind goes on without the database, and writes what it owes when it is back', async () => {
    const server = await startPostgres()
    const running = await start({ env: { DATABASE_URL: server.url } })
    try {
      await server.stop()
      const marker = randomUUID()
      expect(await echo(running, marker)).toMatchObject({ structuredContent: { message: marker } })
      await server.start()
      await until('the row is there', async () => (await historyOf(running, { text: marker })).length === 1)
    } finally {
      await running.stop()
      await server.remove()
    }
  })
})
