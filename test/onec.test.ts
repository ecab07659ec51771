/** What is promised about 1C bases behind us: their lists and results reach every client whole, and whatever goes wrong says what and why. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { upstreams as upstreamRows } from '../app/store/schema.ts'
import { shortText } from '../app/upstreams/onec/short-text.ts'
import { connect, textOf, wires } from './clients.ts'
import { shakeHands } from './fakes/hand.ts'
import { askModern, modern, modernCall, retry } from './fakes/modern.ts'
import { type OnecBase, type Published, startOnecBase } from './fakes/onec-base.ts'
import { type OnecSpec, orders, plainSpec, stack } from './fakes/onec-dispatcher.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { call } from './fakes/wire.ts'

let store: OpenStore
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreamRows)
})

async function base(spec: Partial<OnecSpec> = {}, web: Partial<Published> = {}): Promise<OnecBase> {
  const started = await startOnecBase(spec, web)
  undo.push(() => started.stop())
  return started
}

async function system(...entries: object[]): Promise<UpstreamYard> {
  const upstreams = entries.map((entry) => ({ name: 'erp', kind: 'onec', prefix: '', ...entry }))
  const started = await startUpstreamYard(store.database, {}, { entries: upstreams })
  undo.push(() => started.stop())
  return started
}

async function client(to: UpstreamYard, wire: 'sse' | 'http' = 'http'): Promise<Client> {
  const connected = await connect(wire, to.url)
  undo.push(() => connected.close())
  return connected
}

/** One tool with this result, asked through a real client. */
async function called(result: unknown, generation: OnecSpec['generation'] = 'new'): Promise<Json> {
  const far = await base({ generation, results: { list_orders: () => result } })
  const asked = await client(await system({ url: far.url }))
  return (await asked.callTool({ name: 'list_orders' })) as Json
}

const toolNames = async (asked: Client) => (await asked.listTools()).tools.map(({ name }) => name)

describe('a base as it is', () => {
  test.each(wires.filter((wire) => wire !== 'websocket'))(
    'lists, calls, reads and prompts through a real client over %s',
    async (wire) => {
      const far = await base()
      const asked = await client(await system({ url: far.url }), wire)
      const { tools } = await asked.listTools()
      expect(tools).toContainEqual({ ...orders, inputSchema: { type: 'object', properties: { limit: { type: 'number' } } } })
      expect(tools).toContainEqual({
        name: 'list_metadata_objects',
        description: 'Metadata',
        inputSchema: { type: 'object', properties: {} },
      })
      const { isError, content } = (await asked.callTool({ name: 'list_orders', arguments: { limit: 10 } })) as Json
      expect({ isError, content }).toEqual({ isError: false, content: [{ type: 'text', text: '10 rows' }] })
      expect(await asked.readResource({ uri: 'metadata://catalogs' })).toEqual({
        contents: [{ uri: 'metadata://catalogs', mimeType: 'text/plain', text: 'Контрагенты' }],
      })
      expect(await asked.getPrompt({ name: 'review', arguments: { x: 'it' } })).toEqual({
        description: 'd',
        messages: [{ role: 'user', content: { type: 'text', text: 'look at it' } }],
      })
    },
  )

  test('is asked with ids that count up and with params that are an object', async () => {
    const far = await base()
    const asked = await client(await system({ url: far.url }))
    await asked.callTool({ name: 'list_orders' })
    const ids = far.asked.map(({ message }) => message.id as number)
    expect(ids).toEqual(ids.map((_, index) => index + 1))
    expect(far.asked.map(({ method }) => method)).toEqual([
      'initialize',
      'tools/list',
      'resources/list',
      'prompts/list',
      'tools/call',
    ])
    expect(far.of('tools/list')[0]!.message).toEqual({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} })
    expect(far.of('tools/call')[0]!.params).toEqual({ name: 'list_orders', arguments: {} })
  })

  test('may begin every answer with a byte order mark', async () => {
    const far = await base({}, { mark: true })
    expect(await toolNames(await client(await system({ url: far.url })))).toContain('list_orders')
  })

  test('may know no initialize; one that does says its name and its instructions, which reach clients of both eras', async () => {
    const dumb = await base({ lacks: ['initialize'] })
    const wise = await base({ instructions: 'Сначала спроси метаданные.' })
    const running = await system({ url: dumb.url, name: 'dumb', prefix: 'dumb_' }, { url: wise.url, name: 'wise' })
    expect(running.state('dumb')).toMatchObject({ state: 'connected', server: null })
    expect(running.state('wise').server).toEqual({ name: '1C MCP Server', version: '1.0.0' })
    expect((await client(running)).getInstructions()).toBe('## wise\n\nСначала спроси метаданные.')
    const { answer } = await askModern(running.url, modern('server/discover'))
    expect(answer.result?.instructions).toBe('## wise\n\nСначала спроси метаданные.')
  })

  test('is read page by page where it has pages, and no cursor is sent where it gave none', async () => {
    const tools = Array.from({ length: 7 }, (_, index) => ({ ...orders, name: `t${index}` }))
    const far = await base({ tools, page: 3 })
    const names = await toolNames(await client(await system({ url: far.url })))
    expect(names.filter((name) => name.startsWith('t'))).toEqual(tools.map(({ name }) => name))
    expect(far.of('tools/list').map(({ params }) => params)).toEqual([{}, { cursor: '3' }, { cursor: '6' }])
  })

  test('that gives the same cursor for ever is left after the second time', async () => {
    const far = await base({ tools: { tools: [orders], nextCursor: 'again' } })
    const running = await system({ url: far.url })
    expect(running.state('erp').leftOut).toContain('more tools: the base gave the same cursor twice')
    expect(far.of('tools/list')).toHaveLength(2)
  })
})

