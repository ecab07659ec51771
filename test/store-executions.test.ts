import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { silent } from '../app/log.ts'
import { createBuffer } from '../app/store/buffer.ts'
import { type Executions, openExecutions } from '../app/store/executions.ts'
import { storable } from '../app/store/json-text.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { row } from './fakes/executions.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { until } from './services/programs.ts'

describe.each(stores)('the history on $name', ({ open, test }) => {
  let store: OpenStore
  let history: Executions
  const log = collectedLog()

  const written = () => until('the history is written', () => history.waiting() === 0)

  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())
  beforeEach(async () => {
    log.lines.length = 0
    history = openExecutions(store.database, log)
    await store.database.pool.query('truncate mcp.tool_executions')
  })
  afterEach(() => history?.stop())

  test('a row that was added is there as it was, with its arguments as values', async () => {
    const added = row({
      session: 'abc',
      ms: 12.6,
      parameters: '{"deep":[1,{"x":null}]}',
      result: null,
      error: 'no',
      errorCode: 'failed',
      status: 'failed',
    })
    history.add(added)
    await written()

    expect(await history.get(added.id)).toEqual({ ...added, ms: 13, parameters: { deep: [1, { x: null }] } })
    expect(await history.get(randomUUID())).toBeUndefined()
    expect(await history.get('not a uuid')).toBeUndefined()
  })

  test('rows with characters that PostgreSQL cannot store are stored without them', async () => {
    const added = row({
      parameters: JSON.stringify({ 'a\u0000b': 'c\u0000', literal: '\\u0000', lone: 'x\ud83d', pair: '😀' }),
      error: 'nul \u0000 and \udc00',
      callerName: 'Jo\u0000e',
    })
    history.add(added)
    await written()

    const stored = await history.get(added.id)
    expect(stored?.parameters).toEqual({ 'a\ufffdb': 'c\ufffd', literal: '\\u0000', lone: 'x\ufffd', pair: '😀' })
    expect(stored).toMatchObject({ error: 'nul \ufffd and \ufffd', callerName: 'Jo\ufffde' })
  })

  test('a row that cannot be stored costs no other row, and is named in the log', async () => {
    const rows = Array.from({ length: 21 }, () => row())
    const poisoned = row({ parameters: '{"number": 1e999999}' })
    const broken = row({ parameters: 'not JSON' })
    for (const one of [...rows.slice(0, 10), poisoned, ...rows.slice(10), broken]) history.add(one)
    await written()

    expect((await history.list()).executions.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).reverse())
    expect(history.lost()).toBe(2)
    expect(log.of('history row refused').map(({ fields }) => fields.id)).toEqual([poisoned.id, broken.id])
  })

  test('pages go from the newest to the oldest and miss none, also where many share a millisecond', async () => {
    const at = new Date('2026-02-01T00:00:00Z')
    const rows = Array.from({ length: 25 }, () => row({ at }))
    for (const one of rows) history.add(one)
    await written()

    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await history.list({ limit: 10, before })
      seen.push(...page.executions.map(({ id }) => id))
      before = page.next
    } while (before)

    expect(seen).toHaveLength(25)
    expect(new Set(seen)).toEqual(new Set(rows.map(({ id }) => id)))
  })

  test('a list can be narrowed by name, status, owner and text, and text is taken by the letter', async () => {
    const rows = [
      row({ name: 'files_read', owner: 'files', parameters: '{"path":"/tmp/100%_sure"}' }),
      row({ name: 'files_read', owner: 'files', status: 'failed', error: 'ENOENT' }),
      row({ status: 'refused' }),
    ] as const
    for (const one of rows) history.add(one)
    await written()
    const idsOf = async (query: Parameters<Executions['list']>[0]) => (await history.list(query)).executions.map(({ id }) => id)

    expect(await idsOf({ name: 'files_read' })).toEqual([rows[1].id, rows[0].id])
    expect(await idsOf({ owner: 'switchyard', status: 'refused' })).toEqual([rows[2].id])
    expect(await idsOf({ text: 'enoent' })).toEqual([rows[1].id])
    expect(await idsOf({ text: '100%_SURE' })).toEqual([rows[0].id])
    expect(await idsOf({ text: '1__%' })).toEqual([])
    await expect(history.list({ before: 'nonsense' })).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  test('a begun call is committed before it goes on, and its end replaces nothing but the end', async () => {
    const begun = row({ status: 'started', result: null, ms: null, audit: 'strict' })
    await history.begin(begun)
    expect(await history.get(begun.id)).toMatchObject({
      status: 'started',
      result: null,
      ms: null,
      parameters: { text: 'hello' },
    })

    await history.finish(begun.id, { status: 'ok', result: '{"content":["\\u0000"]}', error: null, errorCode: null, ms: 7 })
    expect(await history.get(begun.id)).toMatchObject({
      status: 'ok',
      result: { content: ['\ufffd'] },
      ms: 7,
      parameters: { text: 'hello' },
    })
  })

  test('calls that begin together share commits', async () => {
    const rows = Array.from({ length: 300 }, () => row({ status: 'started', audit: 'strict' }))
    await Promise.all(rows.map((one) => history.begin(one)))

    const ids = rows.map(({ id }) => id)
    const { rows: counted } = await store.database.pool.query<{ commits: number; written: number }>(
      'select count(distinct xmin::text)::int as commits, count(*)::int as written from mcp.tool_executions where id = any($1)',
      [ids],
    )
    expect(counted).toEqual([{ commits: expect.any(Number), written: 300 }])
    expect(counted[0]!.commits).toBeLessThan(20)
    expect((await history.list({ limit: 200 })).executions).toHaveLength(200)
  })

  test('a call whose start cannot be stored is refused alone', async () => {
    const good = row({ status: 'started' })
    const outcomes = await Promise.allSettled([history.begin(good), history.begin(row({ parameters: 'not JSON' }))])

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await history.get(good.id)).toBeDefined()
  })

  test('what is waiting at the stop is written, more than one statement of it too', async () => {
    const rows = Array.from({ length: 2_500 }, () => row())
    for (const one of rows) history.add(one)
    await history.stop()

    const { rows: counted } = await store.database.pool.query('select count(*)::int as n from mcp.tool_executions')
    expect(counted).toEqual([{ n: 2_500 }])
    expect(history.waiting()).toBe(0)
  })
})

