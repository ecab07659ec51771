/** What is promised about MCP servers behind us: their lists, their calls, and what happens when they go away. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { LoggingMessageNotificationSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../app/root.ts'
import { processes, upstreams } from '../app/store/schema.ts'
import { connect, textOf } from './clients.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { defaultTools, type FakeSpec, plainTool } from './fakes/mcp-server.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { call, Events, handshake, type Message, notification, openEvents, post } from './fakes/wire.ts'
import { until } from './until.ts'

let store: OpenStore
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreams)
})

async function fakeServer(spec?: FakeSpec): Promise<HttpFake> {
  const fake = await startHttpFake(spec)
  undo.push(() => fake.stop())
  return fake
}

async function system(mcpServers: Record<string, object>): Promise<UpstreamYard> {
  const started = await startUpstreamYard(store.database, mcpServers)
  undo.push(() => started.stop())
  return started
}

async function client(to: UpstreamYard): Promise<Client> {
  const connected = await connect('http', to.url)
  undo.push(() => connected.close())
  return connected
}

/** The fake as a program that Switchyard starts. */
const program = (spec: FakeSpec = {}) => ({
  command: process.execPath,
  args: ['--import', 'tsx', 'test/fakes/mcp-stdio.ts', JSON.stringify(spec)],
  cwd: packageRoot,
})

const toolsOf = async (asked: Client) => (await asked.listTools()).tools
const namesOf = async (asked: Client, prefix: string) =>
  (await toolsOf(asked)).map(({ name }) => name).filter((name) => name.startsWith(prefix))

describe('names', () => {
  test('have the name of their server in front, another prefix where one is given, or none', async () => {
    const tools = [plainTool('find')]
    const [one, two, three] = [await fakeServer({ tools }), await fakeServer({ tools }), await fakeServer({ tools })]
    const running = await system({
      one: { url: `${one.url}/mcp` },
      two: { url: `${two.url}/mcp`, prefix: 'other-' },
      three: { url: `${three.url}/mcp`, prefix: '' },
    })
    const asked = await client(running)
    expect(await toolsOf(asked)).toEqual(
      expect.arrayContaining([
        { ...plainTool('one_find'), description: 'The tool find', _meta: { 'switchyard/name': 'find' } },
        { ...plainTool('other-find'), description: 'The tool find', _meta: { 'switchyard/name': 'find' } },
        plainTool('find'),
      ]),
    )
    for (const [name, fake] of [
      ['one_find', one],
      ['other-find', two],
      ['find', three],
    ] as const) {
      await asked.callTool({ name })
      expect(fake.seen.asked.at(-1)).toBe('tools/call find')
    }
  })

  test('that are taken are refused to the later one, and the log names both owners', async () => {
    const [first, second] = [await fakeServer(), await fakeServer()]
    first.spec.tools = [plainTool('shared'), plainTool('own')]
    second.spec.tools = [plainTool('shared'), plainTool('echo')]
    const running = await system({
      first: { url: `${first.url}/mcp`, prefix: '' },
      second: { url: `${second.url}/mcp`, prefix: '' },
    })
    await running.becomes('second', 'connected')
    const refused = running.log.of('name is taken').map(({ fields }) => [fields.name, fields.owner, fields.holder])
    expect(refused).toEqual([
      ['shared', 'second', 'first'],
      ['echo', 'second', 'switchyard'],
    ])
    await (await client(running)).callTool({ name: 'shared' })
    expect(first.seen.asked).toContain('tools/call shared')
    expect(second.seen.asked).not.toContain('tools/call shared')
  })

  test('that model APIs would not take are mapped, stay apart, and keep the original', async () => {
    const names = ['files/read', 'get.weather', 'найти', 'взять', 'x'.repeat(70), `${'x'.repeat(69)}y`]
    const fake = await fakeServer({ tools: names.map(plainTool) })
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    const tools = (await toolsOf(asked)).filter(({ name }) => name.startsWith('far_'))
    expect(tools.map(({ _meta }) => _meta?.['switchyard/name'])).toEqual(names)
    expect(new Set(tools.map(({ name }) => name)).size).toBe(names.length)
    for (const { name } of tools) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    expect(tools.slice(0, 2).map(({ name }) => name)).toEqual(['far_files_read', 'far_get_weather'])
    await asked.callTool({ name: tools[2]!.name })
    expect(fake.seen.asked.at(-1)).toBe('tools/call найти')
  })

  test('of resources stay as they are: the first server to have a URI keeps it', async () => {
    const resources = [{ uri: 'fake://same', name: 'same' }]
    const [one, two] = [await fakeServer({ name: 'one', resources }), await fakeServer({ name: 'two', resources })]
    const running = await system({ one: { url: `${one.url}/mcp` }, two: { url: `${two.url}/mcp` } })
    await running.becomes('two', 'connected')
    const asked = await client(running)
    expect((await asked.listResources()).resources).toEqual(resources)
    expect((await asked.readResource({ uri: 'fake://same' })).contents[0]).toMatchObject({ text: 'one: fake://same' })
    expect(running.log.of('name is taken')[0]?.fields).toMatchObject({ name: 'fake://same', owner: 'two', holder: 'one' })
  })
})

