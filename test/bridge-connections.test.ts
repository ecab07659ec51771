/** What is promised about the connections to servers behind us: whose they are, when they end, and what happens when a server forgets us or goes away. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { upstreams } from '../app/store/schema.ts'
import { type ClientEra, type Ear, type FarClient, farClient, type Outcome } from './fakes/far/clients.ts'
import { type FarEra, type FarHttp, startFarHttp } from './fakes/far/http.ts'
import { watchedAt } from './fakes/far/offer.ts'
import { buildPrograms, type Programs } from './fakes/far/programs.ts'
import { askable } from './fakes/modern.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import type { Message } from './fakes/wire.ts'
import { post } from './fakes/wire.ts'
import { until } from './until.ts'

let store: OpenStore
let programs: Programs
beforeAll(async () => {
  ;[store, programs] = await Promise.all([openEmbedded(), buildPrograms()])
})
afterAll(async () => {
  await Promise.all([store?.close(), programs?.remove()])
})

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
  await store.database.db.delete(upstreams)
})

async function farHttp(era: FarEra, options?: { json?: boolean }): Promise<FarHttp> {
  const far = await startFarHttp(era, options)
  undo.push(() => far.stop())
  return far
}

async function system(far: object): Promise<UpstreamYard> {
  const yard = await startUpstreamYard(store.database, { far: { prefix: '', ...far } }, { timeout: 3_600_000 })
  undo.push(() => yard.stop())
  await until('it was tried', () => yard.state('far').state !== 'connecting')
  return yard
}

async function client(yard: UpstreamYard, era: ClientEra = 'session', abilities: Json = askable): Promise<FarClient> {
  const made = await farClient(yard, era, abilities)
  undo.push(() => made.leave())
  return made
}

const textIn = ({ answer }: Outcome) => answer.result?.content?.[0]?.text ?? answer.error?.message ?? ''
const valueIn = async (outcome: Promise<Outcome>) => JSON.parse(textIn(await outcome)) as Json
const isUpdate = ({ method }: Message) => method === 'notifications/resources/updated'
const runs = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
/** Does it again and again, until the change that it makes is told. */
async function told(ear: Ear, change: () => Promise<unknown>): Promise<void> {
  let heard = false
  const hearing = ear.next('a change', isUpdate).then(() => {
    heard = true
  })
  await until('it is told', async () => {
    await change()
    return heard
  })
  await hearing
}

/** Ends the newest session, as its client would. */
async function endNewest(yard: UpstreamYard): Promise<void> {
  await fetch(`${yard.url}/mcp`, { method: 'DELETE', headers: { 'mcp-session-id': yard.sessions.list().at(-1)!.id } })
}
const named = (content: string) => ({ action: 'accept', content: { name: content } })

describe('a connection for each client', () => {
  test.each(['stdio', 'http'])('over %s: what one left in the server another does not meet', async (way) => {
    const yard = await system(way === 'stdio' ? programs.config('session') : { url: (await farHttp('session')).url })
    const [ada, bob, eve] = [await client(yard), await client(yard), await client(yard, 'modern')]
    await ada.call('remember', { word: 'apple' })
    await bob.call('remember', { word: 'bread' })
    expect(textIn(await eve.call('recall'))).toBe('nothing')
    expect(textIn(await ada.call('recall'))).toBe('apple')
    expect(textIn(await bob.call('recall'))).toBe('bread')
  })

  test('of 2026-07-28 is one for each caller: what one key left another does not meet', async () => {
    const yard = await system(programs.config('session'))
    const eve = await client(yard, 'modern')
    const headers = { authorization: 'Bearer admin' }
    await eve.call('remember', { word: 'apple' }, { headers })
    expect(textIn(await eve.call('recall'))).toBe('nothing')
    expect(textIn(await eve.call('recall', {}, { headers }))).toBe('apple')
  })

  test('says what that client can be asked, and hears when its folders change', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const [ada, mute] = [await client(yard), await client(yard, 'session', { sampling: {} })]
    for (const one of [ada, mute]) await one.call('recall')
    expect(far.of('initialize').map(({ message }) => (message.params as Json).capabilities)).toEqual([
      expect.objectContaining({ roots: expect.anything() }),
      askable,
      { sampling: {} },
    ])
    const [session] = yard.sessions.list()
    await post(
      `${yard.url}/mcp`,
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      { 'mcp-session-id': session!.id },
    )
    await until('it is told', () => far.shared.seen.moved === 1)
  })

  test('ends with its session: its process is gone, and over HTTP the server is told', async () => {
    const far = await farHttp('session')
    const yard = await system(programs.config('session'))
    const pid = Number(textIn(await (await client(yard)).call('pid')))
    expect(runs(pid)).toBe(true)
    await endNewest(yard)
    await until('the process is gone', () => !runs(pid))
    expect(runs(yard.state('far').pid!)).toBe(true)

    const other = await system({ url: far.url })
    await (await client(other)).call('recall')
    expect(far.sessions.open.size).toBe(2)
    await endNewest(other)
    await until('the server knows', () => far.sessions.open.size === 1)
  })

  test('is not left behind by a client that was gone before it was made', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    await far.stop()
    await until('it is missed', async () => {
      await (await client(yard)).call('recall')
      return yard.state('far').state === 'stale'
    })
    await far.start()
    const release = far.hold()
    const leaving = await client(yard)
    const asked = leaving.listen(watchedAt('far')).catch(() => {})
    await until('the server is asked again', () => far.open() > 0)
    await endNewest(yard)
    release()
    await asked
    await until('its connection was made', () => far.sessions.begun === 3)
    await until('only the main connection is left', () => far.sessions.open.size === 1)
  })

  test('is one of at most 100: those that nobody uses make room, and where all are used another client is told so', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const idle = await client(yard)
    await idle.call('remember', { word: 'apple' })
    const takeBack: (() => Promise<void>)[] = []
    for (let used = 0; used < 100; used++) takeBack.push(await (await client(yard)).begin('wait'))
    expect(far.sessions.open.size).toBe(101)

    const { answer } = await idle.call('recall')
    expect(answer.result).toMatchObject({
      isError: true,
      _meta: { 'switchyard/error': { code: 'limited', limit: 100, retry_after: 5 } },
    })
    await takeBack[0]!()
    await until('there is room again', async () => textIn(await idle.call('recall')) === 'nothing')
    expect(far.sessions.open.size).toBe(101)
    for (const one of takeBack.slice(1)) await one()
  })
})

