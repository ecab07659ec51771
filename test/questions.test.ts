/** What is promised about asking a client with a session: forms, pages, its model and its folders, over every way in. */
import { setImmediate as tick } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import type { Definition } from '../app/commands/command.ts'
import { timeToAnswer } from '../app/mcp/request-state.ts'
import { type CommandYard, startCommandYard } from './fakes/command-yard.ts'
import { type Hand, type HandOptions, settled, shakeHands, ways } from './fakes/hand.ts'
import { askable } from './fakes/modern.ts'
import { call, type Message, messageOf, notification, post } from './fakes/wire.ts'
import { until } from './until.ts'

const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
const sampling = { messages: [{ role: 'user', content: { type: 'text', text: 'hm?' } }], maxTokens: 10 }
const folders = [{ uri: 'file:///home/ada', name: 'home' }]
const form = { action: 'accept', content: { name: 'Ada' } }
const sampled = { role: 'assistant', model: 'm', content: { type: 'text', text: 'rain' } }

/** Why questions were not answered, as the commands saw it. */
const reasons: string[] = []
const seen = { cancelled: 0, late: 0 }

const commands: Definition[] = [
  { name: 'form', description: 'Asks for a name', run: (_, { elicit }) => watched(elicit('Who?', schema)) },
  {
    name: 'page',
    description: 'Sends to a page',
    run: (_, { elicitUrl }) => watched(elicitUrl('Sign in', 'https://x.example/in')),
  },
  { name: 'model', description: 'Asks the model', run: (_, { sample }) => watched(sample(sampling)) },
  { name: 'model_with_tools', description: 'x', run: (_, { sample }) => watched(sample({ ...sampling, tools: [] })) },
  { name: 'folders', description: 'Asks for folders', run: (_, { roots }) => watched(roots()) },
  {
    name: 'pair',
    description: 'Asks two things at once',
    run: (_, { ask }) =>
      watched(
        ask({
          name: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: schema } },
          roots: { method: 'roots/list' },
        }),
      ),
  },
  {
    name: 'form_and_page',
    description: 'Asks two things at once',
    run: (_, { ask }) =>
      ask({
        page: {
          method: 'elicitation/create',
          params: { mode: 'url', message: 'x', url: 'https://x.example', elicitationId: '1' },
        },
        form: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: schema } },
      }),
  },
  {
    name: 'hasty',
    description: 'Has little time of its own, and needs all of it after the question',
    timeout: 0.2,
    async run(_, { elicit, signal }) {
      await elicit('Who?', schema)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('late')))
    },
  },
  {
    name: 'quick',
    description: 'Has little time of its own',
    timeout: 0.2,
    run: (_, { elicit }) => elicit('Who?', schema),
  },
  {
    name: 'late',
    description: 'Takes longer than it may',
    timeout: 0.2,
    run: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve(seen.late++))
      }),
  },
  {
    name: 'watching',
    description: 'Asks, and sees that nobody waits any more',
    run(_, { elicit, signal }) {
      signal.addEventListener('abort', () => seen.cancelled++)
      return watched(elicit('Who?', schema))
    },
  },
]

async function watched<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    reasons.push((error as Error).message)
    throw error
  }
}

let yard: CommandYard
const hands: Hand[] = []
beforeAll(async () => {
  yard = await startCommandYard(commands)
})
afterEach(async () => {
  for (const hand of hands.splice(0)) await hand.leave()
  for (const session of yard.sessions.list()) session.close('the test is over')
  reasons.length = 0
})
afterAll(() => yard.stop())

async function shaken(
  way: (typeof ways)[number],
  options: HandOptions & { abilities?: Json; version?: string } = {},
): Promise<Hand> {
  const hand = await shakeHands(yard, way, { abilities: askable, ...options })
  hands.push(hand)
  return hand
}

const isQuestion = ({ id, method }: Message) => method !== undefined && id !== undefined
const question = (hand: Hand) => hand.take('a question', isQuestion)
const answerTo = (id: string | number | undefined, result: unknown) => ({ jsonrpc: '2.0', id, result })
const refusal = (id: string | number | undefined, error: object) => ({ jsonrpc: '2.0', id, error })
const answer = (hand: Hand, id: string | number = 2) => hand.take('the answer', (message) => message.id === id && !message.method)
const textIn = ({ result }: Message) => result?.content?.[0]?.text