describe('definitions', () => {
  test('without a usable input schema become ones that clients take, and null is left out', async () => {
    const tools = [
      { name: 'empty', description: 'x', inputSchema: {} },
      { name: 'none', description: 'x' },
      { name: 'untyped', inputSchema: { properties: { a: { type: 'string' } } } },
      { name: 'nulls', description: null, inputSchema: { type: 'object' }, outputSchema: null, annotations: null },
      { description: 'has no name' },
    ]
    const fake = await fakeServer({ tools })
    const running = await system({ far: { url: `${fake.url}/mcp` } })
    const listed = (await toolsOf(await client(running))).filter(({ name }) => name.startsWith('far_'))
    expect(listed.map(({ name, inputSchema }) => [name, inputSchema])).toEqual([
      ['far_empty', { type: 'object', properties: {} }],
      ['far_none', { type: 'object', properties: {} }],
      ['far_untyped', { type: 'object', properties: { a: { type: 'string' } } }],
      ['far_nulls', { type: 'object' }],
    ])
    expect(Object.keys(listed[3]!).sort()).toEqual(['_meta', 'inputSchema', 'name'])
    expect(running.log.of('entries left out: they are not of the shape that MCP asks for')[0]?.fields).toMatchObject({
      upstream: 'far',
      dropped: 1,
    })
  })

  test('that clients would refuse the whole list for are mended, or left out', async () => {
    const fake = await fakeServer({
      tools: [
        { ...plainTool('fine'), inputSchema: { type: 'object', properties: { a: { type: 'string' } } } },
        { ...plainTool('wordy'), description: ['not', 'a', 'text'], title: 5, annotations: 'none' },
        {
          ...plainTool('loose'),
          inputSchema: { type: 'object', properties: { anything: true } },
          outputSchema: { type: 'array' },
        },
      ],
      resources: [{ uri: 'fake://fine', name: 'fine', size: 'large' }],
      prompts: [
        { name: 'fine', arguments: [{ name: 'a' }] },
        { name: 'odd', arguments: [null] },
      ],
    })
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    const tools = (await toolsOf(asked)).filter(({ name }) => name.startsWith('far_'))
    expect(tools.map(({ _meta, ...shown }) => shown)).toEqual([
      {
        ...plainTool('far_fine'),
        description: 'The tool fine',
        inputSchema: { type: 'object', properties: { a: { type: 'string' } } },
      },
      { name: 'far_wordy', inputSchema: { type: 'object', properties: {} } },
      { name: 'far_loose', description: 'The tool loose', inputSchema: { type: 'object' } },
    ])
    expect((await asked.listResources()).resources).toEqual([{ uri: 'fake://fine', name: 'fine' }])
    expect((await asked.listPrompts()).prompts.map((prompt) => [prompt.name, prompt.arguments])).toEqual([
      ['far_fine', [{ name: 'a' }]],
      ['far_odd', undefined],
    ])
  })

  test('keep every member, and schemas come through to the letter', async () => {
    const inputSchema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { address: { $anchor: 'address', type: 'object', properties: { street: { type: 'string' } } } },
      properties: { home: { $ref: '#/$defs/address' }, mode: { type: ['string', 'null'], enum: ['a', 'b', null] } },
      allOf: [{ if: { required: ['mode'] }, else: { required: ['home'] } }],
      additionalProperties: false,
      'x-unknown': { deep: [1, { two: 2 }] },
    }
    const tool = {
      name: 'rich',
      title: 'Rich',
      description: 'Has everything',
      inputSchema,
      annotations: { readOnlyHint: true, 'x-hint': 1 },
      icons: [{ src: 'https://example.com/i.png', mimeType: 'image/png' }],
      _meta: { 'example/kept': { a: 1 } },
      'x-unknown': 'kept',
    }
    const fake = await fakeServer({ tools: [tool] })
    const running = await system({ far: { url: `${fake.url}/mcp` } })
    const response = await rawCall(running, { jsonrpc: '2.0', id: 2, method: 'tools/list' })
    const { tools } = response.result as { tools: { name: string }[] }
    const listed = tools.find(({ name }) => name === 'far_rich')
    const expected = { ...tool, name: 'far_rich', _meta: { 'example/kept': { a: 1 }, 'switchyard/name': 'rich' } }
    expect(listed).toEqual(expected)
    expect(JSON.stringify((listed as unknown as typeof tool).inputSchema)).toBe(JSON.stringify(inputSchema))
  })

  test('come from all pages of a list', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `tool${index}`)
    const fake = await fakeServer({ tools: names.map(plainTool), pageSize: 10 })
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    expect(await namesOf(asked, 'far_')).toEqual(names.map((name) => `far_${name}`))
    expect(fake.seen.asked.filter((what) => what === 'tools/list')).toHaveLength(3)
  })

  test('of templates that are none harm nobody', async () => {
    const fake = await fakeServer({
      templates: [
        { uriTemplate: 'fake://{broken', name: 'broken' },
        { uriTemplate: 'fake://item/{id}', name: 'item' },
      ],
    })
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    expect((await asked.readResource({ uri: 'fake://item/9' })).contents[0]).toMatchObject({ text: 'fake: fake://item/9' })
    await expect(asked.readResource({ uri: 'other://thing' })).rejects.toMatchObject({ code: -32002 })
    await expect(asked.readResource({ uri: `fake://item/${'9'.repeat(1_100_000)}` })).rejects.toMatchObject({ code: -32002 })
  })
})

