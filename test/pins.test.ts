/** What upstreams say of their tools is approved when it is first seen, and does not change unnoticed after that. */
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished } from 'vitest'
import type { Caller, Command, Json } from '../app/call.ts'
import { createCatalog } from '../app/catalog.ts'
import type { Mode } from '../app/pins/words.ts'
import { openPins, type Pins } from '../app/pins.ts'
import { pinned } from '../app/policies/index.ts'
import { type Database, openDatabase } from '../app/store/database.ts'
import { createPinStore } from '../app/store/pins.ts'
import { createSwitch } from '../app/switch.ts'
import { type CollectedLog, collectedLog } from './fakes/collected-log.ts'
import { createTestBus, type TestBus } from './fakes/replicas.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { type PostgresServer, startPostgres, withPostgres } from './services.ts'
import { until } from './until.ts'

const ann: Caller = { id: 'local', name: 'ann', scopes: ['read', 'call'] }
const who = { caller: ann, via: 'http' } as const

const tool = (name: string, description = `The tool ${name}`, more: Json = {}): Command => ({
  kind: 'tool',
  name,
  owner: 'shop',
  scope: 'call',
  definition: { name, description, inputSchema: { type: 'object' }, ...more },
  run: async () => ({ content: [{ type: 'text', text: `${name} ran` }] }),
})

interface Replica {
  readonly pins: Pins
  readonly log: CollectedLog
  offer(...tools: Command[]): void
  offerTo(person: string, ...tools: Command[]): void
  instruct(text: string): void
  instructions(): string | undefined
  /** Name and description of what a caller is shown. */
  shown(caller?: Caller): string[]
  call(name: string): Promise<string>
  /** Whether everything that was seen is stored. */
  stored(): Promise<void>
  changed(): number
  /** Approves what is pending of a name. */
  approve(name: string): Promise<unknown>
}

async function openReplica(database: Pick<Database, 'db' | 'transaction'>, mode: Mode, bus: TestBus): Promise<Replica> {
  const log = collectedLog()
  const catalog = createCatalog(log)
  const pins = await openPins({ mode, store: createPinStore(database), catalog, bus: bus.join(), log, lookEvery: 40 })
  onTestFinished(() => pins.stop())
  const toSwitch = createSwitch(catalog, [pinned()])
  const of = (name: string) => pins.list().find(({ pin }) => pin.name === name)!.pin
  return {
    pins,
    log,
    offer: (...tools) => pins.catalog.offer('shop', tools),
    offerTo: (person, ...tools) => pins.catalog.offer('shop', tools, person),
    instruct: (text) => pins.catalog.instruct('shop', text),
    instructions: () => catalog.instructions(who).get('shop'),
    shown: (caller = ann) =>
      catalog.list('tools', { caller, via: 'http' }).map(({ name, definition }) => `${name}: ${definition.description}`),
    async call(name) {
      try {
        const { content } = await toSwitch.call({ kind: 'tool', name, caller: ann, via: 'http' })
        return (content as { text: string }[])[0]!.text
      } catch (error) {
        return `${(error as { code: string }).code}: ${(error as Error).message}`
      }
    },
    stored: () => until('everything is stored', () => pins.list().every(({ pin }) => pin.id !== undefined)),
    changed: () => (pins.check!() as unknown as { changed: number }).changed,
    approve: (name) => pins.approve(of(name).id!, of(name).pendingHash!, 'ada'),
  }
}