describe.each(ways)('over %s', (way) => {
  test.each<[string, string, Json, unknown, unknown]>([
    ['form', 'elicitation/create', { message: 'Who?', requestedSchema: schema }, form, form],
    [
      'page',
      'elicitation/create',
      { mode: 'url', message: 'Sign in', url: 'https://x.example/in', elicitationId: expect.any(String) },
      { action: 'decline' },
      { action: 'decline' },
    ],
    ['model', 'sampling/createMessage', sampling, sampled, sampled],
    ['folders', 'roots/list', {}, { roots: folders }, { result: folders }],
  ])('%s: the client gets %s, and what it answers goes to the command', async (name, method, params, said, result) => {
    const hand = await shaken(way)
    await hand.send(call(name))
    const asked = await question(hand)
    expect(asked).toEqual({ jsonrpc: '2.0', id: expect.any(String), method, params })
    expect(hand.heard).toEqual([])
    await hand.send(answerTo(asked.id, said))
    expect((await answer(hand)).result?.structuredContent).toEqual(result)
  })

  test('several at once come at once, and each has its own answer, whichever comes first', async () => {
    const hand = await shaken(way)
    await hand.send(call('pair'))
    const [one, two] = [await question(hand), await question(hand)]
    expect([one.method, two.method]).toEqual(['elicitation/create', 'roots/list'])
    await hand.send(answerTo(two.id, { roots: folders }))
    await hand.send(answerTo(one.id, form))
    expect((await answer(hand)).result?.structuredContent).toEqual({ name: form, roots: { roots: folders } })
  })

  test("a client that refuses is heard: the command's caller reads its words", async () => {
    const hand = await shaken(way)
    await hand.send(call('model'))
    await hand.send(refusal((await question(hand)).id, { code: -1, message: 'my person says no', data: { at: 1 } }))
    const said = await answer(hand)
    expect(said.result).toMatchObject({ isError: true })
    expect(textIn(said)).toBe('the client refused sampling/createMessage: my person says no')
  })

  test('a call that is taken back takes its question back, and nothing more is said', async () => {
    const hand = await shaken(way)
    const before = seen.cancelled
    await hand.send(call('watching', {}, 'mine'))
    const asked = await question(hand)
    await hand.send(notification('notifications/cancelled', { requestId: 'mine' }))
    expect(await hand.take('the question back', () => true)).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: asked.id },
    })
    expect(seen.cancelled).toBe(before + 1)
    await hand.send(answerTo(asked.id, form))
    await settled(hand)
    expect(hand.heard).toEqual([])
    expect(reasons).toHaveLength(1)
  })

  test('answers that nobody asked for, or not any more, are passed over', async () => {
    const hand = await shaken(way)
    for (const id of ['q1', 'q99', 1, 'nobody']) await hand.send(answerTo(id, form))
    await hand.send(refusal('q1', { code: -1, message: 'no' }))
    await hand.send(call('form'))
    const asked = await question(hand)
    await hand.send(answerTo(asked.id, form))
    await answer(hand)
    await hand.send(answerTo(asked.id, { action: 'cancel' }))
    await hand.send(call('form', {}, 3))
    const next = await question(hand)
    for (const id of [asked.id!, String(next.id).slice(1), Number(String(next.id).slice(1)), 'nobody'])
      await hand.send(answerTo(id, { action: 'cancel' }))
    await hand.send(answerTo(next.id, { action: 'accept', content: { name: 'Bob' } }))
    expect((await answer(hand, 3)).result?.structuredContent).toEqual({ action: 'accept', content: { name: 'Bob' } })
    expect(hand.heard).toEqual([])
  })
})

describe('what a client did not declare', () => {
  test.each<[Json, string, Json]>([
    [{}, 'form', { elicitation: {} }],
    [{ sampling: {}, roots: {} }, 'form', { elicitation: {} }],
    [{ elicitation: { url: {} } }, 'form', { elicitation: { form: {} } }],
    [{}, 'page', { elicitation: { url: {} } }],
    [{ elicitation: {} }, 'page', { elicitation: { url: {} } }],
    [{ elicitation: { form: {} } }, 'page', { elicitation: { url: {} } }],
    [{}, 'form_and_page', { elicitation: { form: {}, url: {} } }],
    [{ elicitation: { url: {} } }, 'form_and_page', { elicitation: { form: {} } }],
    [{ elicitation: {} }, 'model', { sampling: {} }],
    [{ sampling: {} }, 'model_with_tools', { sampling: { tools: {} } }],
    [{ elicitation: true, roots: null }, 'folders', { roots: {} }],
    [{ sampling: {} }, 'pair', { elicitation: {}, roots: {} }],
  ])('is not asked: with %j, %s is refused and told that it lacks %j', async (abilities, name, requiredCapabilities) => {
    const hand = await shaken('http', { abilities })
    const { error } = await hand.ask(call(name))
    expect(error).toMatchObject({ code: -32021, data: { code: 'client_lacks', requiredCapabilities } })
    for (const [part, inside] of Object.entries(requiredCapabilities)) {
      expect(error?.message).toContain(part)
      for (const one of Object.keys(inside as Json)) expect(error?.message).toContain(one)
    }
    expect(hand.heard).toEqual([])
  })

  test.each<[Json, string]>([
    [{ elicitation: {} }, 'form'],
    [{ elicitation: { form: {} } }, 'form'],
    [{ elicitation: { url: {} } }, 'page'],
    [{ sampling: { tools: {} } }, 'model_with_tools'],
  ])('is all that is refused: with %j, %s is asked', async (abilities, name) => {
    const hand = await shaken('http', { abilities })
    await hand.send(call(name))
    await question(hand)
  })

  test.each(['cmd', 'rest'])('is everything for a service on /%s: it is told that it cannot be asked', async (way) => {
    const url = way === 'cmd' ? `${yard.url}/cmd` : `${yard.url}/api/commands/form`
    const said = await (await post(url, way === 'cmd' ? { command: 'form' } : {})).text()
    expect(said).toContain('client_lacks')
    expect(said).toContain('elicitation')
  })
})

