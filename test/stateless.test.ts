/** What is promised about 2026-07-28, where every request stands for itself: over HTTP, and over every other way in. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Command, Json } from '../app/call.ts'
import type { Definition } from '../app/commands/command.ts'
import { timeToAnswer } from '../app/mcp/request-state.ts'
import { type CommandYard, startCommandYard } from './fakes/command-yard.ts'
import { type Hand, reach, ways } from './fakes/hand.ts'
import { askModern, headersFor, metaOf, modern, modernCall, postModern, retry } from './fakes/modern.ts'
import { call, Events, handshake, type Message, messageOf, notification, post, request } from './fakes/wire.ts'
import { until } from './until.ts'

/** What the commands have left behind. */
const seen = { begun: 0, ended: 0, cancelled: 0, reasons: [] as string[], watching: new Map<string, () => void>() }
const nameSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const sayName = (name: string) => ({ action: 'accept', content: { name } })
const nameIn = (answer: Json) => String((answer.content as Json | undefined)?.name)
const sampled = (text: string) => ({ role: 'assistant', model: 'm', content: { type: 'text', text } })
const sampling = { messages: [{ role: 'user', content: { type: 'text', text: 'hm?' } }], maxTokens: 10 }

/** Remembers how a run ended. */
function counted(run: NonNullable<Extract<Definition, { run: unknown }>['run']>): typeof run {
  return async (input, context) => {
    seen.begun++
    context.signal.addEventListener('abort', () => seen.cancelled++)
    try {
      return await run(input, context)
    } catch (error) {
      seen.reasons.push((error as Error).message)
      throw error
    } finally {
      seen.ended++
    }
  }
}

const commands: Definition[] = [
  { name: 'echo', description: 'x', params: { message: { type: 'string', description: 'x' } }, run: ({ message }) => message },
  {
    name: 'greet',
    description: 'Asks for a name',
    params: { greeting: { type: 'string', description: 'x' } },
    run: counted(async ({ greeting = 'Hello' }, { elicit }) => `${greeting} ${nameIn(await elicit('Who?', nameSchema, 'who'))}`),
  },
  {
    name: 'both',
    description: 'Asks two things in one moment',
    run: counted(async (_, { elicit, sample }) => {
      const [name, thought] = await Promise.all([elicit('Who?', nameSchema, 'who'), sample(sampling, 'thought')])
      return `${nameIn(name)} thinks ${(thought.content as Json).text}`
    }),
  },
  {
    name: 'pair',
    description: 'Asks two things in one go',
    run: counted(async (_, { ask }) => {
      const question = (message: string) => ({ method: 'elicitation/create', params: { message, requestedSchema: nameSchema } })
      const { one, two } = await ask({ one: question('First?'), two: question('Second?') })
      return `${nameIn(one!)} and ${nameIn(two!)}`
    }),
  },
  {
    name: 'slow',
    description: 'Asks, then waits',
    run: counted(async (_, { elicit, signal, progress }) => {
      await elicit('Go on?', nameSchema, 'who')
      progress(1)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('nobody hears this')))
    }),
  },
  {
    name: 'twins',
    description: 'Asks two things under one key',
    run: counted(async (_, { elicit }) => {
      const [one, two] = await Promise.all([elicit('First?', nameSchema, 'who'), elicit('Second?', nameSchema, 'who')])
      return `${nameIn(one)} and ${nameIn(two)}`
    }),
  },
  {
    name: 'twice',
    description: 'Asks twice under one key',
    run: counted(async (_, { elicit }) => {
      const one = await elicit('Sure?', nameSchema, 'who')
      return `${nameIn(one)}, then ${nameIn(await elicit('Really?', nameSchema, 'who'))}`
    }),
  },
  {
    name: 'steps',
    description: 'Tells how far it is',
    run(_, { progress, log }) {
      progress(1, 2)
      log('debug', 'quiet')
      log('error', 'loud')
      progress(2, 2)
      return 'done'
    },
  },
  {
    name: 'long',
    description: 'Tells how far it is before and after a question',
    run: counted(async (_, { progress, log, elicit }) => {
      progress(1)
      await elicit('Go on?', nameSchema, 'who')
      progress(2)
      log('error', 'after')
      return 'done'
    }),
  },
  {
    name: 'wait',
    description: 'Never answers by itself',
    run: counted((_, { signal, progress }) => {
      progress(1)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('nobody hears this')))
    }),
  },
  {
    name: 'routed',
    description: 'Has arguments that stand in headers',
    input: {
      type: 'object',
      properties: {
        region: { type: 'string', 'x-mcp-header': 'Region' },
        options: { type: 'object', properties: { size: { type: 'integer', 'x-mcp-header': 'Size' } } },
        dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
      },
    },
    run: (input) => input,
  },
  {
    kind: 'resource',
    uri: 'note://{id}',
    name: 'note',
    description: 'Can be watched',
    read: ({ id }) => `note ${id}`,
    watch(uri, changed) {
      seen.watching.set(uri, changed)
      return () => seen.watching.delete(uri)
    },
  },
  {
    kind: 'resource',
    uri: 'asking://one',
    name: 'asking',
    description: 'Asks before it is read',
    read: async (_, { elicit }) => `for ${nameIn(await elicit('Who reads?', nameSchema, 'who'))}`,
  },
  {
    kind: 'prompt',
    name: 'asking',
    description: 'Asks before it is got',
    get: async (_, { elicit }) => `for ${nameIn(await elicit('Who prompts?', nameSchema, 'who'))}`,
  },
]