describe('a list', () => {
  test('that changed is looked at again, and clients are told', async () => {
    const fake = await fakeServer({ tools: [plainTool('before')] })
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    const told = new Promise((resolve) => asked.setNotificationHandler(ToolListChangedNotificationSchema, resolve))
    fake.spec.tools = [plainTool('after')]
    await until('the stream to the fake is open', async () => {
      await fake.changed()
      return (await namesOf(asked, 'far_')).includes('far_after')
    })
    await told
    expect(await namesOf(asked, 'far_')).toEqual(['far_after'])
  })

  test('that changed while it was on its way is not missed', async () => {
    const running = await system({ far: program({ tools: [plainTool('before')], nextTools: [plainTool('after')] }) })
    await until('the newer list is there', () => running.catalog.find('tool', 'far_after'))
  })

  test('that is never answered delays nobody: what was known stays', async () => {
    const fake = await fakeServer({ tools: [plainTool('known')] })
    const running = await system({ far: { url: `${fake.url}/mcp` } })
    const asked = await client(running)
    fake.spec.silent = true
    const before = fake.seen.asked.length
    await until('the fake was asked again', async () => {
      await fake.changed()
      return fake.seen.asked.length > before
    })
    expect(await namesOf(asked, 'far_')).toEqual(['far_known'])
    expect(textOf(await asked.callTool({ name: 'far_known' }))).toBe('{}')
  })

  test('that has not come yet does not hold up the start, nor the lists of others', async () => {
    const [slow, quick] = [await fakeServer({ silent: true }), await fakeServer({ tools: [plainTool('here')] })]
    const running = await system({ slow: { url: `${slow.url}/mcp` }, quick: { url: `${quick.url}/mcp` } })
    expect(await namesOf(await client(running), 'quick_')).toEqual(['quick_here'])
    expect(running.state('slow').state).toBe('connecting')
  })
})

describe.each(['stdio', 'http', 'sse'] as const)('a call over %s', (transport) => {
  async function far() {
    if (transport === 'stdio') return system({ far: program() })
    const fake = await fakeServer()
    return system({ far: { url: `${fake.url}/${transport === 'sse' ? 'sse' : 'mcp'}` } })
  }

  test('comes back as the server wrote it, with what we do not know', async () => {
    const { result } = await rawCall(await far(), call('far_echo', { a: [1, null], b: 'ü' }, 2, { 'example/passed': 1 }))
    expect(result).toEqual({
      content: [{ type: 'text', text: '{"a":[1,null],"b":"ü"}' }],
      _meta: { 'x/kept': 1 },
      'x-kept': true,
    })
  })

  test('tells of all its progress before the answer, under the token of whoever called', async () => {
    const messages = await rawStream(await far(), call('far_steps', { count: 20 }, 'me', { progressToken: 'mine' }))
    const steps = messages.slice(0, -1).map(({ method, params }) => [method, params?.progressToken, params?.progress])
    expect(steps).toEqual(Array.from({ length: 20 }, (_, index) => ['notifications/progress', 'mine', index + 1]))
    expect(messages.at(-1)).toMatchObject({ id: 'me', result: { content: [{ text: 'done' }] } })
  })

  test('passes log messages on, from the level that the client wants', async () => {
    const running = await far()
    const asked = await client(running)
    const heard: string[] = []
    asked.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.level))
    await asked.callTool({ name: 'far_talk' })
    await until('info and error are heard', () => heard.length === 2)
    expect(heard).toEqual(['info', 'error'])
    await asked.setLoggingLevel('debug')
    await asked.callTool({ name: 'far_talk' })
    await until('all three are heard', () => heard.length === 5)
    expect(heard.slice(2)).toEqual(['debug', 'info', 'error'])
  })

  test('that the server refuses is a result that says so, with what it said', async () => {
    const { result } = await rawCall(await far(), call('far_refuse', { code: -32077, message: 'sold out' }))
    expect(result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: expect.stringMatching(/^far: .*sold out$/) }],
      _meta: {
        'switchyard/error': {
          code: 'upstream_failed',
          upstream: 'far',
          upstream_code: -32077,
          upstream_data: { hint: 'ask tomorrow' },
        },
      },
    })
  })
})