/** Transactions since the database was made, this one included. */
describe('the buffer', () => {
  /** Writes that end when the test says so. */
  function slowWrites() {
    const calls: { items: readonly number[]; end: () => void; fail: (error: Error) => void }[] = []
    const write = (items: readonly number[]) => new Promise<void>((end, fail) => calls.push({ items, end, fail }))
    return { calls, write }
  }
  const options = { name: 'test', bytesOf: () => 100, idOf: String, interval: 1 }

  test('what does not fit is counted, and the log says so when it begins, and how much it was when it is over', async () => {
    const log = collectedLog()
    const { calls, write } = slowWrites()
    const buffer = createBuffer({ ...options, write, log, mostItems: 5 })
    for (let n = 0; n < 8; n++) buffer.put(n)

    expect(buffer.waiting()).toBe(5)
    expect(buffer.lost()).toBe(3)
    expect(log.of('test overflow')).toHaveLength(1)

    await until('the first write', () => calls.length === 1)
    expect(log.of('test incomplete')).toEqual([])
    calls[0]?.end()
    await until('all is written', () => buffer.waiting() === 0)
    await until('the log says how many', () => log.of('test incomplete').length === 1)
    expect(log.of('test incomplete')[0]?.fields).toEqual({ lost: 3, since_start: 3 })

    for (let n = 0; n < 6; n++) buffer.put(n)
    expect(log.of('test overflow')).toHaveLength(2)
    await until('the second write', () => calls.length === 2)
    calls[1]?.end()
    await buffer.stop(1_000)
    expect(log.of('test incomplete')[1]?.fields).toEqual({ lost: 1, since_start: 4 })
  })

  test('a database that is too slow for many rows at once is given fewer, in order, and more again when it keeps up', async () => {
    const written: number[][] = []
    const write = async (items: readonly number[]) => {
      if (items.length > 300) throw new Error('too slow')
      written.push([...items])
    }
    const buffer = createBuffer({ ...options, write, log: silent })
    for (let n = 0; n < 3_000; n++) buffer.put(n)
    await until('all is written', () => buffer.waiting() === 0)
    expect(written.flat()).toEqual(Array.from({ length: 3_000 }, (_, n) => n))
    expect(written.some(({ length }, index) => length > (written[index - 1]?.length ?? 300))).toBe(true)
  })

  test('bytes are bounded too', () => {
    const buffer = createBuffer({ ...options, write: async () => {}, log: silent, mostBytes: 250 })
    for (let n = 0; n < 8; n++) buffer.put(n)
    expect(buffer.lost()).toBe(6)
  })

  test('there is one write at a time, and what came meanwhile is in the next', async () => {
    const { calls, write } = slowWrites()
    const buffer = createBuffer({ ...options, write, log: silent })
    buffer.put(1)
    await until('the first write', () => calls.length === 1)
    buffer.put(2)
    buffer.put(3)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(calls).toHaveLength(1)

    calls[0]?.end()
    await until('the second write', () => calls.length === 2)
    expect(calls[1]?.items).toEqual([2, 3])
    calls[1]?.end()
    await buffer.stop(1_000)
  })

  test('a stop gives up after its time, and the log says how many rows were lost', async () => {
    const log = collectedLog()
    const buffer = createBuffer({ ...options, write: () => Promise.reject(new Error('away')), log })
    buffer.put(1)
    await buffer.stop(50)
    expect(log.of('test lost at stop').map(({ fields }) => fields.rows)).toEqual([1])
  })
})

test.each([
  ['\\u0000', '\\ufffd'],
  ['\\\\u0000', '\\\\u0000'],
  ['\\\\\\u0000', '\\\\\\ufffd'],
  ['\\ud83d\\ude00', '\\ud83d\\ude00'],
  ['\\ud83d\\ud83d\\ude00', '\\ufffd\\ud83d\\ude00'],
  ['\\ude00x', '\\ufffdx'],
  ['\\u00e9', '\\u00e9'],
])('JSON text %s is stored as %s', (text, stored) => {
  expect(storable(text)).toBe(stored)
})