let yard: CommandYard
const hands: Hand[] = []
beforeAll(async () => {
  // So that no call ends by itself.
  yard = await startCommandYard(commands, { timeout: 3_600_000 })
})
afterEach(async () => {
  for (const hand of hands.splice(0)) await hand.leave()
  await until('no session is left', () => yard.sessions.list().length === 0)
})
afterAll(() => yard.stop())

async function reached(way: (typeof ways)[number]): Promise<Hand> {
  const hand = await reach(yard, way)
  hands.push(hand)
  return hand
}

/** Fails where the answer asks for nothing. */
function asks(answer: Message): { inputRequests: Record<string, { method: string; params: Json }>; requestState: string } {
  expect(answer.result).toMatchObject({ resultType: 'input_required', requestState: expect.any(String) })
  return answer.result as unknown as ReturnType<typeof asks>
}
const textIn = ({ result, error }: Message) => result?.content?.[0]?.text ?? error?.message

describe.each(ways)('over %s', (way) => {
  test('a request needs nothing before it, and its result says what it is and who made it', async () => {
    const hand = await reached(way)
    expect(await hand.ask(modernCall('echo', { message: 'hi' }))).toMatchObject({
      id: 2,
      result: {
        resultType: 'complete',
        structuredContent: { result: 'hi' },
        _meta: { [metaOf('serverInfo')]: { name: 'switchyard' } },
      },
    })
  })

  test('server/discover tells the versions, and what this server can do', async () => {
    const { result } = await (await reached(way)).ask(modern('server/discover'))
    expect(result).toMatchObject({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {} },
    })
  })

  test('nothing is heard on the way without a level and a token', async () => {
    const hand = await reached(way)
    expect(await hand.ask(modernCall('steps'))).toMatchObject({ result: { content: [{ text: 'done' }] } })
    expect(hand.heard).toEqual([])
  })

  test('progress is heard under its token, and messages from the level that the request names', async () => {
    const hand = await reached(way)
    await hand.ask(modernCall('steps', {}, { id: 'a', meta: { progressToken: 7, [metaOf('logLevel')]: 'warning' } }))
    expect(hand.heard).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 7, progress: 1 } },
      { method: 'notifications/message', params: { level: 'error', data: 'loud' } },
      { method: 'notifications/progress', params: { progressToken: 7, progress: 2 } },
    ])
    hand.heard.length = 0
    await hand.ask(modernCall('steps', {}, { id: 'b', meta: { [metaOf('logLevel')]: 'debug' } }))
    expect(hand.heard.map(({ params }) => params?.level)).toEqual(['debug', 'error'])
  })

  test('a call that is taken back is cancelled, and nothing more is said of it', async () => {
    const hand = await reached(way)
    const before = { ...seen }
    await hand.send(modernCall('wait', {}, { id: 'gone', meta: { progressToken: 1 } }))
    await hand.take('its progress', ({ method }) => method === 'notifications/progress')
    expect(seen.begun).toBe(before.begun + 1)
    if (way === 'http') await hand.leave()
    else await hand.send(notification('notifications/cancelled', { requestId: 'gone' }))
    await until('it was cancelled and has ended', () => seen.cancelled + seen.ended === before.cancelled + before.ended + 2)
    if (way !== 'http') await hand.ask(modern('server/discover'))
    expect(hand.heard).toEqual([])
  })

  test('a question is a result with exactly its key, and its answer continues the same run, once', async () => {
    const hand = await reached(way)
    const before = { ...seen }
    const asked = modernCall('greet', { greeting: 'Hi' }, { id: 'first' })
    const { inputRequests, requestState } = asks(await hand.ask(asked))
    expect(inputRequests).toEqual({
      who: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: nameSchema } },
    })
    const more = { requestState, inputResponses: { who: sayName('Ada') } }
    const answer = await hand.ask(retry(asked, 'second', more))
    expect(answer).toMatchObject({ id: 'second', result: { resultType: 'complete', content: [{ text: 'Hi Ada' }] } })

    const again = await hand.ask(retry(asked, 'third', more))
    expect(again.error).toMatchObject({ code: -32602, message: expect.stringContaining('is over') })
    expect([seen.begun - before.begun, seen.ended - before.ended]).toEqual([1, 1])
  })

  test('what the client cannot be asked is an error that names it', async () => {
    const hand = await reached(way)
    const { error } = await hand.ask(modernCall('greet', {}, { abilities: { sampling: {} } }))
    expect(error).toMatchObject({
      code: -32021,
      message: expect.stringContaining('elicitation'),
      data: { requiredCapabilities: { elicitation: {} } },
    })
  })

  test('subscriptions/listen acknowledges first, tells only what was asked for, and ends when it is taken back', async () => {
    const hand = await reached(way)
    const tag = { _meta: { [metaOf('subscriptionId')]: 'ear' } }
    await hand.send(
      modern(
        'subscriptions/listen',
        { notifications: { toolsListChanged: true, resourceSubscriptions: ['note://1'] } },
        { id: 'ear' },
      ),
    )
    const first = await hand.take('the acknowledgement', () => true)
    expect(first).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['note://1'] }, ...tag },
    })
    seen.watching.get('note://1')?.()
    expect(await hand.take('the change', () => true)).toMatchObject({
      method: 'notifications/resources/updated',
      params: { uri: 'note://1', ...tag },
    })
    yard.offer([...commands, { kind: 'prompt', name: 'late', description: 'x', get: () => 'x' }])
    yard.offer([...commands, { name: 'late', description: 'x', run: () => 'x' }])
    expect(await hand.take('the change of the list', () => true)).toMatchObject({
      method: 'notifications/tools/list_changed',
      params: tag,
    })
    if (way === 'http') await hand.leave()
    else await hand.send(notification('notifications/cancelled', { requestId: 'ear' }))
    await until('nobody watches', () => seen.watching.size === 0)
    yard.offer(commands)
    expect(hand.heard).toEqual([])
  })
})