describe('whom the base takes us for', () => {
  test.each([
    ['Администратор', 'пароль:с двоеточием'],
    ['robot', ''],
    ['Žofia', 'heslo ľ €'],
  ])('%s with the password "%s"', async (username, password) => {
    const far = await base({}, { users: { [username]: password } })
    const asked = await client(await system({ url: far.url, username, password }))
    expect(textOf(await asked.callTool({ name: 'list_orders' }))).toBe('3 rows')
    expect(far.of('tools/call')[0]!.user).toBe(username)
  })

  test('a wrong password and a missing right say so, and whose', async () => {
    const far = await base({}, { users: { robot: 'secret' }, forbidden: ['guest'] })
    far.web.users.guest = 'guest'
    const running = await system(
      { url: far.url, username: 'robot', password: 'wrong' },
      { name: 'other', url: far.url, username: 'guest', password: 'guest' },
    )
    expect(running.state('erp')).toMatchObject({ state: 'stale', refused: true })
    expect(running.state('erp').error).toMatch(/does not let robot in: look at username and password \(HTTP 401\)/)
    expect(running.state('other').error).toMatch(/lets guest in, but not to this service/)
  })

  test('sees what that user has a right to', async () => {
    const far = await base({ rights: { reader: ['list_orders'] } }, { users: { reader: 'r', boss: 'b' } })
    const running = await system(
      { url: far.url, username: 'reader', password: 'r', prefix: 'reader_' },
      { name: 'boss', url: far.url, username: 'boss', password: 'b', prefix: 'boss_' },
    )
    const names = await toolNames(await client(running))
    expect(names.filter((name) => /^(reader|boss)_/.test(name))).toEqual([
      'reader_list_orders',
      'boss_list_orders',
      'boss_list_metadata_objects',
    ])
  })

  test('gets into a locked base with the unlock code, sent with every request', async () => {
    const far = await base({}, { unlock: 'КодРазрешения' })
    const running = await system({ url: far.url, unlock_code: 'КодРазрешения' }, { name: 'shut', url: far.url, prefix: 'shut_' })
    await (await client(running)).callTool({ name: 'list_orders' })
    expect(running.state('shut').error).toMatch(/HTTP 500: Начало сеанса с информационной базой запрещено/)
    const uc = `?uc=${encodeURIComponent('КодРазрешения')}`
    const sent = far.requests.filter((line) => line.endsWith(uc))
    expect(sent.map((line) => line.split(' ')[0])).toEqual(['GET', 'POST', 'POST', 'POST', 'POST', 'POST'])
  })
})