describe.each(stores)('on $name', ({ test, open }) => {
  let store: OpenStore
  let bus: TestBus
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())
  beforeEach(async () => {
    bus = createTestBus()
    await store.database.pool.query('truncate mcp.pins, admin.audit_log')
  })

  const replica = (mode: Mode) => openReplica(store.database, mode, bus)
  const rows = async () =>
    (
      await store.database.db.execute<{ name: string; approved_by: string; pending: boolean }>(
        sql`select name, approved_by, pending_hash is not null as pending from mcp.pins order by name`,
      )
    ).rows
  const audit = async () =>
    (await store.database.db.execute<{ line: string }>(sql`select actor || ' ' || action as line from admin.audit_log`)).rows.map(
      ({ line }) => line,
    )

  test.for(['warn', 'approve'] as const)(
    'under %s, whatever an upstream offers first is approved by itself, once',
    async (mode) => {
      const one = await replica(mode)
      one.offer(tool('find'), tool('buy'))
      expect(one.shown()).toEqual(['find: The tool find', 'buy: The tool buy'])
      expect(await one.call('find')).toBe('find ran')
      await one.stored()
      one.offer(tool('find'), tool('buy'))
      const after = await replica(mode)
      after.offer(tool('find'), tool('buy'))
      expect(after.shown()).toHaveLength(2)
      expect(await rows()).toEqual(['buy', 'find'].map((name) => ({ name, approved_by: 'first sight', pending: false })))
      expect([one.changed(), after.changed()]).toEqual([0, 0])
    },
  )

  test('under warn, a change is listed at once, told of once, and shown until somebody accepts it', async () => {
    const one = await replica('warn')
    one.offer(tool('find'), tool('buy'))
    one.offer(tool('find', 'Finds more'), tool('buy'))
    expect(one.shown()).toContain('find: Finds more')
    expect(await one.call('find')).toBe('find ran')
    await one.stored()
    one.offer(tool('find', 'Finds more'), tool('buy'))
    expect(one.pins.check!()).toMatchObject({ status: 'ok', changed: 1, detail: '1 changed' })
    expect(one.log.of('definition changed')).toMatchObject([
      { fields: { upstream: 'shop', name: 'find', fields: ['description'] } },
    ])

    const after = await replica('warn')
    after.offer(tool('find', 'Finds more'), tool('buy'))
    expect(after.changed()).toBe(1)
    expect(after.log.of('definition changed')).toEqual([])
    await after.approve('find')
    expect(after.changed()).toBe(0)
    expect(await audit()).toEqual(['ada pin_approved'])
    expect(await rows()).toContainEqual({ name: 'find', approved_by: 'ada', pending: false })
  })

  test('under approve, the approved form stays listed and is not called until the change is approved', async () => {
    const one = await replica('approve')
    one.offer(tool('find'), tool('buy'))
    one.offer(tool('find', 'Finds more'), tool('buy'))
    expect(one.shown()).toEqual(['find: The tool find', 'buy: The tool buy'])
    expect(await one.call('find')).toMatch(/^forbidden: find has changed since it was approved: it waits for an admin/)
    expect(await one.call('buy')).toBe('buy ran')
    await one.stored()

    const after = await replica('approve')
    after.offer(tool('find', 'Finds more'), tool('buy'))
    expect(await after.call('find')).toMatch(/^forbidden/)
    await after.approve('find')
    expect(after.shown()).toContain('find: Finds more')
    expect(await after.call('find')).toBe('find ran')
  })

  test('a change that is taken back needs nobody', async () => {
    const one = await replica('approve')
    one.offer(tool('find'))
    one.offer(tool('find', 'Finds more'))
    await until('it is stored', async () => (await rows())[0]?.pending)
    one.offer(tool('find'))
    expect(await one.call('find')).toBe('find ran')
    expect(one.changed()).toBe(0)
    await until('that is stored', async () => (await rows())[0]?.pending === false)
  })

  test('what a known upstream offers beside the rest waits under approve, and does not under warn', async () => {
    const one = await replica('approve')
    one.offer(tool('find'))
    await one.stored()
    one.offer(tool('find'), tool('buy'))
    expect(one.shown()).toEqual(['find: The tool find'])
    expect(await one.call('buy')).toMatch(/^unknown_command/)
    await one.stored()
    await one.approve('buy')
    expect(one.shown()).toHaveLength(2)
    expect(await one.call('buy')).toBe('buy ran')

    const other = await replica('warn')
    other.offer(tool('find'), tool('buy'), tool('sell'))
    expect(other.shown()).toHaveLength(3)
    expect(other.changed()).toBe(0)
  })

  test('whoever approves says what they have looked at: another form is not approved', async () => {
    const one = await replica('approve')
    one.offer(tool('find'))
    await one.stored()
    one.offer(tool('find', 'Second'))
    await until('it is stored', async () => (await rows())[0]?.pending)
    const { pin } = one.pins.list()[0]!
    one.offer(tool('find', 'Third'))
    await until('the third is stored', async () => {
      const { rows } = await store.database.pool.query(`select pending_form::text as form from mcp.pins`)
      return rows[0].form.includes('Third')
    })
    await expect(one.pins.approve(pin.id!, pin.pendingHash!, 'ada')).rejects.toMatchObject({ code: 'conflict' })
    await expect(one.pins.approve('nothing', pin.pendingHash!, 'ada')).rejects.toMatchObject({ code: 'invalid_arguments' })
    expect(one.shown()).toEqual(['find: The tool find'])
    expect(await audit()).toEqual([])
  })

  test('what goes away keeps its pin: when it comes back as something else, that is seen', async () => {
    const one = await replica('approve')
    one.offer(tool('find'), tool('buy'))
    one.offer(tool('buy'))
    expect(one.shown()).toEqual(['buy: The tool buy'])
    one.offer(tool('find', 'Finds more'), tool('buy'))
    expect(await one.call('find')).toMatch(/^forbidden/)
    one.pins.catalog.withdraw('shop')
    expect([one.shown(), one.changed()]).toEqual([[], 0])
  })

  test('what is approved on one replica counts on the other', async () => {
    const [one, two] = [await replica('approve'), await replica('approve')]
    for (const each of [one, two]) each.offer(tool('find'))
    for (const each of [one, two]) each.offer(tool('find', 'Finds more'))
    await Promise.all([one.stored(), two.stored()])
    await one.approve('find')
    await until('the other lists it', () => two.shown().includes('find: Finds more'))
    expect(await two.call('find')).toBe('find ran')

    bus.cut()
    for (const each of [one, two]) each.offer(tool('find', 'Finds all'))
    await until('it is stored', async () => (await rows())[0]?.pending)
    await one.approve('find')
    await until('the other finds out by itself', () => two.shown().includes('find: Finds all'))
  })

  test('replicas that see everything first in the same moment keep one pin for each name', async () => {
    const all = await Promise.all([replica('warn'), replica('warn'), replica('warn')])
    const names = Array.from({ length: 700 }, (_, index) => `tool_${index}`)
    for (const each of all) each.offer(...names.map((name) => tool(name)))
    for (const each of all) await each.stored()
    expect(await rows()).toHaveLength(700)
    expect(all.map((each) => each.changed())).toEqual([0, 0, 0])
  })

  test('a replica that still has the old list does not take back what the other has seen', async () => {
    const [one, two] = [await replica('warn'), await replica('warn')]
    for (const each of [one, two]) each.offer(tool('find'))
    await Promise.all([one.stored(), two.stored()])
    two.offer(tool('find', 'Finds more'))
    await until('the first knows', () => one.changed() === 1)
    for (let looks = 0; looks < 5; looks++) await new Promise((resolve) => setTimeout(resolve, 40))
    expect([one.changed(), two.changed()]).toEqual([1, 1])
  })

  test('what a person is offered in their own name is held to the same pins', async () => {
    const one = await replica('approve')
    const bob: Caller = { ...ann, id: 'person:shop:bob' }
    const eve: Caller = { ...ann, id: 'person:shop:eve' }
    one.offerTo(bob.id, tool('find'))
    one.offerTo(eve.id, tool('find', 'Finds for Eve'))
    expect([one.shown(bob), one.shown(eve)]).toEqual([['find: The tool find'], ['find: The tool find']])
    expect(one.changed()).toBe(1)
    // As long as one of them is offered another form, there is something to look at.
    one.offerTo(bob.id, tool('find'))
    expect(one.changed()).toBe(1)
    one.offerTo(eve.id, tool('find'))
    expect(one.changed()).toBe(0)
  })

  test('resources, prompts and instructions are pinned too, and what changes with the content of a resource is not', async () => {
    const one = await replica('approve')
    const file = (size: number, description: string): Command => ({
      ...tool('file:///a'),
      kind: 'resource',
      definition: {
        uri: 'file:///a',
        name: 'a',
        size,
        description,
        annotations: { lastModified: `2026-01-0${size}`, priority: 1 },
      },
    })
    const prompt = (description: string): Command => ({
      ...tool('greet'),
      kind: 'prompt',
      definition: { name: 'greet', description },
    })
    one.offer(file(1, 'A file'), prompt('Greets'))
    one.instruct('Be polite.')
    await one.stored()
    one.offer(file(2, 'A file'), prompt('Greets'))
    expect(one.changed()).toBe(0)
    one.offer(file(2, 'Another file'), prompt('Greets loudly'))
    one.instruct('Be rude.')
    expect(one.changed()).toBe(3)
    expect(one.instructions()).toBe('Be polite.')
    await one.stored()
    await one.approve('instructions')
    expect(one.instructions()).toBe('Be rude.')
  })

  test('the order of members is no change, and no text of an upstream breaks the pins of the others', async () => {
    const one = await replica('warn')
    let deep: Json = {}
    for (let level = 0; level < 1_000; level++) deep = { deep }
    const hostile: Command[] = ['file:///\0', `file:///${'x'.repeat(9_000)}`, 'file:///\ud800'].map((uri) => ({
      ...tool(uri),
      kind: 'resource',
      definition: { uri, name: `\0\ud800${uri}`, description: 'a\u200bb\0' },
    }))
    one.offer(tool('find'), tool('deep', 'Deep', { inputSchema: deep }), ...hostile)
    await one.stored()
    expect((await rows()).length).toBe(4)
    one.offer(
      { ...tool('find'), definition: { inputSchema: { type: 'object' }, description: 'The tool find', name: 'find' } },
      ...hostile,
    )
    expect(one.changed()).toBe(0)
    const after = await replica('warn')
    after.offer(tool('find'), ...hostile)
    expect(after.changed()).toBe(0)
  })
})

