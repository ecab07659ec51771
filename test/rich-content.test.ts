/** What is promised about content that is more than text: to clients of every revision, to services, from commands and from servers behind us. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import type { Definition } from '../app/commands/command.ts'
import { upstreams } from '../app/store/schema.ts'
import { startCanned } from './fakes/canned.ts'
import { type CommandYard, startCommandYard } from './fakes/command-yard.ts'
import type { Place } from './fakes/hand.ts'
import { shakeHands } from './fakes/hand.ts'
import { askModern, modern } from './fakes/modern.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startUpstreamYard, type UpstreamYard } from './fakes/upstream-yard.ts'
import { type Message, post, request } from './fakes/wire.ts'

const revisions = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const
type Revision = (typeof revisions)[number]
const bytes = Buffer.from('any bytes at all').toString('base64')
const annotations = { audience: ['user'], priority: 0.5 }

const text = { type: 'text', text: 'words', annotations }
const image = { type: 'image', mimeType: 'image/png', data: bytes }
const audio = { type: 'audio', mimeType: 'audio/wav', data: bytes, annotations }
const video = { type: 'resource', resource: { uri: 'clip://1', mimeType: 'video/mp4', blob: bytes } }
const link = { type: 'resource_link', name: 'report', uri: 'report://7', description: 'Of this week', annotations }
const all = [text, image, audio, video, link]

/** What becomes of it where it is not known yet. */
const audioAsResource = {
  type: 'resource',
  resource: { uri: 'urn:switchyard:audio', mimeType: 'audio/wav', blob: bytes },
  annotations,
}
const linkAsText = { type: 'text', text: 'report: report://7\nOf this week', annotations }
const expected: Record<Revision, Json[]> = {
  '2024-11-05': [text, image, audioAsResource, video, linkAsText],
  '2025-03-26': [text, image, audio, video, linkAsText],
  '2025-06-18': all,
  '2025-11-25': all,
  '2026-07-28': all,
}

const says = (content: unknown) => ({ role: 'user', content })
const made = (name: string, run: Extract<Definition, { run: unknown }>['run']): Definition => ({ name, description: 'x', run })
const commands: Definition[] = [
  made('rich', (_, { content }) => content(all)),
  made('no', (_, { content }) => content([text, audio], { isError: true })),
  made('listed', (_, { content }) => content([text], { structured: [1, { two: 2 }] })),
  made('zero', (_, { content }) => content([], { structured: 0 })),
  made('only_structured', (_, { content }) => content([], { structured: { a: 1 } })),
  made('large', (_, { content }) => content([{ ...image, data: Buffer.alloc(3 * 1024 * 1024, 'x').toString('base64') }])),
  { kind: 'prompt', name: 'rich', description: 'x', get: () => all.map(says) },
  {
    kind: 'resource',
    uri: 'clip://1',
    name: 'clip',
    description: 'x',
    mimeType: 'video/mp4',
    read: () => Buffer.from('any bytes at all'),
  },
]

/** Of the first block. */
const dataIn = (result: Message['result']) => (result?.content as { data?: string }[] | undefined)?.[0]?.data
const textIn = ({ result, error }: Message) => result?.content?.[0]?.text ?? error?.message

/** Asks as a client of this revision would. */
async function ask(place: Place, revision: Revision, method: string, params: Json): Promise<Message> {
  if (revision === '2026-07-28') return (await askModern(place.url, modern(method, params))).answer
  const hand = await shakeHands(place, 'http', { version: revision })
  const answer = await hand.ask(request(method, params, 'rich'))
  await hand.leave()
  return answer
}