describe('one connection for all', () => {
  test('over HTTP: every question reaches exactly its own client', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url, sessions: 'shared' })
    const clients = [await client(yard), await client(yard), await client(yard, 'modern')]
    let asked = 0
    const answers = clients.map((one, index) =>
      valueIn(
        one.call(
          'form',
          {},
          {
            async answer() {
              asked++
              await until('all are asked', () => asked === clients.length)
              return named(`client ${index}`)
            },
          },
        ),
      ),
    )
    expect(await Promise.all(answers)).toEqual(clients.map((_, index) => named(`client ${index}`)))
    expect(far.sessions.begun).toBe(1)
  })

  test.each(['stdio', 'http'])('over %s: what one left in the server the next one meets', async (way) => {
    const far = way === 'stdio' ? programs.config('session') : { url: (await farHttp('session')).url }
    const yard = await system({ ...far, sessions: 'shared' })
    await (await client(yard)).call('remember', { word: 'apple' })
    expect(textIn(await (await client(yard, 'modern')).call('recall'))).toBe('apple')
  })

  test('over stdio: a question is for the only one who calls, and where two do it is refused with the reason', async () => {
    const yard = await system({ ...programs.config('session'), sessions: 'shared' })
    const [ada, bob] = [await client(yard), await client(yard)]
    expect(await valueIn(ada.call('form', {}, { answer: () => named('Ada') }))).toEqual(named('Ada'))

    const takeBack = await bob.begin('wait')
    const asked = await ada.call('form')
    expect(asked.asked).toEqual([])
    expect(asked.answer.result).toMatchObject({ isError: true })
    expect(textIn(asked)).toContain('more than one client may be meant')
    await takeBack()
  })

  test('over stdio: what a call that was taken back still asks reaches nobody', async () => {
    const yard = await system({ ...programs.config('session'), sessions: 'shared' })
    const [ada, bob] = [await client(yard), await client(yard)]
    const takeBack = await ada.begin('stubborn')
    const waiting = await bob.begin('wait')
    await takeBack()
    // Bob's is the only call now. Were he asked, this would take it for something that his own call brought.
    let refusals: string[] = []
    await until('the question has been refused', async () => {
      const outcome = await bob.call('seen', {}, { answer: () => named('Bob') })
      expect(outcome.asked).toEqual([])
      refusals = (JSON.parse(textIn(outcome)) as { refusals: string[] }).refusals
      return refusals.length === 1
    })
    expect(refusals[0]).toContain('more than one client may be meant')
    await waiting()
  })
})

test('a server that answers with JSON asks on the stream of its session, and reaches the client whose connection it is', async () => {
  const far = await farHttp('session', { json: true })
  const yard = await system({ url: far.url })
  const [ada, bob] = [await client(yard), await client(yard)]
  let asked = 0
  const aside = (one: FarClient, content: string) =>
    valueIn(
      one.call(
        'aside',
        {},
        {
          async answer() {
            asked++
            await until('both are asked', () => asked === 2)
            return named(content)
          },
        },
      ),
    )
  expect(await Promise.all([aside(ada, 'Ada'), aside(bob, 'Bob')])).toEqual([named('Ada'), named('Bob')])
})