describe('while the database is away', () => {
  const test = withPostgres()
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.remove())

  test.for([
    { mode: 'warn', before: ['find: Finds more'], after: ['find: Finds more'] },
    { mode: 'approve', before: [], after: ['find: The tool find'] },
  ] as const)('at the start, under $mode', { timeout: 60_000 }, async ({ mode, before, after }) => {
    const first = await openDatabase({ url: server.url, poolSize: 2, dataDir: '', log: collectedLog() })
    await first.pool.query('truncate mcp.pins')
    const known = await openReplica(first, mode, createTestBus())
    known.offer(tool('find'))
    await known.stored()
    await known.pins.stop()
    await first.stop()
    await server.stop()

    const database = await openDatabase({ url: server.url, poolSize: 2, dataDir: '', log: collectedLog() })
    onTestFinished(() => database.stop())
    const one = await openReplica(database, mode, createTestBus())
    one.offer(tool('find', 'Finds more'))
    expect(one.shown()).toEqual(before)
    expect(one.pins.check!()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('not in step with the database'),
    })
    expect(one.changed()).toBe(0)

    await server.start()
    await until('the change is seen', () => one.changed() === 1)
    expect(one.shown()).toEqual(after)
    expect(one.pins.check!()).toMatchObject({ status: 'ok' })
  })
})
