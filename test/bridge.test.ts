/** What is promised about servers of either era behind us, for clients of either era: nothing is lost on the way, and nobody gets what is another's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { type ClientEra, type FarClient, farClient, givenAnswers, type Outcome } from './fakes/far/clients.ts'
import { type FarEra, type FarHttp, startFarHttp } from './fakes/far/http.ts'
import { oddSchema, page, question, sampling, watchedAt } from './fakes/far/offer.ts'
import { buildPrograms, type Programs } from './fakes/far/programs.ts'
import { metaOf } from './fakes/modern.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import type { Message } from './fakes/wire.ts'
import { until } from './until.ts'

let store: OpenStore
let programs: Programs
let yard: UpstreamYard
const far = {} as Record<FarEra, FarHttp>

beforeAll(async () => {
  ;[store, programs, far.session, far.modern] = await Promise.all([
    openEmbedded(),
    buildPrograms(),
    startFarHttp('session', { scheme: 'session-http' }),
    startFarHttp('modern', { scheme: 'modern-http' }),
  ])
  yard = await startUpstreamYard(
    store.database,
    {
      session_http: { url: far.session.url },
      modern_http: { url: far.modern.url },
      session_stdio: programs.config('session', 'session-stdio'),
      modern_stdio: programs.config('modern', 'modern-stdio'),
    },
    { timeout: 3_600_000 },
  )
  for (const name of ['session_http', 'modern_http', 'session_stdio', 'modern_stdio']) await yard.becomes(name, 'connected')
})
afterAll(async () => {
  await yard?.stop()
  await Promise.all([far.session?.stop(), far.modern?.stop(), programs?.remove(), store?.close()])
})

const upstreams = [
  ['session_stdio', 'session'],
  ['session_http', 'session'],
  ['modern_http', 'modern'],
  ['modern_stdio', 'modern'],
] as const
const eras: readonly ClientEra[] = ['session', 'modern']
const matrix = upstreams.flatMap(([name, era]) => eras.map((client) => ({ name, era, client })))

const textIn = ({ answer }: Outcome) => answer.result?.content?.[0]?.text ?? answer.error?.message ?? ''
const valueIn = (outcome: Outcome): unknown => JSON.parse(textIn(outcome))
const notices = ({ told }: Outcome, method: string) => told.filter((message) => message.method === method)

describe.each(matrix)('$name, called by a client of the era $client', ({ name, era, client: clientEra }) => {
  let client: FarClient
  beforeAll(async () => {
    client = await farClient(yard, clientEra)
  })
  afterAll(() => client?.leave())

  test.each([
    ['form', 'elicitation/create', question, 'who'],
    ['visit', 'elicitation/create', { mode: 'url', message: page.message, url: page.url }, 'page'],
    ['model', 'sampling/createMessage', sampling, 'thought'],
    ['folders', 'roots/list', {}, 'folders'],
  ])('%s: the client is asked with %s, and its answer arrives', async (tool, method, params, key) => {
    const outcome = await client.call(`${name}_${tool}`)
    expect(outcome.asked).toMatchObject([{ method, params, ...(clientEra === 'modern' ? { key } : {}) }])
    const said = givenAnswers[method]!
    expect(valueIn(outcome)).toEqual(method === 'roots/list' ? said.roots : said)
  })

  test('two questions at once come at once, with members that nobody knows', async () => {
    const outcome = await client.call(`${name}_both`)
    expect(outcome.asked.map(({ method }) => method).sort()).toEqual(['elicitation/create', 'roots/list'])
    expect(outcome.asked.find(({ method }) => method === 'elicitation/create')?.params).toMatchObject({
      ...question,
      'x-asked': { kept: true },
    })
    // Two messages of an older server may arrive a moment apart, and are two rounds then.
    if (era === 'modern') expect(outcome.rounds ?? 1).toBe(1)
    expect(valueIn(outcome)).toEqual({ who: givenAnswers['elicitation/create'], folders: givenAnswers['roots/list'] })
  })

  test('two questions one after the other come one after the other', async () => {
    const outcome = await client.call(`${name}_twice`)
    expect(outcome.asked.map(({ params }) => params.message)).toEqual(['First?', 'Second?'])
    expect(outcome.rounds ?? 2).toBe(2)
  })

  test('progress arrives in its order, under the token of whoever called', async () => {
    const outcome = await client.call(`${name}_steps`, {}, { meta: { progressToken: 'mine' } })
    expect(notices(outcome, 'notifications/progress').map(({ params }) => params)).toEqual(
      [1, 2, 3].map((progress) => ({ progressToken: 'mine', progress, total: 3, message: `step ${progress}` })),
    )
  })

  test('log messages arrive from the level that the client wants', async () => {
    const outcome = await client.call(`${name}_talk`)
    const levels = (heard: Outcome) => notices(heard, 'notifications/message').map(({ params }) => params?.level)
    expect(levels(outcome)).toEqual(['info', 'error'])
    if (clientEra === 'session') await client.request('logging/setLevel', { level: 'debug' })
    const louder = await client.call(
      `${name}_talk`,
      {},
      { meta: clientEra === 'modern' ? { [metaOf('logLevel')]: 'debug' } : {} },
    )
    expect(levels(louder)).toEqual(['debug', 'info', 'error'])
  })

  test('members that nobody knows are kept, of the request, of the result and of what is listed', async () => {
    const meta = { 'client/request': { kept: [1, null] }, traceparent: '00-1-2-01' }
    const values = { a: 'ü', z: { deep: 1.5 }, 'x-values': [{}] }
    const outcome = await client.call(`${name}_odd`, values, { meta })
    expect(outcome.answer.result).toMatchObject({ _meta: { 'far/result': { kept: [null] } }, 'x-result': { kept: true } })
    expect(valueIn(outcome)).toMatchObject({ values, meta })

    const { answer } = await client.request('tools/list')
    const { tools } = answer.result as { tools: Json[] }
    const listed = tools.find((tool) => tool.name === `${name}_odd`)
    expect(listed).toMatchObject({
      title: 'Odd',
      icons: [{ src: 'https://far.example/i.png', 'x-icon': 1 }],
      annotations: { readOnlyHint: true, 'x-hint': 'kept' },
      _meta: { 'far/definition': { kept: [1] }, 'switchyard/name': 'odd' },
      'x-definition': { kept: true },
    })
    expect(JSON.stringify(listed?.inputSchema)).toBe(JSON.stringify(oddSchema))
    const { prompts } = (await client.request('prompts/list')).answer.result as { prompts: Json[] }
    expect(prompts.find((prompt) => prompt.name === `${name}_plan`)).toMatchObject({ arguments: [{ 'x-argument': 1 }] })
  })

  test('nothing of what is between the client and us reaches the server', async () => {
    const outcome = await client.call(`${name}_odd`, {}, { meta: { progressToken: 'mine' } })
    const { meta } = valueIn(outcome) as { meta: Json }
    expect(meta.progressToken).not.toBe('mine')
    if (era === 'session') expect(Object.keys(meta)).toEqual(['progressToken'])
    else expect(JSON.stringify(meta)).not.toContain('"hand"')
  })

  test('a prompt is got, with what nobody knows', async () => {
    const { answer } = await client.request('prompts/get', { name: `${name}_plan`, arguments: { day: 'friday' } })
    expect(answer.result).toMatchObject({
      messages: [{ role: 'user', content: { type: 'text', text: 'plan friday', 'x-block': 1 } }],
      'x-result': 'kept',
    })
  })

  test('a resource is read, also by its template, with what nobody knows', async () => {
    for (const path of ['watched', 'item/7']) {
      const uri = `${name.replace('_', '-')}://${path}`
      const { answer } = await client.request('resources/read', { uri })
      expect(answer.result).toMatchObject({
        contents: [{ uri, mimeType: 'text/plain', text: `read ${uri}`, _meta: { 'far/contents': 1 } }],
        'x-result': 'kept',
      })
    }
    const { resources } = (await client.request('resources/list')).answer.result as { resources: Json[] }
    expect(resources.find(({ uri }) => uri === watchedAt(name.replace('_', '-')))).toMatchObject({ 'x-resource': 'kept' })
  })

  test('completion reaches it, with what was chosen already', async () => {
    const wanted = { ref: { type: 'ref/prompt', name: `${name}_plan` }, argument: { name: 'day', value: 't' } }
    const { answer } = await client.request('completion/complete', { ...wanted, context: { arguments: { month: 'may' } } })
    expect(answer.result).toMatchObject({
      completion: { values: ['plan', 'month=may', 'tuesday', 'thursday'], 'x-completion': 1 },
    })
  })

  test('an error that names what the client lacks arrives as that', async () => {
    const { answer } = await client.call(`${name}_needy`)
    expect(answer.error).toMatchObject({
      code: -32021,
      message: expect.stringContaining('needs more than that'),
      data: { requiredCapabilities: { sampling: { tools: {} } } },
    })
  })

  test('a client that declared nothing is asked nothing: it is told what it lacks', async () => {
    const mute = await farClient(yard, clientEra, {})
    const { asked, answer } = await mute.call(`${name}_form`)
    expect(asked).toEqual([])
    expect(JSON.stringify(answer)).toMatch(/elicitation/)
    await mute.leave()
  })

  test('a resource that changes is told to whoever watches it', async () => {
    const uri = watchedAt(name.replace('_', '-'))
    const ear = await client.listen(uri)
    const touch = async () => {
      // Another client's process cannot know; the server's own one can.
      if (name === 'session_stdio' && clientEra === 'modern') process.kill(yard.state(name).pid!, 'SIGUSR2')
      else await client.call(`${name}_touch`)
    }
    await touch()
    const isUpdate = ({ method }: Message) => method === 'notifications/resources/updated'
    expect(await ear.next('the change', isUpdate)).toMatchObject({ params: { uri } })
    await ear.close()
  })

  test('a list that changes is told, and is another one then', async () => {
    const ear = await client.listen()
    const names = async () => {
      const { tools } = (await client.request('tools/list')).answer.result as { tools: { name: string }[] }
      return tools.map((tool) => tool.name)
    }
    for (const there of [true, false]) {
      if (name === 'session_stdio') process.kill(yard.state(name).pid!, 'SIGUSR1')
      else await client.call(`${name}_grow`)
      await ear.next('the change', ({ method }) => method === 'notifications/tools/list_changed')
      expect((await names()).includes(`${name}_grown`)).toBe(there)
    }
    await ear.close()
  })
})

describe('two clients at once', () => {
  const pairs = [
    ['session', 'session'],
    ['session', 'modern'],
    ['modern', 'modern'],
  ] as const
  test.each(upstreams.flatMap(([name]) => pairs.map((pair) => [name, ...pair] as const)))(
    'at %s, of the eras %s and %s, are each asked what is for them',
    async (name, one, other) => {
      const clients = [await farClient(yard, one), await farClient(yard, other)]
      let asked = 0
      const outcomes = await Promise.all(
        clients.map((client, index) =>
          client.call(
            `${name}_form`,
            {},
            {
              async answer() {
                asked++
                await until('both are asked', () => asked === 2)
                return { action: 'accept', content: { name: `client ${index}` } }
              },
            },
          ),
        ),
      )
      expect(outcomes.map(({ asked }) => asked.length)).toEqual([1, 1])
      expect(outcomes.map((outcome) => (valueIn(outcome) as { content: Json }).content.name)).toEqual(['client 0', 'client 1'])
      for (const client of clients) await client.leave()
    },
  )
})

describe('a page that must be opened first', () => {
  test.each(['session_http', 'session_stdio'])('%s: is an error to a client with a session, whole', async (name) => {
    const client = await farClient(yard, 'session')
    const { answer } = await client.call(`${name}_gated`)
    expect(answer.error).toMatchObject({
      code: -32042,
      message: expect.stringContaining('a page must be opened first'),
      data: { elicitations: [{ mode: 'url', ...page }], 'x-kept': 1 },
    })
    expect(textIn(await client.call(`${name}_gated`))).toBe('let in')
    await client.leave()
  })

  test('is a question to a client of 2026-07-28, and the call is made again after it', async () => {
    const before = far.session.shared.seen.calls.gated ?? 0
    const client = await farClient(yard, 'modern')
    const outcome = await client.call('session_http_gated', {}, { answer: () => ({ action: 'accept' }) })
    expect(outcome.asked).toMatchObject([{ key: 'page_1', method: 'elicitation/create', params: { mode: 'url', ...page } }])
    expect(textIn(outcome)).toBe('let in')
    expect(far.session.shared.seen.calls.gated).toBe(before + 2)
  })

  test('that the client will not open ends the call: it is not made again', async () => {
    const before = far.session.shared.seen.calls.gated ?? 0
    const client = await farClient(yard, 'modern')
    const outcome = await client.call('session_http_gated', {}, { answer: () => ({ action: 'decline' }) })
    expect(outcome.answer).toMatchObject({ error: { code: -31428, data: { code: 'page_required' } } })
    expect(far.session.shared.seen.calls.gated).toBe(before + 1)
    expect(textIn(await client.call('session_http_gated'))).toBe('let in')
  })

  test('is named to a client of 2026-07-28 that cannot open any', async () => {
    const client = await farClient(yard, 'modern', { elicitation: { form: {} } })
    const { answer } = await client.call('session_http_gated')
    expect(answer.error).toMatchObject({ code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } })
    expect(textIn(await client.call('session_http_gated'))).toBe('let in')
  })
})

describe("a client's refusal", () => {
  test.each(['session_http', 'session_stdio'])('reaches %s in its own words', async (name) => {
    const client = await farClient(yard, 'session')
    const no = { error: { code: -1, message: 'my person says no', data: { at: 1 } } }
    const outcome = await client.call(`${name}_form`, {}, { answer: () => no })
    // It has nothing to say to that but the same again.
    const said = { code: 'upstream_failed', upstream: name, upstream_code: -1, upstream_data: { at: 1 } }
    expect(outcome.answer.result).toMatchObject({ isError: true, _meta: { 'switchyard/error': said } })
    expect(textIn(outcome)).toBe(`${name}: MCP error -1: my person says no`)
    await client.leave()
  })
})

// At the end, because for a while after it what such a server says belongs to nobody for certain.
describe.each(matrix)('$name, called by a client of the era $client', ({ name, client: clientEra }) => {
  test('does not go on with a call that is taken back', async () => {
    const client = await farClient(yard, clientEra)
    const cancelled = async () => (valueIn(await client.call(`${name}_seen`)) as { cancelled: number }).cancelled
    const pid = async () => Number(textIn(await client.call(`${name}_pid`)))
    const [before, first] = [await cancelled(), await pid()]
    const takeBack = await client.begin(`${name}_wait`)
    await takeBack()
    // Who has no session gets another process then, so that what the first one may still ask reaches nobody.
    if (name === 'session_stdio' && clientEra === 'modern') await until('it is given up', async () => (await pid()) !== first)
    else await until('it is taken back', async () => (await cancelled()) === before + 1)
    await client.leave()
  })
})

test('a call that is taken back leaves no connection to the server open', async () => {
  const client = await farClient(yard, 'session')
  await client.call('session_http_seen')
  const before = far.session.open()
  for (let times = 0; times < 3; times++) await (await client.begin('session_http_wait'))()
  await until('the responses have ended', () => far.session.open() <= before)
  await client.leave()
})

test('what a server behind us calls public is private to our callers: we decide who may read it', async () => {
  const client = await farClient(yard, 'modern')
  const { answer } = await client.request('resources/read', { uri: watchedAt('modern-http') })
  expect(answer.result).toMatchObject({ cacheScope: 'private', ttlMs: expect.any(Number) })
})