describe('from a command', () => {
  let yard: CommandYard
  beforeAll(async () => {
    yard = await startCommandYard(commands)
  })
  afterAll(() => yard.stop())

  test.each(revisions)('a client of %s gets every block in a shape that it knows', async (revision) => {
    const called = await ask(yard, revision, 'tools/call', { name: 'rich' })
    expect(called.result?.content).toEqual(expected[revision])
    const { messages } = (await ask(yard, revision, 'prompts/get', { name: 'rich' })).result as { messages: Json[] }
    expect(messages).toEqual(expected[revision].map(says))
    const refused = await ask(yard, revision, 'tools/call', { name: 'no' })
    expect(refused.result).toMatchObject({ isError: true, content: [text, revision === '2024-11-05' ? audioAsResource : audio] })
  })

  test.each(revisions)('a client of %s reads a video as it is', async (revision) => {
    const { result } = await ask(yard, revision, 'resources/read', { uri: 'clip://1' })
    expect(result?.contents).toEqual([{ uri: 'clip://1', mimeType: 'video/mp4', blob: bytes }])
  })

  test.each(revisions)('a client of %s gets structured content that is no object as that, or as a text', async (revision) => {
    const listed = (await ask(yard, revision, 'tools/call', { name: 'listed' })).result
    const zero = (await ask(yard, revision, 'tools/call', { name: 'zero' })).result
    if (revision === '2026-07-28') {
      expect(listed).toMatchObject({ content: [text], structuredContent: [1, { two: 2 }] })
      expect(zero).toMatchObject({ content: [], structuredContent: 0 })
    } else {
      expect(listed).toEqual({ content: [text, { type: 'text', text: '[1,{"two":2}]' }] })
      expect(zero).toEqual({ content: [{ type: 'text', text: '0' }] })
    }
  })

  test.each(revisions)('a client of %s that reads no structured content finds it in a text', async (revision) => {
    const { result } = await ask(yard, revision, 'tools/call', { name: 'only_structured' })
    const old = revision < '2025-06-18'
    expect(result).toMatchObject({ structuredContent: { a: 1 }, content: old ? [{ type: 'text', text: '{"a":1}' }] : [] })
  })

  test('a service gets the same content as JSON, on /cmd and over REST', async () => {
    const simple = await (await post(`${yard.url}/cmd`, { command: 'rich' })).json()
    expect(simple).toEqual({ result: { success: true, data: { content: all } } })
    const rpc = await (await post(`${yard.url}/cmd`, { jsonrpc: '2.0', id: 1, method: 'rich' })).json()
    expect(rpc).toEqual({ jsonrpc: '2.0', id: 1, result: { success: true, data: { content: all } } })
    const rest = await post(`${yard.url}/api/commands/rich`, {})
    expect(await rest.json()).toEqual({ success: true, data: { content: all } })
    expect(await (await post(`${yard.url}/api/commands/listed`, {})).json()).toEqual({ success: true, data: [1, { two: 2 }] })
    const refused = await post(`${yard.url}/api/commands/no`, {})
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { success: false, error: { message: 'words', data: { content: [text, audio] } } },
    ])
  })

  test('some megabytes arrive whole, whichever way', async () => {
    const size = Buffer.alloc(3 * 1024 * 1024).toString('base64').length
    for (const way of ['http', 'sse', 'websocket', 'stdio'] as const) {
      const hand = await shakeHands(yard, way)
      const { result } = await hand.ask(request('tools/call', { name: 'large' }, 'large'))
      expect(dataIn(result)).toHaveLength(size)
      await hand.leave()
    }
  })

  const wrong: [string, unknown, string][] = [
    ['image data that is no base64', { ...image, data: 'not base64!' }, 'block 1: data must be base64'],
    ['image data without its padding', { ...image, data: 'AAA' }, 'block 1: data must be base64'],
    ['image data in the other alphabet', { ...image, data: '-_-_' }, 'block 1: data must be base64'],
    ['no data at all', { type: 'audio', mimeType: 'audio/wav' }, 'block 1: data must be base64'],
    ['bytes as they are', { ...image, data: Buffer.from('x') }, 'block 1: data must be base64'],
    ['no type of an image', { type: 'image', data: bytes }, 'block 1: mimeType must say what it is'],
    [
      'a blob that is no base64',
      { type: 'resource', resource: { uri: 'x://1', blob: '%' } },
      'block 1: resource must have a text or a base64 blob',
    ],
    ['a link without a name', { type: 'resource_link', uri: 'x://1' }, 'block 1: a link has uri and name'],
    [
      'a block of another type',
      { type: 'video', data: bytes },
      'block 1: type must be text, image, audio, resource or resource_link',
    ],
    ['a text that is none', { type: 'text', text: 7 }, 'block 1: text must be a text'],
    ['no object', 'words', 'block 1 must be an object'],
  ]
  test.each(wrong)('%s is an error that says so, to clients and services alike', async (_, block, problem) => {
    yard.offer([made('bad', (_, { content }) => content([block as Json]))])
    const said = `the command made content that MCP does not have: ${problem}`
    const called = await ask(yard, '2025-11-25', 'tools/call', { name: 'bad' })
    expect(called.result).toMatchObject({ isError: true, content: [{ type: 'text', text: said }] })
    expect(await (await post(`${yard.url}/api/commands/bad`, {})).json()).toMatchObject({
      success: false,
      error: { message: said },
    })
    yard.offer(commands)
  })

  test.each(wrong)('%s in a prompt is an error that says so', async (_, block, problem) => {
    yard.offer([{ kind: 'prompt', name: 'bad', description: 'x', get: () => [says(block)] }])
    const { error } = await ask(yard, '2025-11-25', 'prompts/get', { name: 'bad' })
    expect(error?.message).toBe(
      `the command made content that MCP does not have: ${problem.replace('block 1', 'the content of message 1')}`,
    )
    yard.offer(commands)
  })

  test('a blob of a resource that is no base64 is an error that says so', async () => {
    yard.offer([{ kind: 'resource', uri: 'bad://1', name: 'bad', description: 'x', read: () => ({ blob: 'not base64!' }) }])
    const { error } = await ask(yard, '2025-11-25', 'resources/read', { uri: 'bad://1' })
    expect(error?.message).toBe('reading bad://1 gave neither a text nor bytes')
    yard.offer(commands)
  })
})