describe('a call that nobody waits for any more', () => {
  test('is taken back at the server when the client takes it back', async () => {
    const fake = await fakeServer()
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    const leaving = new AbortController()
    const answer = asked.callTool({ name: 'far_wait' }, undefined, { signal: leaving.signal })
    await until('it runs', () => fake.seen.asked.includes('tools/call wait'))
    leaving.abort()
    await expect(answer).rejects.toThrow()
    await until('the server has heard', () => fake.seen.cancelled === 1)
  })

  test('is taken back when the client of an event stream goes away', async () => {
    const fake = await fakeServer()
    const running = await system({ far: { url: `${fake.url}/sse` } })
    const events: Events = await openEvents(`${running.url}/sse`)
    const to = new URL((await events.next())!.data, running.url).href
    await post(to, handshake())
    await post(to, call('far_wait'))
    await until('it runs', () => fake.seen.asked.includes('tools/call wait'))
    await events.close()
    await until('the server has heard', () => fake.seen.cancelled === 1)
  })

  test('is taken back when its time is up, and the next one works', async () => {
    const fake = await fakeServer()
    const asked = await client(await system({ far: { url: `${fake.url}/mcp`, timeout: 2 } }))
    const late = await asked.callTool({ name: 'far_wait' })
    expect(late.isError).toBe(true)
    expect(textOf(late)).toBe('far_wait did not answer within 2 s')
    await until('the server has heard', () => fake.seen.cancelled === 1)
    expect(textOf(await asked.callTool({ name: 'far_echo' }))).toBe('{}')
  })
})