describe('a question', () => {
  test.each([
    ['a resource', modern('resources/read', { uri: 'asking://one' }), 'Who reads?'],
    ['a prompt', modern('prompts/get', { name: 'asking' }), 'Who prompts?'],
  ])('of %s is asked the same way', async (_, asked, message) => {
    const { inputRequests, requestState } = asks((await askModern(yard.url, asked)).answer)
    expect(inputRequests.who?.params.message).toBe(message)
    const { answer } = await askModern(yard.url, retry(asked, 3, { requestState, inputResponses: { who: sayName('Ada') } }))
    expect(JSON.stringify(answer.result)).toContain('for Ada')
  })

  test('asked in the same moment as another comes in one round with it', async () => {
    const asked = modernCall('both')
    const { inputRequests, requestState } = asks((await askModern(yard.url, asked)).answer)
    expect(inputRequests).toMatchObject({
      who: { method: 'elicitation/create' },
      thought: { method: 'sampling/createMessage', params: sampling },
    })
    const inputResponses = { thought: sampled('rain'), who: sayName('Ada') }
    const { answer } = await askModern(yard.url, retry(asked, 3, { requestState, inputResponses }))
    expect(textIn(answer)).toBe('Ada thinks rain')
  })

  test('that was not answered is asked again, alone; answers to nothing are passed over', async () => {
    const before = { ...seen }
    const asked = modernCall('both')
    const first = asks((await askModern(yard.url, asked)).answer)
    const some = { requestState: first.requestState, inputResponses: { who: sayName('Ada'), stranger: { action: 'cancel' } } }
    const second = asks((await askModern(yard.url, retry(asked, 3, some))).answer)
    expect(Object.keys(second.inputRequests)).toEqual(['thought'])

    // What has been answered stays answered, and the older state is spent.
    const replayed = { requestState: first.requestState, inputResponses: { who: sayName('Eve'), thought: sampled('hail') } }
    expect((await askModern(yard.url, retry(asked, 4, replayed))).answer.error?.code).toBe(-32602)
    const rest = { requestState: second.requestState, inputResponses: { who: sayName('Eve'), thought: sampled('snow') } }
    expect(textIn((await askModern(yard.url, retry(asked, 5, rest))).answer)).toBe('Ada thinks snow')
    expect(seen.begun - before.begun).toBe(1)
  })

  test('asked in one go with another is asked again alone', async () => {
    const asked = modernCall('pair')
    const first = asks((await askModern(yard.url, asked)).answer)
    expect(Object.keys(first.inputRequests)).toEqual(['one', 'two'])
    const one = { requestState: first.requestState, inputResponses: { two: sayName('Bob') } }
    const second = asks((await askModern(yard.url, retry(asked, 3, one))).answer)
    expect(Object.keys(second.inputRequests)).toEqual(['one'])
    const rest = { requestState: second.requestState, inputResponses: { one: sayName('Ada') } }
    expect(textIn((await askModern(yard.url, retry(asked, 4, rest))).answer)).toBe('Ada and Bob')
  })

  test('is asked again where the client comes back with no answer at all', async () => {
    const asked = modernCall('greet')
    const first = asks((await askModern(yard.url, asked)).answer)
    const second = asks((await askModern(yard.url, retry(asked, 3, { requestState: first.requestState }))).answer)
    expect(second.inputRequests).toEqual(first.inputRequests)
    const more = { requestState: second.requestState, inputResponses: { who: sayName('Ada') } }
    expect(textIn((await askModern(yard.url, retry(asked, 4, more))).answer)).toBe('Hello Ada')
  })

  test.each<[string, unknown, string]>([
    ['an action that is none', { action: 'maybe' }, 'action'],
    ['content that is no object', { action: 'accept', content: 'Ada' }, 'content'],
    ['a text', 'Ada', 'who'],
    ['nothing', null, 'who'],
  ])('that is answered with %s is refused, and the call still waits', async (_, wrong, named) => {
    const asked = modernCall('greet')
    const { requestState } = asks((await askModern(yard.url, asked)).answer)
    const refused = await askModern(yard.url, retry(asked, 3, { requestState, inputResponses: { who: wrong } }))
    expect(refused.response.status).toBe(400)
    expect(refused.answer.error).toMatchObject({ code: -32602, message: expect.stringContaining(named) })
    const right = { requestState, inputResponses: { who: sayName('Ada') } }
    expect(textIn((await askModern(yard.url, retry(asked, 4, right))).answer)).toBe('Hello Ada')
  })

  test.each<[string, unknown]>([
    ['a list', []],
    ['a text', 'x'],
  ])('whose answers are %s is refused, and the call still waits', async (_, inputResponses) => {
    const asked = modernCall('greet')
    const { requestState } = asks((await askModern(yard.url, asked)).answer)
    const refused = await askModern(yard.url, retry(asked, 3, { requestState, inputResponses }))
    expect([refused.response.status, refused.answer.error?.code]).toEqual([400, -32602])
    const right = { requestState, inputResponses: { who: sayName('Ada') } }
    expect(textIn((await askModern(yard.url, retry(asked, 4, right))).answer)).toBe('Hello Ada')
  })

  test('is answered by the one for it, where two go under one key: they come one after the other', async () => {
    const asked = modernCall('twins')
    const first = asks((await askModern(yard.url, asked)).answer)
    expect(first.inputRequests.who?.params.message).toBe('First?')
    const one = { requestState: first.requestState, inputResponses: { who: sayName('Ada') } }
    const second = asks((await askModern(yard.url, retry(asked, 3, one))).answer)
    expect(second.inputRequests.who?.params.message).toBe('Second?')
    const two = { requestState: second.requestState, inputResponses: { who: sayName('Bob') } }
    expect(textIn((await askModern(yard.url, retry(asked, 4, two))).answer)).toBe('Ada and Bob')
  })

  test('of a later round is not answered by a request that comes twice', async () => {
    const asked = modernCall('twice')
    const first = asks((await askModern(yard.url, asked)).answer)
    const one = { requestState: first.requestState, inputResponses: { who: sayName('yes') } }
    const second = asks((await askModern(yard.url, retry(asked, 3, one))).answer)
    expect(second.inputRequests.who?.params.message).toBe('Really?')

    const repeated = await askModern(yard.url, retry(asked, 3, one))
    expect(repeated.answer.error).toMatchObject({ code: -32602, message: expect.stringContaining('requestState') })
    const two = { requestState: second.requestState, inputResponses: { who: sayName('no') } }
    expect(textIn((await askModern(yard.url, retry(asked, 4, two))).answer)).toBe('yes, then no')
  })

  test('is not asked where the answer came along, and a wrong one is refused', async () => {
    const right = modernCall('greet')
    const along = (who: unknown) => retry(right, 2, { inputResponses: { who } })
    expect(textIn((await askModern(yard.url, along(sayName('Ada')))).answer)).toBe('Hello Ada')
    const { answer } = await askModern(yard.url, along({ action: 'maybe' }))
    expect(answer.error).toMatchObject({ code: -32602, message: expect.stringContaining('who') })
  })

  test('waits for its own caller: another can neither answer nor end it', async () => {
    const asked = modernCall('greet')
    const { requestState } = asks((await askModern(yard.url, asked)).answer)
    const more = retry(asked, 3, { requestState, inputResponses: { who: sayName('Eve') } })
    const foreign = await askModern(yard.url, more, { authorization: 'Bearer admin' })
    expect([foreign.response.status, foreign.answer.error?.code]).toEqual([400, -32602])
    const own = retry(asked, 3, { requestState, inputResponses: { who: sayName('Ada') } })
    expect(textIn((await askModern(yard.url, own)).answer)).toBe('Hello Ada')
  })

  test('waits for the same request: other arguments do not continue it', async () => {
    const asked = modernCall('greet', { greeting: 'Hi' })
    const { requestState } = asks((await askModern(yard.url, asked)).answer)
    const more = { requestState, inputResponses: { who: sayName('Ada') } }
    const other = await askModern(yard.url, retry(modernCall('greet', { greeting: 'Ho' }), 3, more))
    expect(other.answer.error?.code).toBe(-32602)
    expect(textIn((await askModern(yard.url, retry(asked, 3, more))).answer)).toBe('Hi Ada')
  })

  test('has the progress after it under the token of the retry, and messages from its level', async () => {
    const asked = modernCall('long', {}, { meta: { progressToken: 'old', [metaOf('logLevel')]: 'emergency' } })
    const first = await askModern(yard.url, asked)
    expect(first.before).toMatchObject([{ params: { progressToken: 'old', progress: 1 } }])
    const _meta = { ...(asked.params._meta as Json), progressToken: 'new', [metaOf('logLevel')]: 'info' }
    const more = { requestState: asks(first.answer).requestState, inputResponses: { who: sayName('Ada') }, _meta }
    const second = await askModern(yard.url, retry(asked, 3, more))
    expect(second.before).toMatchObject([
      { method: 'notifications/progress', params: { progressToken: 'new', progress: 2 } },
      { method: 'notifications/message', params: { data: 'after' } },
    ])
  })

  test.each([
    ['a retry without a token', { progressToken: 1 }, {}, []],
    ['a retry with the first token', {}, { progressToken: 5 }, [5]],
  ])('has the progress that each request wants: %s', async (_, before, after, tokens) => {
    const asked = modernCall('long', {}, { meta: before })
    const first = await askModern(yard.url, asked)
    const { progressToken: _token, ...meta } = asked.params._meta as Json
    const more = {
      requestState: asks(first.answer).requestState,
      inputResponses: { who: sayName('Ada') },
      _meta: { ...meta, ...after },
    }
    const second = await askModern(yard.url, retry(asked, 3, more))
    expect(second.before.map(({ params }) => params?.progressToken)).toEqual(tokens)
  })
})