describe('from a server behind us', () => {
  let store: OpenStore
  const undo: (() => Promise<unknown>)[] = []
  beforeAll(async () => {
    store = await openEmbedded()
  })
  afterEach(async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
    await store.database.db.delete(upstreams)
  })
  afterAll(() => store?.close())

  async function behind(era: 'session' | 'modern', result: Json, outputSchema?: Json): Promise<UpstreamYard> {
    const far = await startCanned(era, {
      tools: [{ name: 'draw', inputSchema: { type: 'object' }, ...(outputSchema ? { outputSchema } : {}) }],
      resources: [{ uri: 'far://1', name: 'one' }],
      prompts: [{ name: 'show' }],
      results: { 'tools/call draw': result, 'resources/read far://1': result, 'prompts/get show': result },
    })
    undo.push(() => far.stop())
    const yard = await startUpstreamYard(store.database, { far: { url: far.url, prefix: '' } })
    undo.push(() => yard.stop())
    await yard.becomes('far', 'connected')
    return yard
  }

  test.each(revisions)('a client of %s gets every block in a shape that it knows', async (revision) => {
    const yard = await behind('session', { content: all })
    expect((await ask(yard, revision, 'tools/call', { name: 'draw' })).result?.content).toEqual(expected[revision])
  })

  test.each(revisions)(
    'structured content of any type, and its schema, reach a client of %s that knows them',
    async (revision) => {
      const outputSchema = { type: 'array', items: { type: 'integer' } }
      const yard = await behind('modern', { content: [], structuredContent: [1, 2] }, outputSchema)
      const { tools } = (await ask(yard, revision, 'tools/list', {})).result as { tools: Json[] }
      const { result } = await ask(yard, revision, 'tools/call', { name: 'draw' })
      const listed = tools.find(({ name }) => name === 'draw')
      if (revision === '2026-07-28') {
        expect(result).toMatchObject({ content: [], structuredContent: [1, 2] })
        expect(listed?.outputSchema).toEqual(outputSchema)
      } else {
        expect(result).toEqual({ content: [{ type: 'text', text: '[1,2]' }] })
        expect(listed).not.toHaveProperty('outputSchema')
      }
    },
  )

  test.each([
    ['line breaks', 'any bytes at all'.repeat(9), (data: string) => data.replace(/.{76}/g, '$&\r\n')],
    ['no padding', 'any byte', (data: string) => data.replaceAll('=', '')],
    ['the alphabet of URLs', '\xfb\xff\xbf', (data: string) => data.replaceAll('+', '-').replaceAll('/', '_')],
    ['the head of a data URL', 'any bytes', (data: string) => `data:image/png;base64,${data}`],
  ])('base64 with %s is mended, because it is clear what is meant', async (_, meant, spoil) => {
    const good = Buffer.from(meant, 'latin1').toString('base64')
    const bad = spoil(good)
    expect(bad).not.toBe(good)
    const broken = { ...image, data: bad, 'x-kept': 1 }
    const yard = await behind('session', {
      content: [text, broken, { type: 'resource', resource: { uri: 'x://1', blob: bad } }],
    })
    expect((await ask(yard, '2025-11-25', 'tools/call', { name: 'draw' })).result?.content).toEqual([
      text,
      { ...broken, data: good },
      { type: 'resource', resource: { uri: 'x://1', blob: good } },
    ])
  })

  test.each<[string, Json]>([
    ['a call', { content: [text, { ...image, data: 'not base64!' }] }],
    ['a call without data', { content: [{ type: 'image', mimeType: 'image/png' }] }],
  ])('base64 that is none, in %s, is an error that names the server', async (_, result) => {
    const yard = await behind('session', result)
    const said = 'far: image/png came with data that is no base64, which no client can read'
    for (const revision of ['2025-11-25', '2026-07-28'] as const) {
      const called = await ask(yard, revision, 'tools/call', { name: 'draw' })
      expect(called.result).toMatchObject({
        isError: true,
        _meta: { 'switchyard/error': { code: 'upstream_failed', upstream: 'far' } },
      })
      expect(textIn(called)).toBe(said)
    }
    expect(await (await post(`${yard.url}/api/commands/draw`, {})).json()).toMatchObject({
      success: false,
      error: { message: said, data: { code: 'upstream_failed' } },
    })
  })

  test('base64 that is none, in what is read or in a prompt, is an error that names the server', async () => {
    const read = await behind('session', { contents: [{ uri: 'far://1', mimeType: 'video/mp4', blob: '%%%' }] })
    expect((await ask(read, '2025-11-25', 'resources/read', { uri: 'far://1' })).error?.message).toBe(
      'far: video/mp4 came with blob that is no base64, which no client can read',
    )
    const got = await behind('modern', { messages: [says({ ...audio, data: '%%%' })] })
    expect((await ask(got, '2026-07-28', 'prompts/get', { name: 'show' })).error).toMatchObject({
      message: 'far: audio/wav came with data that is no base64, which no client can read',
    })
  })

  test('some megabytes arrive whole; more than 16 MiB is an error that says so', async () => {
    const data = Buffer.alloc(6 * 1024 * 1024, 'x').toString('base64')
    const yard = await behind('session', { content: [{ ...image, data }] })
    const { result } = await ask(yard, '2025-11-25', 'tools/call', { name: 'draw' })
    expect(dataIn(result)).toHaveLength(data.length)
    const over = await behind('session', { content: [{ ...image, data: data + data + data }] })
    const refused = await ask(over, '2025-11-25', 'tools/call', { name: 'draw' })
    expect(refused.result?.isError).toBe(true)
    expect(textIn(refused)).toBe('far: the answer is larger than 16777216 bytes, more is not taken')
  })
})