describe('an address that is wrong', () => {
  test('in the case of its letters is refused with the way out, and no request is followed as something else', async () => {
    const far = await base()
    const running = await system({ url: far.url.replace('Trade', 'trade') })
    expect(running.state('erp').error).toMatch(
      /write the base's name in url exactly as it is published, capital letters included/,
    )
    expect(far.asked).toEqual([])
  })

  test('says where nothing is published', async () => {
    const far = await base()
    const running = await system({ url: far.url, service_root: '/wrong/' })
    expect(running.state('erp').error).toMatch(/nothing is published at \/Trade\/hs\/wrong\/health: look at .* service_root/)
  })
})

describe('what goes wrong in a base', () => {
  test.each(['old', 'new'] as const)('of the %s generation is an error with a text, without its stack', async (generation) => {
    const far = await base({
      generation,
      results: {
        list_orders: () => {
          throw new Error('Заказ не найден')
        },
      },
    })
    const running = await system({ url: far.url })
    const asked = await client(running)
    const result = (await asked.callTool({ name: 'list_orders' })) as Json
    expect(result.isError).toBe(true)
    expect(textOf(result)).toContain('Заказ не найден: Деление на 0')
    expect(JSON.stringify(result)).not.toMatch(/Модуль|Module|ВызватьИсключение|HTTPСервис|\(123\)/)
    if (generation === 'old') {
      expect(textOf(result)).toMatch(/^erp: tools\/call list_orders failed: .* \(after [\d.]+ s\)$/s)
      // Whoever looks after the base finds the whole of it.
      expect(JSON.stringify(running.log.of('1c error')[0]?.fields)).toContain('mcp_ОбработкаЗапросов')
    }
    await expect(asked.readResource({ uri: 'metadata://catalogs' })).rejects.toThrow(
      /erp: resources\/read metadata:\/\/catalogs failed/,
    )
    await expect(asked.getPrompt({ name: 'review', arguments: { x: '1' } })).rejects.toThrow(/erp: prompts\/get review failed/)
  })

  test('is said to be an unknown resource where the base says that', async () => {
    const far = await base({ results: {} })
    const asked = await client(await system({ url: far.url }))
    await expect(asked.readResource({ uri: 'metadata://catalogs' })).rejects.toMatchObject({ code: -32002 })
  })

  test('without a word still says what failed and after how many seconds', async () => {
    const result = await called({ content: [{ type: 'text', text: '' }], isError: true })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/^erp: tools\/call list_orders failed after [\d.]+ s, and the base does not say why$/)
  })

  test('a call that hangs ends after its time, with method and seconds, and the next one works', async () => {
    const far = await base({}, { hangs: ['tools/call'] })
    const asked = await client(await system({ url: far.url, timeout: 2 }))
    const result = (await asked.callTool({ name: 'list_orders' })) as Json
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/^erp: tools\/call list_orders .*\d s/)
    far.web.hangs = []
    expect(textOf(await asked.callTool({ name: 'list_orders' }))).toBe('3 rows')
  })

  test.each([
    [
      'a page of the web server',
      { status: 502, type: 'text/html', body: '<html><style>x</style><b>Bad Gateway</b></html>' },
      /HTTP 502: Bad Gateway/,
    ],
    [
      'a page in the place of an answer',
      { status: 200, type: 'text/html', body: '<h1>1C</h1>' },
      /does not say that the base is well: 1C/,
    ],
  ])('%s is told as what it is', async (_, instead, words) => {
    const far = await base({}, { instead })
    expect((await system({ url: far.url })).state('erp').error).toMatch(words)
  })

  test('a tools list that fails never comes out empty: the base counts as away and says why', async () => {
    const far = await base({ tools: undefined })
    const running = await system({ url: far.url })
    expect(running.state('erp')).toMatchObject({ state: 'stale' })
    expect(running.state('erp').error).toMatch(/erp: tools\/list/)
  })

  test('another list that fails leaves the rest, and is named', async () => {
    const far = await base({ resources: 'broken' })
    const running = await system({ url: far.url })
    expect(await toolNames(await client(running))).toContain('list_orders')
    expect(running.state('erp').leftOut).toEqual(['all resources: erp: resources/list came back without a list of resources'])
  })

  test('a base away keeps its lists, and is found again at the same address without a restart', async () => {
    const far = await base()
    const running = await system({ url: far.url, check_every: 0.1 })
    await far.stop()
    await running.becomes('erp', 'stale')
    const asked = await client(running)
    expect(await toolNames(asked)).toContain('list_orders')
    const result = (await asked.callTool({ name: 'list_orders' })) as Json
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/^erp: tools\/call list_orders/)
    await far.start()
    await running.becomes('erp', 'connected')
    expect(textOf(await asked.callTool({ name: 'list_orders' }))).toBe('3 rows')
  })
})