describe('a client that leaves', () => {
  test('before anything was said takes its call with it', async () => {
    const before = { ...seen }
    const leaving = new AbortController()
    const response = postModern(yard.url, modernCall('wait'), {}, leaving.signal)
    await until('it runs', () => seen.begun === before.begun + 1)
    leaving.abort()
    await expect(response).rejects.toThrow()
    await until('it was cancelled', () => seen.cancelled === before.cancelled + 1)
  })

  test('during a retry takes the whole call with it', async () => {
    const asked = modernCall('slow')
    const { requestState } = asks((await askModern(yard.url, asked)).answer)
    const before = { ...seen }
    const leaving = new AbortController()
    const _meta = { ...(asked.params._meta as Json), progressToken: 1 }
    const more = retry(asked, 3, { requestState, inputResponses: { who: sayName('Ada') }, _meta })
    await new Events(await postModern(yard.url, more, {}, leaving.signal)).message()
    const again = retry(asked, 4, { requestState, inputResponses: { who: sayName('Ada') } })
    expect((await askModern(yard.url, again)).answer.error?.code).toBe(-32602)
    leaving.abort()
    await until('it was cancelled', () => seen.cancelled === before.cancelled + 1)
    expect((await askModern(yard.url, again)).answer.error?.message).toContain('is over')
  })

  test('and never comes back with answers ends its call when the time is up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const before = { ...seen, told: seen.reasons.length }
    const asked = modernCall('greet')
    // Questions are gathered for a moment, so time has to go on until they are there.
    const moments = setInterval(() => vi.advanceTimersByTime(1), 1)
    const { requestState } = asks((await askModern(yard.url, asked)).answer)
    clearInterval(moments)
    vi.advanceTimersByTime(timeToAnswer - 10_000)
    expect(seen.cancelled).toBe(before.cancelled)
    vi.advanceTimersByTime(10_000)
    vi.useRealTimers()
    await until('it has ended', () => seen.ended === before.ended + 1)
    expect(seen.cancelled).toBe(before.cancelled + 1)
    expect(seen.reasons.slice(before.told)).toEqual(['nobody came back with answers within 10 minutes'])
    const late = await askModern(yard.url, retry(asked, 3, { requestState, inputResponses: { who: sayName('Ada') } }))
    expect(late.answer.error?.message).toContain('is over')
  })

  test('again and again holds no more than its share of calls that wait', async () => {
    const before = { ...seen }
    const headers = { authorization: 'Bearer admin' }
    for (let waiting = 0; waiting < 100; waiting++) asks((await askModern(yard.url, modernCall('greet'), headers)).answer)
    const { result } = (await askModern(yard.url, modernCall('greet'), headers)).answer
    const numbers = { limit: 100, concurrent: true, retry_after: 5 }
    expect(result).toMatchObject({ isError: true, _meta: { 'switchyard/error': { code: 'limited', ...numbers } } })
    expect(seen.ended - before.ended).toBe(1)
    asks((await askModern(yard.url, modernCall('greet'))).answer)
  })
})