describe('an answer that cannot be one', () => {
  test.each<[string, string, unknown, string]>([
    ['form', 'no object', 'Ada', 'it must be an object'],
    ['form', 'an unknown action', { action: 'maybe' }, 'action must be accept, decline or cancel'],
    ['form', 'content that is a list', { action: 'accept', content: ['Ada'] }, 'content must be an object'],
    ['model', 'no content', { role: 'assistant', model: 'm' }, 'content must be an object or a list'],
    ['model', 'no model', { role: 'assistant', content: {} }, 'it must have role, content and model'],
    ['folders', 'no list', { roots: 'home' }, 'roots must be a list of objects'],
    ['folders', 'a list of texts', { roots: ['home'] }, 'roots must be a list of objects'],
  ])('to %s, with %s, is an error that says what is wrong', async (name, _, said, problem) => {
    const hand = await shaken('sse')
    await hand.send(call(name))
    await hand.send(answerTo((await question(hand)).id, said))
    const told = await answer(hand)
    expect(told.result).toMatchObject({ isError: true })
    expect(textIn(told)).toMatch(new RegExp(`^the client's answer to .* cannot be used: ${problem}$`))
  })

  test('ends its call alone: another one asks and is answered', async () => {
    const hand = await shaken('websocket')
    await hand.send(call('form', {}, 'wrong'))
    const wrong = await question(hand)
    await hand.send(call('form', {}, 'right'))
    const right = await question(hand)
    await hand.send(answerTo(wrong.id, 7))
    await hand.send(answerTo(right.id, form))
    expect((await answer(hand, 'wrong')).result).toMatchObject({ isError: true })
    expect((await answer(hand, 'right')).result?.structuredContent).toEqual(form)
  })

  test('ends the whole of what was asked at once: the rest is taken back', async () => {
    const hand = await shaken('websocket')
    await hand.send(call('pair'))
    const [one, two] = [await question(hand), await question(hand)]
    await hand.send(refusal(one.id, { code: -1, message: 'no' }))
    expect(await hand.take('the rest back', ({ method }) => method === 'notifications/cancelled')).toMatchObject({
      params: { requestId: two.id },
    })
    expect(textIn(await answer(hand))).toBe('the client refused elicitation/create: no')
  })
})

describe('over HTTP', () => {
  test('a question comes on the stream of its POST, not on that of the session', async () => {
    const hand = await shaken('http', { stream: true })
    const session = { 'mcp-session-id': yard.sessions.list()[0]!.id }
    const response = await post(`${yard.url}/mcp`, call('form'), session)
    const text = new TextDecoder()
    const reader = response.body!.getReader()
    let heard = ''
    while (!heard.includes('elicitation/create')) heard += text.decode((await reader.read()).value)
    await settled(hand)
    expect(hand.heard).toEqual([])
    await reader.cancel()
  })

  test('a client that takes no event stream is asked on the stream of its session', async () => {
    const hand = await shaken('http', { stream: true, accept: 'application/json' })
    const answered = hand.send(call('form'))
    const asked = await question(hand)
    await hand.send(answerTo(asked.id, form))
    await answered
    expect((await answer(hand)).result?.structuredContent).toEqual(form)
  })

  test('and has no such stream open, is told so', async () => {
    const hand = await shaken('http', { accept: 'application/json' })
    const told = await hand.ask(call('form'))
    expect(told.result).toMatchObject({ isError: true })
    expect(textIn(told)).toBe('the client cannot be asked: it neither takes event streams nor has the stream of its session open')
  })

  test('an answer needs the session that was asked: it is nobody else who gives it', async () => {
    const asked = await shaken('http')
    const own = { 'mcp-session-id': yard.sessions.list()[0]!.id }
    await asked.send(call('form'))
    const { id } = await question(asked)
    const foreign = await post(`${yard.url}/mcp`, answerTo(id, { action: 'cancel' }), { ...own, authorization: 'Bearer admin' })
    expect(foreign.status).toBe(404)
    const other = await shaken('http')
    await other.send(answerTo(id, { action: 'cancel' }))
    expect((await post(`${yard.url}/mcp`, answerTo(id, form), own)).status).toBe(202)
    expect((await answer(asked)).result?.structuredContent).toEqual(form)
  })
})