describe('a server that goes away', () => {
  test('keeps its lists, is marked, comes back by itself, and others do not notice', async () => {
    const other = await fakeServer({ tools: [plainTool('here')] })
    const running = await system({ far: program(), other: { url: `${other.url}/mcp` } })
    const asked = await client(running)
    await running.becomes('far', 'connected')
    const { pid } = running.state('far')
    process.kill(pid!, 'SIGKILL')
    await until('it is missed', () => running.state('far').pid !== pid)
    expect(await namesOf(asked, 'far_')).toHaveLength(defaultTools.length)
    expect(textOf(await asked.callTool({ name: 'other_here' }))).toBe('{}')
    await running.becomes('far', 'connected')
    expect(running.state('far').pid).not.toBe(pid)
    expect(running.log.of('upstream lost')).toHaveLength(1)
  })

  test('in the middle of a call is told to whoever called', async () => {
    const running = await system({ far: program() })
    const died = await (await client(running)).callTool({ name: 'far_die' })
    expect(died.isError).toBe(true)
    expect(textOf(died)).toBe('far: the connection ended before the answer came')
  })

  test('and stays away is told with the reason and the time of the next try, and a call brings it back', async () => {
    const fake = await fakeServer({ tools: [plainTool('echo')] })
    const running = await system({ far: { url: `${fake.url}/sse` } })
    const asked = await client(running)
    await fake.stop()
    await running.becomes('far', 'stale')
    const away = await asked.callTool({ name: 'far_echo' })
    expect(textOf(away)).toMatch(/^far is away \(.+\): the next try is in \d+ s$/)
    const failure = { code: 'upstream_away', upstream: 'far', next_try_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) }
    expect(away._meta).toEqual({ 'switchyard/error': failure })
    expect(running.state('far').nextTryAt).not.toBeNull()

    await fake.start()
    // Not the very first: a try that failed a moment ago is not repeated for every call.
    await until('a call brings it back', async () => textOf(await asked.callTool({ name: 'far_echo' })) === '{}')
    await running.becomes('far', 'connected')
  })

  test('without a word is missed at the first call, and found again', async () => {
    const fake = await fakeServer({ tools: [plainTool('echo')] })
    const running = await system({ far: { url: `${fake.url}/mcp` } })
    const asked = await client(running)
    await fake.stop()
    const away = await asked.callTool({ name: 'far_echo' })
    expect(textOf(away)).toMatch(/^far.*ECONNREFUSED/)
    await running.becomes('far', 'stale')
    await fake.start()
    expect(textOf(await asked.callTool({ name: 'far_echo' }))).toBe('{}')
  })

  test('and has forgotten the session is asked for a new one, and the call is made once', async () => {
    const fake = await fakeServer({ tools: [plainTool('echo')] })
    const asked = await client(await system({ far: { url: `${fake.url}/mcp` } }))
    fake.forget()
    const answers = await Promise.all([1, 2, 3].map((n) => asked.callTool({ name: 'far_echo', arguments: { n } })))
    expect(answers.map(textOf)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'])
    expect(fake.seen.asked.filter((what) => what === 'tools/call echo')).toHaveLength(3)
    expect(fake.sessions()).toBe(2)
  })

  test('before we start is listed at once from what it offered earlier', async () => {
    const fake = await fakeServer({
      tools: [{ ...plainTool('known'), 'x-order': { b: 1, a: 2 } }],
      resources: [{ uri: 'fake://known', name: 'known' }],
      prompts: [{ name: 'known' }],
    })
    const servers = { far: { url: `${fake.url}/mcp` } }
    const first = await startUpstreamYard(store.database, servers)
    await first.becomes('far', 'connected')
    const listed = first.catalog
      .list('tools', { caller: { id: 'x', name: 'x', scopes: ['call'] }, via: 'http' })
      .map(({ definition }) => definition)
    await first.stop()
    await fake.stop()
    undo.push(() => fake.start())

    const running = await system(servers)
    expect(
      running.catalog
        .list('tools', { caller: { id: 'x', name: 'x', scopes: ['call'] }, via: 'http' })
        .map(({ definition }) => definition),
    ).toEqual(listed)
    const asked = await client(running)
    expect((await asked.listResources()).resources).toHaveLength(1)
    expect((await asked.listPrompts()).prompts).toHaveLength(1)
    await running.becomes('far', 'stale')
    expect(running.state('far').lastConnectedAt).not.toBeNull()
  })
})

describe('a program', () => {
  test('has an environment of what is configured and little else', async () => {
    const far = { ...program(), env: { ONLY: 'this' } }
    const running = await system({ far })
    const environment = JSON.parse(textOf(await (await client(running)).callTool({ name: 'far_environment' })))
    expect(environment).toMatchObject({ ONLY: 'this', PATH: expect.any(String) })
    const allowed = ['HOME', 'LANG', 'LC_ALL', 'ONLY', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER']
    expect(Object.keys(environment).filter((name) => !allowed.includes(name))).toEqual([])
  })

  test('that cannot be started says what is wrong, and the rest of the system starts', async () => {
    const running = await system({ far: { command: 'no-such-program-anywhere' } })
    const { state, error } = running.state('far')
    expect({ state, error }).toEqual({ state: 'stale', error: expect.stringContaining('no-such-program-anywhere') })
    expect(await namesOf(await client(running), 'echo')).toEqual(['echo'])
  })

  test('that dies at once says its last words', async () => {
    const running = await system({ far: { command: 'sh', args: ['-c', 'echo "license expired" >&2; exit 3'] } })
    await until('its words are known', () => running.state('far').error?.includes('license expired'))
  })

  test('is in the ledger while it runs, and not after a stop', async () => {
    const running = await startUpstreamYard(store.database, { far: program() })
    await running.becomes('far', 'connected')
    const { pid } = running.state('far')
    expect(await ledger()).toEqual([{ pid, upstream: 'far' }])
    await running.stop()
    expect(await ledger()).toEqual([])
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH')
  })
})

const ledger = () => store.database.db.select({ pid: processes.pid, upstream: processes.upstream }).from(processes)

/** Everything that one POST brings back, in a session of its own. */
async function rawStream(running: UpstreamYard, message: object) {
  const at = `${running.url}/mcp`
  const begun = await post(at, handshake())
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' }
  await post(at, notification('notifications/initialized'), session)
  const response = await post(at, message, session)
  if (response.headers.get('content-type') === 'application/json') return [(await response.json()) as Message]
  return new Events(response).all()
}

const rawCall = async (running: UpstreamYard, message: object) => (await rawStream(running, message)).at(-1)!