describe('a definition that clients would refuse', () => {
  const listed = async (tool: Json): Promise<Json> => {
    const far = await base({ tools: [tool, orders] })
    const { tools } = await (await client(await system({ url: far.url }))).listTools()
    expect(tools.map(({ name }) => name)).toContain('list_orders')
    return tools.find(({ name }) => name === tool.name) as unknown as Json
  }

  test.each<[string, unknown, Json]>([
    ['{}', {}, { type: 'object', properties: {} }],
    ['nothing', undefined, { type: 'object', properties: {} }],
    ['null', null, { type: 'object', properties: {} }],
    ['a text', 'object', { type: 'object', properties: {} }],
    [
      'doubled enum values',
      { type: 'object', properties: { kind: { type: 'string', enum: ['a', 'b', 'a'] } } },
      { type: 'object', properties: { kind: { type: 'string', enum: ['a', 'b'] } } },
    ],
    [
      'doubled enum values further inside',
      { type: 'object', properties: { rows: { type: 'array', items: { enum: [1, 1] } } } },
      { type: 'object', properties: { rows: { type: 'array', items: { enum: [1] } } } },
    ],
    [
      'nulls and required at the property',
      { type: 'object', properties: { x: { type: 'String', description: null, required: true } }, required: null },
      { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] },
    ],
    [
      'several types, which are right',
      { type: 'object', properties: { x: { type: ['string', 'null'], 'x-own': 1 } } },
      { type: 'object', properties: { x: { type: ['string', 'null'], 'x-own': 1 } } },
    ],
  ])('has its input schema mended: %s', async (_, inputSchema, mended) => {
    expect((await listed({ name: 'odd', inputSchema })).inputSchema).toEqual(mended)
  })

  test('loses null, keeps what we do not know', async () => {
    const tool = await listed({ name: 'odd', description: null, annotations: { readOnlyHint: true }, _meta: { own: 1 } })
    expect(tool).toEqual({
      name: 'odd',
      annotations: { readOnlyHint: true },
      _meta: { own: 1 },
      inputSchema: { type: 'object', properties: {} },
    })
  })

  test('is left out alone and named, where it has no name or has one twice', async () => {
    const far = await base({
      tools: [{ description: 'no name' }, null, orders, { ...orders, description: 'again' }],
      resources: [{ uri: 'a://b', description: null }, { name: 'no uri' }],
      prompts: [{ name: 'p', arguments: [{ name: 'x', description: null }, { description: 'nameless' }] }, { name: '' }],
    })
    const running = await system({ url: far.url })
    const asked = await client(running)
    expect((await toolNames(asked)).filter((name) => name !== 'echo')).toContain('list_orders')
    expect((await asked.listResources()).resources).toEqual([{ uri: 'a://b', name: 'a://b' }])
    expect((await asked.listPrompts()).prompts).toEqual([{ name: 'p', arguments: [{ name: 'x' }] }])
    expect(running.state('erp').leftOut).toEqual([
      'tools[1]: is no object',
      'tools[0]: has no name',
      'tools[2]: a second one with the name list_orders',
      'resources[1]: has no uri',
      'prompts p: 1 of its arguments, without a name',
      'prompts[1]: has no name',
    ])
    expect(running.log.of('left out')[0]?.fields).toMatchObject({ count: 6 })
  })
})