test('a stop ends the calls that wait with a reason, and every listener with a result', async () => {
  const own = await startCommandYard(commands)
  const before = { ...seen, told: seen.reasons.length }
  asks((await askModern(own.url, modernCall('greet'))).answer)
  const listening = modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, { id: 'ear' })
  const events = new Events(await postModern(own.url, listening))
  await events.message()
  const [piped, socket] = [await reach(own, 'stdio'), await reach(own, 'websocket')]
  for (const hand of [piped, socket]) {
    await hand.send(listening)
    await hand.take('the acknowledgement', ({ method }) => method === 'notifications/subscriptions/acknowledged')
  }
  asks(await piped.ask(modernCall('greet', {}, { id: 'waits' })))

  await own.stop()
  const ended = { id: 'ear', result: { resultType: 'complete', _meta: { [metaOf('subscriptionId')]: 'ear' } } }
  expect(await events.all()).toMatchObject([ended])
  for (const hand of [piped, socket]) expect(await hand.take('its result', ({ id }) => id === 'ear')).toMatchObject(ended)
  expect(seen.reasons.slice(before.told)).toEqual(['the server is stopping', 'the server is stopping'])
  expect(seen.cancelled - before.cancelled).toBe(2)
})

describe('subscriptions/listen', () => {
  const listen = (notifications: unknown, id: string | number = 'ear') =>
    modern('subscriptions/listen', { notifications }, { id })

  test('acknowledges only the resources that there are', async () => {
    const leaving = new AbortController()
    const asked = listen({ resourceSubscriptions: ['note://1', 'nothing://1', 'note://1'], promptsListChanged: false })
    const events = new Events(await postModern(yard.url, asked, {}, leaving.signal))
    expect((await events.message())?.params?.notifications).toEqual({ resourceSubscriptions: ['note://1'] })
    leaving.abort()
    await until('nobody watches', () => seen.watching.size === 0)
  })

  test.each<[string, unknown]>([
    ['nothing', {}],
    ['only what is not there', { resourceSubscriptions: ['nothing://1'] }],
  ])('for %s is acknowledged and ends at once', async (_, notifications) => {
    const { before, answer } = await askModern(yard.url, listen(notifications))
    expect(before).toMatchObject([{ params: { notifications: {} } }])
    expect(answer).toMatchObject({ id: 'ear', result: { resultType: 'complete' } })
  })

  test('does not let one watch what it may not read', async () => {
    yard.offer([
      ...commands,
      { kind: 'resource', uri: 'secret://one', name: 'secret', description: 'x', scope: 'admin', read: () => 'x' },
    ])
    const filter = { resourceSubscriptions: ['secret://one'] }
    const without = await askModern(yard.url, listen(filter))
    expect(without.before).toMatchObject([{ params: { notifications: {} } }])
    const leaving = new AbortController()
    const allowed = await postModern(yard.url, listen(filter), { authorization: 'Bearer admin' }, leaving.signal)
    expect((await new Events(allowed).message())?.params?.notifications).toEqual(filter)
    leaving.abort()
    yard.offer(commands)
  })

  test.each<[string, unknown]>([
    ['is missing', undefined],
    ['is a list', []],
    ['wants what is neither true nor false', { toolsListChanged: 'yes' }],
    ['has resources that are no list', { resourceSubscriptions: 'note://1' }],
    ['has resources that are no texts', { resourceSubscriptions: [7] }],
  ])('is refused where its filter %s', async (_, notifications) => {
    expect((await askModern(yard.url, listen(notifications))).answer.error?.code).toBe(-32602)
  })

  test('is bounded for one caller, also where all of them come at once and take a while to open', async () => {
    const opening: (() => void)[] = []
    const slow: Command = {
      kind: 'resource',
      name: 'slow://one',
      owner: 'far',
      scope: 'read',
      definition: { uri: 'slow://one', name: 'slow' },
      run: async () => ({ contents: [] }),
      watch: () => new Promise((resolve) => opening.push(() => resolve(() => {}))),
    }
    yard.catalog.offer('far', [slow])
    const leaving = new AbortController()
    const headers = { authorization: 'Bearer reader' }
    const asked = Array.from({ length: 120 }, (_, id) =>
      postModern(yard.url, listen({ resourceSubscriptions: ['slow://one'] }, id), headers, leaving.signal),
    )
    const refused: Response[] = []
    for (const response of asked) void response.then((one) => one.headers.get('content-length') && refused.push(one))
    await until('all have come', () => opening.length + refused.length === asked.length)
    for (const open of opening) open()
    const types = (await Promise.all(asked)).map((response) => response.headers.get('content-type'))
    expect(types.filter((type) => type === 'text/event-stream')).toHaveLength(100)
    expect(await messageOf(refused[0]!)).toMatchObject({
      error: { code: -31429, data: { code: 'limited', limit: 100, concurrent: true, retry_after: 5 } },
    })
    leaving.abort()
    yard.catalog.withdraw('far')
    await until('there is room again', async () => {
      const again = new AbortController()
      const response = await postModern(yard.url, listen({ toolsListChanged: true }), headers, again.signal)
      again.abort()
      return response.headers.get('content-type') === 'text/event-stream'
    })
  })
})

