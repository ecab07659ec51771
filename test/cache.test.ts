/** What is promised about answers that are used again: as long as the service says, and for nobody else than it says. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ServiceConfig } from '../app/config/upstream/service.ts'
import { Failure } from '../app/errors.ts'
import { silent } from '../app/log.ts'
import { createAnswers } from '../app/store/answers.ts'
import { openRedis } from '../app/store/redis.ts'
import { type Cache, createCache, type Load } from '../app/upstreams/cache.ts'
import { openService } from '../app/upstreams/http/service.ts'
import { connect } from './clients.ts'
import { json, startHostile } from './fakes/hostile-service.ts'
import { openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard } from './fakes/upstream-yard.ts'
import { startRedis } from './services.ts'
import { until } from './until.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

async function reads(headers: Record<string, string>, cache?: Cache) {
  const server = await startHostile()
  undo.push(() => server.stop())
  const held: (() => void)[] = []
  let hold = false
  server.answer((request, response) => {
    const same = headers.etag !== undefined && request.headers['if-none-match'] === headers.etag
    const send = () => response.writeHead(same ? 304 : 200, headers).end(same ? '' : `answer ${server.seen.length}`)
    if (hold) held.push(send)
    else send()
  })
  const tls = { ca: null, cert: null, key: null, passphrase: null }
  const config: ServiceConfig = {
    url: server.url,
    headers: {},
    tls,
    connections: 8,
    allowPrivate: true,
    checkEvery: 1,
    refresh: 1,
  }
  const service = openService({ name: 'shop', timeout: 5, service: config }, { log: silent })
  undo.push(() => service.close())
  const load: Load = (validators, signal) => service.ask({ method: 'GET', url: '/', headers: validators, signal, what: 'GET /' })
  const used = cache ?? createCache(createAnswers(await openRedis(null, silent)))
  const get = async (callerId = 'ann', signal?: AbortSignal) =>
    (await used.cached({ key: 'shop /', callerId, signal }, load)).text()
  return {
    server,
    get,
    hold: () => {
      hold = true
    },
    release() {
      hold = false
      for (const send of held.splice(0)) send()
    },
  }
}

describe('an answer', () => {
  test('is used again, for everybody, as long as max-age says', async () => {
    const { get, server } = await reads({ 'cache-control': 'max-age=60' })
    expect([await get('ann'), await get('ann'), await get('bob')]).toEqual(['answer 1', 'answer 1', 'answer 1'])
    vi.setSystemTime(Date.now() + 61_000)
    expect(await get('ann')).toBe('answer 2')
    expect(server.seen).toHaveLength(2)
  })

  test.each([{ 'cache-control': 'private, max-age=60' }, { 'cache-control': 'max-age=60', vary: 'Accept, Authorization' }])(
    'that is for one caller (%j) is shown to nobody else',
    async (headers) => {
      const { get } = await reads(headers as Record<string, string>)
      expect([await get('ann'), await get('bob'), await get('ann'), await get('bob')]).toEqual([
        'answer 1',
        'answer 2',
        'answer 1',
        'answer 2',
      ])
    },
  )

  test.each([{}, { 'cache-control': 'no-store', etag: '"1"' }, { 'cache-control': 'max-age=60', vary: '*' }])(
    'of which nothing is said, or that must not be kept (%j), is not',
    async (headers) => {
      const { get } = await reads(headers as Record<string, string>)
      expect([await get(), await get()]).toEqual(['answer 1', 'answer 2'])
    },
  )

  test('with an ETag is asked about, and not sent again', async () => {
    const { get, server } = await reads({ 'cache-control': 'no-cache', etag: '"7"' })
    expect([await get('ann'), await get('ann'), await get('bob')]).toEqual(['answer 1', 'answer 1', 'answer 1'])
    expect(server.seen.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"7"', '"7"'])
  })
})

describe('equal reads at the same time', () => {
  test('share one request, of one caller always, of several once it is known that the answer is for everybody', async () => {
    const one = await reads({ 'cache-control': 'max-age=60' })
    one.hold()
    const first = [one.get('ann'), one.get('ann'), one.get('ann')]
    await until('one is there', () => one.server.seen.length === 1)
    one.release()
    expect(await Promise.all(first)).toEqual(['answer 1', 'answer 1', 'answer 1'])
    vi.setSystemTime(Date.now() + 61_000)
    one.hold()
    const second = [one.get('ann'), one.get('bob')]
    await until('one more is there', () => one.server.seen.length === 2)
    one.release()
    expect(await Promise.all(second)).toEqual(['answer 2', 'answer 2'])
  })

  test('of several callers are not shared when the answer turns out to be for one', async () => {
    const headers: Record<string, string> = { 'cache-control': 'max-age=60' }
    const { get, server, hold, release } = await reads(headers)
    await get('ann')
    vi.setSystemTime(Date.now() + 61_000)
    headers['cache-control'] = 'private, max-age=60'
    hold()
    const both = [get('ann'), get('bob')]
    await until('one more is there', () => server.seen.length === 2)
    release()
    const [ann, bob] = await Promise.all(both)
    expect(ann).not.toBe(bob)
  })

  test('go on when one of those who wait leaves, and end when the last one does', async () => {
    const { get, server, hold, release } = await reads({})
    hold()
    const [one, two] = [new AbortController(), new AbortController()]
    const leaving = get('ann', one.signal).catch((error: unknown) => error)
    const staying = get('ann')
    await until('it is there', () => server.seen.length === 1)
    one.abort()
    expect(await leaving).toBeInstanceOf(Failure)
    release()
    expect(await staying).toBe('answer 1')
    hold()
    const alone = get('ann', two.signal).catch((error: unknown) => error)
    await until('the next is there', () => server.seen.length === 2)
    const { socket } = server.seen[1]!
    two.abort()
    await alone
    await until('its connection was cut', () => socket.destroyed)
  })
})

test('what is held in the process is bounded, and what was used last is the last to go', async () => {
  const answers = createAnswers(await openRedis(null, silent), { most: 35_000 })
  const answer = { status: 200, headers: {}, body: Buffer.alloc(10_000), url: 'http://a/', freshUntil: 0 }
  for (const key of ['a', 'b', 'c']) await answers.keep(key, answer, 60)
  await answers.get('a')
  await answers.keep('d', answer, 60)
  const kept = await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => (await answers.get(key)) !== undefined))
  expect(kept).toEqual([true, false, true, true])
})

test('with Redis, what one process has read is there for the next', async () => {
  const server = await startRedis()
  undo.push(() => server.stop())
  const open = async () => {
    const redis = await openRedis(server.url, silent, { patience: 2_000 })
    undo.push(() => redis.stop())
    await until('redis is ready', () => redis.ready())
    return createCache(createAnswers(redis))
  }
  const { get } = await reads({ 'cache-control': 'max-age=60' }, await open())
  expect(await get()).toBe('answer 1')
  const other = await reads({ 'cache-control': 'max-age=60' }, await open())
  expect(await other.get('bob')).toBe('answer 1')
  expect(other.server.seen).toHaveLength(0)
})

test('a tool of an OpenAPI service answers from before, as its service says', async () => {
  const store = await openEmbedded()
  undo.push(() => store.close())
  const server = await startHostile()
  undo.push(() => server.stop())
  const document = {
    openapi: '3.0.2',
    info: { title: 'bank', version: '1' },
    servers: [{ url: '/' }],
    paths: { '/rates': { get: { operationId: 'rates', responses: { 200: { description: 'ok' } } } } },
  }
  let read = 0
  server.answer(({ path }, response) => {
    if (path === '/openapi.json') return json(response, document)
    read++
    json(response, { read }, 200, { 'cache-control': 'max-age=600' })
  })
  const cache = createCache(createAnswers(await openRedis(null, silent)))
  const entry = { name: 'bank', kind: 'openapi', url: `${server.url}openapi.json` }
  const yard = await startUpstreamYard(store.database, {}, { entries: [entry], outgoing: { cache } })
  undo.push(() => yard.stop())
  const client = await connect('http', yard.url)
  undo.push(() => client.close())
  const rates = async () => (await client.callTool({ name: 'bank_rates', arguments: {} })).content
  expect(await rates()).toEqual(await rates())
  expect(read).toBe(1)
})