describe('two clients', () => {
  test.each(ways)('with equal ids over %s never get what is asked of the other', async (way) => {
    const [ada, bob] = [await shaken(way), await shaken(way)]
    await ada.send(call('form', {}, 'same'))
    await bob.send(call('form', {}, 'same'))
    const [forAda, forBob] = [await question(ada), await question(bob)]
    expect(forAda.id).toBe(forBob.id)
    await bob.send(answerTo(forBob.id, { action: 'accept', content: { name: 'Bob' } }))
    expect((await answer(bob, 'same')).result?.structuredContent).toEqual({ action: 'accept', content: { name: 'Bob' } })
    await settled(ada)
    expect(ada.heard).toEqual([])
    await ada.send(answerTo(forAda.id, form))
    expect((await answer(ada, 'same')).result?.structuredContent).toEqual(form)
  })
})

describe('a client that leaves', () => {
  test.each(['sse', 'websocket', 'stdio'] as const)('over %s with a question open ends the call', async (way) => {
    const hand = await shaken(way)
    const before = seen.cancelled
    await hand.send(call('watching'))
    await question(hand)
    await hand.leave()
    if (way === 'stdio') for (const session of yard.sessions.list()) session.close('stdin ended')
    await until('the command knows', () => reasons.length === 1)
    expect(seen.cancelled).toBe(before + 1)
  })

  test('by ending its session over HTTP ends the call, and its answer says why', async () => {
    const hand = await shaken('http')
    const session = { 'mcp-session-id': yard.sessions.list()[0]!.id }
    await hand.send(call('watching'))
    await question(hand)
    await fetch(`${yard.url}/mcp`, { method: 'DELETE', headers: session })
    expect((await answer(hand)).error?.message).toBe('the session has ended: ended by the client')
    expect(reasons).toHaveLength(1)
  })
})

describe('the time of a call', () => {
  test('does not run while a person thinks, and is whole again afterwards', async () => {
    const hand = await shaken('sse')
    await hand.send(call('quick', {}, 'quick'))
    await hand.send(call('hasty', {}, 'hasty'))
    const [quick, hasty] = [await question(hand), await question(hand)]
    // What began later and asks nobody has run out of as much time by then.
    for (let twice = 0; twice < 2; twice++) {
      const { result } = await hand.ask(call('late', {}, `late-${twice}`))
      expect(result?.content?.[0]?.text).toBe('late did not answer within 0.2 s')
    }
    expect(hand.heard).toEqual([])
    await hand.send(answerTo(quick.id, form))
    expect((await answer(hand, 'quick')).result?.structuredContent).toEqual(form)
    await hand.send(answerTo(hasty.id, form))
    expect(textIn(await answer(hand, 'hasty'))).toBe('hasty did not answer within 0.2 s')
  })

  test('does not wait for ever: after ten minutes the question is taken back, and the call told', async () => {
    const hand = await shaken('websocket')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await hand.send(call('watching'))
      // Not by vi, whose waiting moves this clock.
      while (hand.heard.length === 0) await tick()
      await vi.advanceTimersByTimeAsync(timeToAnswer - 1)
      expect(reasons).toEqual([])
      await vi.advanceTimersByTimeAsync(1)
      expect(reasons).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
    const asked = await question(hand)
    expect(await hand.take('it back', ({ method }) => method === 'notifications/cancelled')).toMatchObject({
      params: { requestId: asked.id },
    })
    expect(textIn(await answer(hand))).toBe('the client did not answer elicitation/create within 10 minutes')
  })
})

test('an answer to a question of an older revision is heard as well', async () => {
  const hand = await shaken('http', { version: '2024-11-05' })
  await hand.send(call('model'))
  await hand.send(answerTo((await question(hand)).id, sampled))
  expect((await answer(hand)).result?.structuredContent).toEqual(sampled)
  expect((await messageOf(await post(`${yard.url}/mcp`, 'x'))).error?.code).toBe(-32700)
})