test('results say how long they may be kept, and that they are for nobody else; what the server is may be shared', async () => {
  const kept = async (method: string, params?: Json) => {
    const { ttlMs, cacheScope } = (await askModern(yard.url, modern(method, params))).answer.result as Json
    return [ttlMs, cacheScope]
  }
  for (const list of ['tools', 'prompts', 'resources', 'resources/templates'])
    expect(await kept(`${list}/list`)).toEqual([30_000, 'private'])
  expect(await kept('resources/read', { uri: 'note://1' })).toEqual([0, 'private'])
  expect(await kept('server/discover')).toEqual([300_000, 'public'])
  expect(await kept('tools/call', { name: 'echo', arguments: {} })).toEqual([undefined, undefined])
})

describe('headers', () => {
  const routed = modernCall('routed', { region: 'eu', options: { size: 42 }, dry: true })
  const params = { 'mcp-param-region': 'eu', 'mcp-param-size': '42', 'mcp-param-dry-run': 'true' }
  const wrapped = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`
  const without = (name: string, headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name))

  test.each<[string, Record<string, string>]>([
    ['as they are', params],
    ['with a number in another form', { ...params, 'mcp-param-size': '42.0' }],
    ['in base64', { ...params, 'mcp-param-region': wrapped('eu'), 'mcp-param-size': wrapped('42') }],
    ['with blanks around, which mean nothing to HTTP', { ...params, 'mcp-param-region': '  eu ' }],
    ['with one more that no schema knows', { ...params, 'mcp-param-colour': 'red' }],
    ['with a session, which means nothing', { ...params, 'mcp-session-id': 'x', 'last-event-id': 's1-1' }],
  ])('that repeat the arguments are taken %s', async (_, headers) => {
    const { response, answer } = await askModern(yard.url, routed, headers)
    expect([response.status, answer.result?.structuredContent]).toEqual([200, routed.params.arguments])
  })

  test.each<[string, Record<string, string>, string]>([
    ['says another value', { ...params, 'mcp-param-region': 'us' }, 'Mcp-Param-Region'],
    ['says the value in other letters', { ...params, 'mcp-param-region': 'EU' }, 'Mcp-Param-Region'],
    ['says another number', { ...params, 'mcp-param-size': '43' }, 'Mcp-Param-Size'],
    ['says a number in a form that is none', { ...params, 'mcp-param-size': '4.2e1' }, 'Mcp-Param-Size'],
    ['is missing', without('mcp-param-dry-run', params), 'Mcp-Param-Dry-Run'],
    ['is base64 of another value', { ...params, 'mcp-param-region': wrapped('us') }, 'Mcp-Param-Region'],
    ['is base64 without its padding', { ...params, 'mcp-param-region': '=?base64?ZXU?=' }, 'Mcp-Param-Region'],
    ['is no base64 at all', { ...params, 'mcp-param-region': '=?base64?%%?=' }, 'Mcp-Param-Region'],
    ['names another method', { ...params, 'mcp-method': 'tools/list' }, 'Mcp-Method'],
    ['names the method in other letters', { ...params, 'mcp-method': 'Tools/Call' }, 'Mcp-Method'],
    ['names another tool', { ...params, 'mcp-name': 'echo' }, 'Mcp-Name'],
    ['names the tool in broken base64', { ...params, 'mcp-name': '=?base64?%%?=' }, 'Mcp-Name'],
    ['names another version', { ...params, 'mcp-protocol-version': '2025-11-25' }, 'MCP-Protocol-Version'],
  ])('one of which %s are refused with 400 and its name', async (_, headers, named) => {
    const before = { ...seen }
    const { response, answer } = await askModern(yard.url, routed, headers)
    expect(response.status).toBe(400)
    expect(answer.error).toMatchObject({ code: -32020, message: expect.stringContaining(named) })
    expect(seen.begun).toBe(before.begun)
  })

  test.each(['mcp-protocol-version', 'mcp-method', 'mcp-name'])('without %s are refused with 400', async (name) => {
    const headers = { ...without(name, headersFor(routed)), ...params }
    const response = await post(`${yard.url}/mcp`, routed, headers)
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error?.code).toBe(-32020)
  })

  test('may leave out what the arguments leave out', async () => {
    const { answer } = await askModern(yard.url, modernCall('routed', { dry: null }))
    expect(answer.error).toBeUndefined()
  })

  test('may name what is not made of ASCII in base64, and a resource by its URI', async () => {
    const uri = 'note://ü'
    const asked = modern('resources/read', { uri })
    const response = await post(`${yard.url}/mcp`, asked, { ...without('mcp-name', headersFor(asked)), 'mcp-name': wrapped(uri) })
    expect(response.status).toBe(200)
  })

  test('are not asked for where there are none: over WebSocket the body says it all', async () => {
    expect(await (await reached('websocket')).ask(routed)).toMatchObject({ result: { resultType: 'complete' } })
  })
})

describe('what a request says of itself', () => {
  const meta = (more: Json) => ({ [metaOf('protocolVersion')]: '2026-07-28', [metaOf('clientCapabilities')]: {}, ...more })
  const send = (_meta: unknown, headers: Record<string, string> = {}) => {
    const message = request('tools/list', { _meta }, 'mine')
    return post(`${yard.url}/mcp`, message, { ...headersFor(message), ...headers })
  }

  test.each<[string, unknown, string]>([
    ['nothing', undefined, '_meta'],
    ['no version', { [metaOf('clientCapabilities')]: {} }, 'protocolVersion'],
    ['a version that is no text', meta({ [metaOf('protocolVersion')]: 2026 }), 'protocolVersion'],
    ['no capabilities', { [metaOf('protocolVersion')]: '2026-07-28' }, 'clientCapabilities'],
    ['capabilities that are a list', meta({ [metaOf('clientCapabilities')]: [] }), 'clientCapabilities'],
    ['a client that is no object', meta({ [metaOf('clientInfo')]: 'me' }), 'clientInfo'],
    ['a level that is none', meta({ [metaOf('logLevel')]: 'loud' }), 'logLevel'],
    ['a token that is neither text nor integer', meta({ progressToken: 1.5 }), 'progressToken'],
  ])('must be whole: with %s it is 400 and told what is missing', async (_, said, named) => {
    const response = await send(said)
    expect(response.status).toBe(400)
    expect(await messageOf(response)).toMatchObject({
      id: 'mine',
      error: { code: -32602, message: expect.stringContaining(named) },
    })
  })

  test('may name a revision that is not spoken: 400, and it is told which are', async () => {
    const response = await send(meta({ [metaOf('protocolVersion')]: '2027-01-01' }), { 'mcp-protocol-version': '2027-01-01' })
    expect(response.status).toBe(400)
    expect((await messageOf(response)).error).toMatchObject({
      code: -32022,
      data: { supported: ['2026-07-28'], requested: '2027-01-01' },
    })
  })

  test.each(['ping', 'initialize', 'logging/setLevel', 'resources/subscribe', 'tasks/list', 'nonsense'])(
    'counts for its method: %s is unknown in this revision, 404',
    async (method) => {
      const { response, answer } = await askModern(yard.url, modern(method, { level: 'info', uri: 'note://1' }))
      expect([response.status, answer.error?.code]).toEqual([404, -32601])
    },
  )

  test('has errors with numbers that this revision allows', async () => {
    const codes: unknown[] = []
    for (const asked of [
      modern('resources/read', { uri: 'nothing://1' }),
      modern('prompts/get', { name: 'nothing' }),
      modernCall('nothing'),
      modern('tools/list', { cursor: 'x' }),
    ])
      codes.push((await askModern(yard.url, asked)).answer.error?.code)
    expect(codes).toEqual([-32602, -32602, -32602, -32602])
  })
})

describe('both eras stand side by side', () => {
  test('on one URL: a session goes on while requests without one come', async () => {
    const begun = await post(`${yard.url}/mcp`, handshake())
    const session = { 'mcp-session-id': begun.headers.get('mcp-session-id')! }
    await post(`${yard.url}/mcp`, notification('notifications/initialized'), session)
    const [old, fresh] = await Promise.all([
      post(`${yard.url}/mcp`, call('echo', { message: 'old' }), session).then(messageOf),
      askModern(yard.url, modernCall('echo', { message: 'new' }), session),
    ])
    expect(old.result).toMatchObject({ structuredContent: { result: 'old' } })
    expect(old.result).not.toHaveProperty('resultType')
    expect(fresh.answer.result).toMatchObject({ resultType: 'complete', structuredContent: { result: 'new' } })
    expect(fresh.response.headers.get('mcp-session-id')).toBeNull()
    await fetch(`${yard.url}/mcp`, { method: 'DELETE', headers: session })
  })

  test.each(['GET', 'DELETE'])('on one URL: %s is nothing that 2026-07-28 has', async (method) => {
    const response = await fetch(`${yard.url}/mcp`, { method, headers: { 'mcp-protocol-version': '2026-07-28' } })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test.each(['sse', 'websocket', 'stdio'] as const)('on one connection over %s, message by message', async (way) => {
    const hand = await reached(way)
    expect(await hand.ask(modernCall('echo', { message: 'a' }, { id: 1 }))).toMatchObject({ result: { resultType: 'complete' } })
    expect((await hand.ask(handshake('2025-11-25', 2))).result?.protocolVersion).toBe('2025-11-25')
    const old = await hand.ask(call('echo', { message: 'b' }, 3))
    expect(old.result).not.toHaveProperty('resultType')
    expect(await hand.ask(modernCall('echo', { message: 'c' }, { id: 4 }))).toMatchObject({ result: { resultType: 'complete' } })
  })
})