test('a question that the server takes back is taken back at the client', async () => {
  const far = await farHttp('session')
  const yard = await system({ url: far.url })
  const ada = await client(yard)
  const ear = await ada.listen()
  const outcome = await ada.call(
    'fickle',
    {},
    {
      async answer() {
        await ear.next('it is taken back', ({ method }) => method === 'notifications/cancelled')
        return named('too late')
      },
    },
  )
  expect(textIn(outcome)).toBe('taken back')
})

test('a service that cannot be asked is told so, and so is the server', async () => {
  const far = await farHttp('session')
  const yard = await system({ url: far.url })
  const said = await (await post(`${yard.url}/cmd`, { command: 'form' })).text()
  expect(said).toContain('elicitation')
  expect(said).not.toContain('internal')
})

describe('log levels', () => {
  test('are set at the server for the connection of whoever wants more', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const ada = await client(yard)
    await ada.request('logging/setLevel', { level: 'warning' })
    for (let times = 0; times < 2; times++) await ada.call('talk')
    await (await client(yard)).call('talk')
    expect(far.shared.seen.levels).toEqual(['warning'])
  })

  test('that a server does not let us set are no reason not to call it', async () => {
    const far = await farHttp('session')
    far.shared.deaf = true
    const yard = await system({ url: far.url })
    const ada = await client(yard)
    await ada.request('logging/setLevel', { level: 'debug' })
    expect(textIn(await ada.call('talk'))).toBe('said')
  })
})

describe('a resource that nobody watches any more', () => {
  test.each<ClientEra>(['session', 'modern'])(
    'is not subscribed to any more, where a client of the era %s has watched it',
    async (era) => {
      const far = await farHttp('session')
      const yard = await system({ url: far.url })
      const [ada, bob] = [await client(yard, era), await client(yard, era)]
      const [one, other] = [await ada.listen(watchedAt('far')), await bob.listen(watchedAt('far'))]
      const counts = () => [far.of('resources/subscribe').length, far.of('resources/unsubscribe').length]
      // Without sessions one subscription serves all.
      const each = era === 'session' ? 2 : 1
      expect(counts()).toEqual([each, 0])
      await one.close()
      await other.close()
      await until('the server is told', () => counts()[1] === each)
    },
  )

  test('is not asked for any more at a server of 2026-07-28', async () => {
    const far = await farHttp('modern')
    const yard = await system({ url: far.url })
    const ada = await client(yard)
    const wanted = () => {
      const { notifications } = far.of('subscriptions/listen').at(-1)!.message.params as { notifications: Json }
      return notifications.resourceSubscriptions
    }
    const ear = await ada.listen(watchedAt('far'))
    expect(wanted()).toEqual([watchedAt('far')])
    await ear.close()
    await until('it is not wanted any more', () => wanted() === undefined)
  })

  test('is not watched any more either when its client has gone', async () => {
    const far = await farHttp('modern')
    const yard = await system({ url: far.url })
    const ada = await client(yard)
    await ada.listen(watchedAt('far'))
    await endNewest(yard)
    await until('it is not wanted any more', () => {
      const { notifications } = far.of('subscriptions/listen').at(-1)!.message.params as { notifications: Json }
      return notifications.resourceSubscriptions === undefined
    })
  })
})

describe('a server that has forgotten us', () => {
  test('is asked for a new session once, by the client who finds out, and the call is made once', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const [ada, bob] = [await client(yard), await client(yard)]
    for (const one of [ada, bob]) await one.call('recall')
    const before = far.sessions.begun
    far.forget()
    const words = await Promise.all([1, 2, 3].map(() => ada.call('recall').then(textIn)))
    expect(words).toEqual(['nothing', 'nothing', 'nothing'])
    expect(far.shared.seen.calls.recall).toBe(5)
    expect(far.sessions.begun - before).toBeLessThanOrEqual(2)
    expect(textIn(await bob.call('recall'))).toBe('nothing')
  })

  test('and forgets us every time is an error in the end, not a circle', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const ada = await client(yard)
    await ada.call('recall')
    far.forgetful = true
    const before = far.came.length
    expect((await ada.call('recall')).answer.result).toMatchObject({ isError: true })
    expect(far.came.length - before).toBeLessThan(20)
  })

  test.each<[string, ClientEra]>([
    ['a client with a session', 'session'],
    ['a client of 2026-07-28', 'modern'],
  ])('still tells %s of the resources that it watches', async (_, era) => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const ada = await client(yard, era)
    const ear = await ada.listen(watchedAt('far'))
    far.forget()
    await ada.call('recall')
    await told(ear, () => ada.call('touch'))
  })
})