describe('content that clients would refuse', () => {
  const png = Buffer.from('picture').toString('base64')
  test.each<[string, unknown, unknown]>([
    ['json', { type: 'json', json: { a: 1 } }, { type: 'text', text: '{"a":1}' }],
    [
      'blob',
      { type: 'blob', data: png, mimeType: 'application/pdf' },
      { type: 'resource', resource: { uri: 'onec://erp/list_orders', mimeType: 'application/pdf', blob: png } },
    ],
    ['an image without mimeType', { type: 'image', data: png }, { type: 'image', data: png, mimeType: 'image/png' }],
    [
      'base64 in lines',
      { type: 'image', data: `${png.slice(0, 4)}\r\n${png.slice(4)}` },
      { type: 'image', data: png, mimeType: 'image/png' },
    ],
    ['bad base64', { type: 'image', data: 'not base64!' }, { type: 'text', text: '(image left out: its data is no base64)' }],
    ['a number', 42, { type: 'text', text: '42' }],
    ['a text without type', { text: 'plain' }, { type: 'text', text: 'plain' }],
    ['an unknown type', { type: 'table', rows: [1] }, { type: 'text', text: '{"type":"table","rows":[1]}' }],
    ['a text that is none', { type: 'text', text: 7 }, { type: 'text', text: '7' }],
    ['annotations that are none', { type: 'text', text: 'x', annotations: 'loud' }, { type: 'text', text: 'x' }],
    ['a null member', { type: 'text', text: 'x', _meta: null }, { type: 'text', text: 'x' }],
  ])('is mended: %s', async (_, given, mended) => {
    expect((await called({ content: [given, { type: 'text', text: 'after' }], isError: false })).content).toEqual([
      mended,
      { type: 'text', text: 'after' },
    ])
  })

  test('json becomes structured content as well', async () => {
    expect((await called({ content: [{ type: 'json', json: { a: 1 } }] })).structuredContent).toEqual({ a: 1 })
  })

  test.each<[string, unknown, unknown]>([
    ['a scalar result', 'whole', [{ type: 'text', text: 'whole' }]],
    ['no content', {}, []],
    ['content that is no list', { content: 'one' }, [{ type: 'text', text: 'one' }]],
  ])('%s becomes a list', async (_, result, content) => {
    expect((await called(result)).content).toEqual(content)
  })

  test('of a resource has a uri and no type, and is text or bytes by what it holds', async () => {
    const contents = [
      { type: 'blob', text: 'a' },
      { type: 'text', blob: png },
      { uri: 'x://y', text: 'b', mimeType: null },
      { blob: '??' },
    ]
    const far = await base({ results: { 'metadata://catalogs': () => ({ contents }) } })
    const asked = await client(await system({ url: far.url }))
    expect((await asked.readResource({ uri: 'metadata://catalogs' })).contents).toEqual([
      { uri: 'metadata://catalogs', mimeType: 'text/plain', text: 'a' },
      { uri: 'metadata://catalogs', mimeType: 'application/octet-stream', blob: png },
      { uri: 'x://y', mimeType: 'text/plain', text: 'b' },
      { uri: 'metadata://catalogs', mimeType: 'text/plain', text: '??' },
    ])
  })

  test('of a prompt has one of two roles and one block in a message', async () => {
    const messages = [
      { role: 'system', content: { type: 'text', text: 'rules' } },
      { role: 'assistant', content: 'bare' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '1' },
          { type: 'json', json: 2 },
        ],
      },
    ]
    const far = await base({ results: { review: () => ({ description: null, messages }) } })
    const asked = await client(await system({ url: far.url }))
    expect(await asked.getPrompt({ name: 'review', arguments: { x: '1' } })).toEqual({
      messages: [
        { role: 'user', content: { type: 'text', text: 'rules' } },
        { role: 'assistant', content: { type: 'text', text: 'bare' } },
        { role: 'user', content: { type: 'text', text: '1' } },
        { role: 'user', content: { type: 'text', text: '2' } },
      ],
    })
  })
})

