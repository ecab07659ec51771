import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest'
import { positionIn } from '../app/store/page.ts'
import { createToolTasks, type ToolTasks } from '../app/store/tool-tasks.ts'
import { type OpenStore, stores } from './fakes/stores.ts'

const owner = 'key:one'

describe.each(stores)('kept tasks on $name', ({ open, test }) => {
  let store: OpenStore
  let tasks: ToolTasks

  beforeAll(async () => {
    store = await open()
    tasks = createToolTasks(store.database)
  })
  afterAll(() => store?.close())
  beforeEach(() => store.database.pool.query('truncate mcp.tool_tasks'))

  async function added(more: { callerId?: string; ttl?: number } = {}): Promise<string> {
    const id = randomUUID()
    await tasks.add({ id, callerId: owner, toolName: 'job', ttl: 60_000, runner: '["here", 1, null]', ...more })
    return id
  }

  test('one that was added works, and is there for its caller alone', async () => {
    const id = await added()
    expect(await tasks.find(id, owner)).toMatchObject({
      id,
      status: 'working',
      ttl: 60_000,
      silent: false,
      questions: {},
      replies: {},
    })
    expect(await tasks.find(id, 'key:other')).toBeUndefined()
    expect(await tasks.find(randomUUID(), owner)).toBeUndefined()
    expect(await tasks.find("'; drop table x --", owner)).toBeUndefined()
  })

  test('a result is kept to the letter, with what PostgreSQL has no character for', async () => {
    const id = await added()
    const result = JSON.stringify({ content: [{ type: 'text', text: 'a\0b \ud83d 😀' }] })
    expect(await tasks.become(id, { status: 'completed', result, isError: true, message: 'no\0' })).toBeInstanceOf(Date)
    expect(await tasks.find(id, owner)).toMatchObject({ status: 'completed', result, isError: true, statusMessage: 'no\ufffd' })
  })

  test('one that is over stays as it is', async () => {
    const id = await added()
    expect(await tasks.cancel(id, 'key:other', 'not yours')).toBe(false)
    expect(await tasks.cancel(id, owner, 'enough')).toBe(true)
    expect(await tasks.cancel(id, owner, 'again')).toBe(false)
    expect(await tasks.become(id, { status: 'completed', result: '{}', isError: false })).toBeUndefined()
    await tasks.reply(id, { name: { answer: {} } })
    expect(await tasks.find(id, owner)).toMatchObject({ status: 'cancelled', statusMessage: 'enough', replies: {} })
    expect(await tasks.renew([id])).toEqual(new Set())
  })

  test('replies are gathered, and go with the questions that they answer', async () => {
    const id = await added()
    const questions = { one: { method: 'roots/list' }, two: { method: 'roots/list' } }
    await tasks.become(id, { status: 'input_required', questions })
    const one = { answer: { roots: [] } }
    const two = { refused: { message: 'no\0', data: { why: 'x' } } }
    await Promise.all([tasks.reply(id, { one }), tasks.reply(id, { two })])
    expect(await tasks.find(id, owner)).toMatchObject({ questions, replies: { one } })
    const there = await tasks.repliesTo([id, randomUUID()])
    expect([...there]).toEqual([[id, { one, two: { refused: { message: 'no\ufffd', data: { why: 'x' } } } }]])
    await tasks.become(id, { status: 'input_required', questions: { two: questions.two } })
    expect(Object.keys((await tasks.repliesTo([id])).get(id) ?? {})).toEqual(['two'])
    await tasks.become(id, { status: 'working' })
    expect((await tasks.repliesTo([id])).size).toBe(0)
  })

  test('a list gives every task once, the newest first, page by page', async () => {
    const ids: string[] = []
    for (let number = 0; number < 205; number++) ids.push(await added())
    await added({ callerId: 'key:other' })
    const seen: string[] = []
    for (let next: string | undefined = ''; next !== undefined; ) {
      const page = await tasks.list(owner, next ? positionIn(next) : undefined)
      seen.push(...page.tasks.map(({ id }) => id))
      expect(page.tasks.length).toBeLessThanOrEqual(100)
      next = page.next
    }
    // Of one millisecond, the ids decide.
    expect(new Set(seen)).toEqual(new Set(ids))
    expect(seen).toHaveLength(ids.length)
  })

  test('one whose time is over is gone at once, and swept away', async () => {
    const kept = await added()
    const gone = await added({ ttl: 0 })
    expect(await tasks.find(gone, owner)).toBeUndefined()
    expect((await tasks.list(owner)).tasks.map(({ id }) => id)).toEqual([kept])
    expect(await tasks.renew([kept, gone])).toEqual(new Set([kept]))
    expect(await tasks.become(gone, { status: 'working' })).toBeUndefined()
    expect(await tasks.sweep()).toBe(1)
    const { rows } = await store.database.pool.query('select id from mcp.tool_tasks')
    expect(rows).toEqual([{ id: kept }])
  })
})