describe('a server that is away', () => {
  test('is an error that says so for whatever is asked, and works again when it is back', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const [ada, eve] = [await client(yard), await client(yard, 'modern')]
    await far.stop()
    for (const one of [ada, eve]) {
      const { answer } = await one.call('recall')
      expect(answer.result).toMatchObject({ isError: true, _meta: { 'switchyard/error': { code: 'upstream_away' } } })
    }
    const read = await ada.request('resources/read', { uri: watchedAt('far') })
    expect(read.answer.error).toMatchObject({ code: -32000, data: { code: 'upstream_away' } })
    const got = await eve.request('prompts/get', { name: 'plan', arguments: { day: 'x' } })
    expect(got.answer.error).toMatchObject({ code: -31503, data: { code: 'upstream_away' } })
    const watched = await ada.request('resources/subscribe', { uri: watchedAt('far') })
    expect(watched.answer.error).toMatchObject({ data: { code: 'upstream_away' }, message: expect.stringContaining('far') })

    await far.start()
    await until('it is back', async () => textIn(await ada.call('recall')) === 'nothing')
  })

  test.each<ClientEra>(['session', 'modern'])('tells a client of the era %s of what it watches when it is back', async (era) => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const [ada, bob] = [await client(yard, era), await client(yard)]
    const ear = await ada.listen(watchedAt('far'))
    await far.stop()
    await until('it is missed', async () => {
      await ada.call('recall')
      return yard.state('far').state === 'stale'
    })
    await far.start()
    // Ada does nothing for it.
    await told(ear, () => bob.call('touch'))
  })

  test('is said in its own words where it does not let a resource be watched', async () => {
    const far = await farHttp('session')
    const yard = await system({ url: far.url })
    const ada = await client(yard)
    const { answer } = await ada.request('resources/subscribe', { uri: 'far://forbidden' })
    expect(answer.error).toMatchObject({
      message: expect.stringContaining('that is not for watching'),
      data: { code: 'upstream_failed', upstream: 'far', upstream_code: -32050 },
    })
  })
})

describe('the protocol', () => {
  const questions = (far: FarHttp) =>
    far.came.map(({ message }) => message.method).filter((method) => method === 'server/discover' || method === 'initialize')

  test.each<[FarEra, string[], string[]]>([
    ['session', ['server/discover', 'initialize'], ['initialize']],
    ['modern', ['server/discover'], ['server/discover']],
  ])('of a server of the era %s is found out once: a restart asks only what it understands', async (era, first, later) => {
    const far = await farHttp(era)
    const one = await startUpstreamYard(store.database, { far: { url: far.url } })
    await one.becomes('far', 'connected')
    expect(questions(far)).toEqual(first)
    await one.stop()
    const before = questions(far).length
    const two = await startUpstreamYard(store.database, { far: { url: far.url } })
    undo.push(() => two.stop())
    await two.becomes('far', 'connected')
    expect(questions(far).slice(before)).toEqual(later)
  })

  test('that was remembered and is not spoken any more is found out again', async () => {
    const old = await farHttp('session')
    const one = await startUpstreamYard(store.database, { far: { url: old.url } })
    await one.becomes('far', 'connected')
    await one.stop()
    await old.stop()
    const fresh = await startFarHttp('modern', { port: Number(new URL(old.url).port) })
    undo.push(() => fresh.stop())
    const two = await startUpstreamYard(store.database, { far: { url: fresh.url } })
    undo.push(() => two.stop())
    await two.becomes('far', 'connected')
    expect(questions(fresh)).toEqual(['initialize', 'server/discover'])
  })

  test.each<[FarEra, string, string[]]>([
    ['session', 'legacy', ['initialize']],
    ['modern', 'modern', ['server/discover']],
  ])('of a server of the era %s that is pinned to %s is not found out', async (era, protocol, asked) => {
    const far = await farHttp(era)
    await system({ url: far.url, protocol })
    expect(questions(far)).toEqual(asked)
  })

  test.each<[FarEra, string, string]>([
    ['session', 'modern', 'server/discover'],
    ['modern', 'legacy', 'initialize'],
  ])('of a server of the era %s that is pinned to %s is not spoken, and the reason is shown', async (era, protocol, asked) => {
    const far = await farHttp(era)
    const yard = await system({ url: far.url, protocol })
    expect(yard.state('far')).toMatchObject({ state: 'stale', error: expect.stringMatching(/./) })
    expect(new Set(questions(far))).toEqual(new Set([asked]))
  })

  test('of a program is asked in the older way first, because a program may end at what it does not know', async () => {
    for (const era of ['session', 'modern'] as const) {
      const yard = await system(programs.config(era))
      await yard.becomes('far', 'connected')
      const { server } = yard.state('far')
      expect(server?.version).toBe(era === 'session' ? '1.0.0' : '2.0.0')
    }
  })
})