describe('code that is run in a base', () => {
  const confirmation = { _confirmation: { action: 'accept', confirmed: true } }
  const values = { code: 'Возврат 1;' }
  const runs: Partial<OnecSpec> = {
    tools: [
      {
        name: 'execute_code',
        inputSchema: {
          type: 'object',
          properties: { code: { type: 'string' }, _confirmation: { type: 'object' } },
          required: ['code', '_confirmation'],
        },
      },
      orders,
    ],
    results: { ...plainSpec().results, execute_code: () => ({ content: [{ type: 'text', text: 'done' }] }) },
  }
  const form = { elicitation: {} }

  test('is refused for a client that cannot ask a person', async () => {
    const far = await base(runs)
    const asked = await client(await system({ url: far.url }))
    const result = (await asked.callTool({ name: 'execute_code', arguments: { ...values, ...confirmation } })) as Json
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/needs the confirmation of a person, and this client cannot ask one/)
    expect(far.of('tools/call')).toEqual([])
  })

  test('is not asked about where there is none', async () => {
    const far = await base(runs)
    const hand = await shakeHands(await system({ url: far.url }), 'http', { abilities: form })
    const { result } = await hand.ask(call('execute_code', { code: ' \n' }, 7))
    expect(textOf(result)).toMatch(/code is empty/)
    expect(hand.heard).toEqual([])
    await hand.leave()
  })

  test.each([
    ['accepts', { action: 'accept', content: { confirmed: true } }, true],
    ['accepts without the tick', { action: 'accept', content: { confirmed: false } }, false],
    ['declines', { action: 'decline' }, false],
    ['cancels', { action: 'cancel' }, false],
  ])('is run only as a person says who %s', async (_, said, run) => {
    const far = await base(runs)
    const hand = await shakeHands(await system({ url: far.url }), 'http', { abilities: form })
    await hand.send(call('execute_code', { ...values, _confirmation: { action: 'accept', forged: true } }, 7))
    const question = await hand.take('the question', ({ method }) => method === 'elicitation/create')
    expect(question.params).toMatchObject({ message: expect.stringContaining('Возврат 1;') })
    await hand.send({ jsonrpc: '2.0', id: question.id, result: said })
    const { result } = await hand.take('the answer', ({ id }) => id === 7)
    expect((result as Json).isError === true).toBe(!run)
    expect(far.of('tools/call').map(({ params }) => params.arguments)).toEqual(run ? [{ ...values, ...confirmation }] : [])
    await hand.leave()
  })

  test('is confirmed by clients of 2026-07-28 in their own way', async () => {
    const far = await base(runs)
    const running = await system({ url: far.url })
    const first = modernCall('execute_code', values)
    const { answer } = await askModern(running.url, first)
    const result = answer.result as Json
    expect(result.resultType).toBe('input_required')
    const inputResponses = { confirm: { action: 'accept', content: { confirmed: true } } }
    const again = await askModern(running.url, retry(first, 3, { inputResponses, requestState: result.requestState }))
    expect(textOf(again.answer.result)).toBe('done')
    expect(far.of('tools/call').map(({ params }) => params.arguments)).toEqual([{ ...values, ...confirmation }])
  })

  test('is what the configuration says it is; what a model has confirmed itself never gets there', async () => {
    const far = await base(runs)
    const running = await system({ url: far.url, confirm: ['list_orders'] })
    const asked = await client(running)
    expect(textOf(await asked.callTool({ name: 'list_orders' }))).toMatch(/needs the confirmation/)
    await asked.callTool({ name: 'execute_code', arguments: { ...values, ...confirmation } })
    expect(far.of('tools/call').map(({ params }) => params.arguments)).toEqual([values])
  })
})

test('the words of 1C lose their stack and keep their meaning', () => {
  expect(shortText(stack('Заказ не найден'))).toBe('Заказ не найден: Деление на 0')
  expect(shortText('{CommonModule.X.Module(12)}: Item not found')).toBe('Item not found')
  expect(shortText('Внутренняя ошибка: {ОбщийМодуль.А.Модуль(1)}: плохо')).toBe('Внутренняя ошибка: плохо')
  expect(shortText('Просто текст (в скобках);')).toBe('Просто текст (в скобках);')
})
