/** What is promised about tool calls that clients come back for, in both eras, on both databases. */
import { existsSync } from 'node:fs'
import { ProgressNotificationSchema, ResultSchema, TaskStatusNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { connect } from './clients.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { able, becomes, begin, getTask, modernOver, raw, type SessionClient, sessionOver } from './fakes/task-clients.ts'
import { startTaskYard, type TaskYard } from './fakes/task-yard.ts'
import { handshake, messageOf, post } from './fakes/wire.ts'
import { type Held, hold, scratch } from './launch.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000 })

const related = (taskId: string) => ({ 'io.modelcontextprotocol/related-task': { taskId } })
const unknownId = '3f1b6a52-7f3c-4a5e-9d0e-2f6f7a1f0c11'
const reader = { authorization: 'Bearer admin' }

describe.each(stores)('tasks on $name', ({ test, open }) => {
  let store: OpenStore
  let yard: TaskYard
  let directory: string

  beforeAll(async () => {
    store = await open()
    yard = await startTaskYard(store.database)
  })
  afterAll(async () => {
    await yard?.stop()
    await store?.close()
  })
  beforeEach(async () => {
    directory = await scratch()
  })

  /** Begins another yard over the same database, as another process would. */
  async function another(): Promise<TaskYard> {
    const other = await startTaskYard(store.database)
    onTestFinished(() => other.stop())
    return other
  }

  describe('in a session', () => {
    test('are declared in 2025-11-25 and in no revision before it', async () => {
      const declared = async (version: string) =>
        (await messageOf(await post(`${yard.url}/mcp`, handshake(version)))).result?.capabilities
      expect(await declared('2025-11-25')).toMatchObject({ tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } })
      expect(await declared('2025-06-18')).not.toHaveProperty('tasks')
    })

    test('the official client calls a tool as a task and gets its result', async () => {
      const client = await sessionOver(yard.url)
      await client.listTools()
      const seen: string[] = []
      for await (const message of client.experimental.tasks.callToolStream({ name: 'must', arguments: {} })) {
        seen.push(message.type)
        if (message.type === 'result') expect(message.result.content).toEqual([{ type: 'text', text: 'must' }])
      }
      expect(seen[0]).toBe('taskCreated')
      expect(seen.at(-1)).toBe('result')
    })

    test('work is told of on the stream of the session, and everything names its task', async () => {
      const client = await connect('sse', yard.url)
      onTestFinished(() => client.close())
      const told: Json[] = []
      client.setNotificationHandler(TaskStatusNotificationSchema, ({ params }) => void told.push(params))
      client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void told.push(params))
      const held = hold(directory)
      const params = { name: 'job', arguments: held.arguments, task: {}, _meta: { progressToken: 'p' } }
      const { taskId } = (await raw(client, 'tools/call', params)).task as { taskId: string }
      await until('it runs', held.running)
      expect(await getTask(client, taskId)).toMatchObject({ status: 'working', ttl: 3_600_000, pollInterval: 1_000 })
      held.release()

      expect(await raw(client, 'tasks/result', { taskId })).toMatchObject({
        structuredContent: { done: true },
        _meta: related(taskId),
      })
      await until('all is heard', () => told.length === 3)
      expect(told).toMatchObject([
        { progressToken: 'p', progress: 1, total: 2, _meta: related(taskId) },
        { progressToken: 'p', progress: 2, _meta: related(taskId) },
        { taskId, status: 'completed' },
      ])
      expect(told.at(-1)).not.toHaveProperty('_meta')
    })

    test('a tool that says no is a failed task with that result; one that breaks, with the error', async () => {
      const client = await sessionOver(yard.url)
      const no = await begin(client, 'no')
      await becomes(client, no.taskId, 'failed')
      expect(await getTask(client, no.taskId)).toMatchObject({ statusMessage: 'no, and this is why' })
      expect(await raw(client, 'tasks/result', { taskId: no.taskId })).toMatchObject({
        isError: true,
        content: [{ type: 'text', text: 'no, and this is why' }],
        _meta: related(no.taskId),
      })

      const broken = await begin(client, 'broken')
      await becomes(client, broken.taskId, 'failed')
      await expect(raw(client, 'tasks/result', { taskId: broken.taskId })).rejects.toMatchObject({
        code: -32603,
        message: expect.not.stringContaining('secret'),
      })
    })

    test('the client decides: with and without params.task, as far as the tool takes it', async () => {
      const client = await sessionOver(yard.url)
      await expect(begin(client, 'plain')).rejects.toMatchObject({ code: -32601 })
      await expect(raw(client, 'tools/call', { name: 'must' })).rejects.toMatchObject({ code: -32601 })
      await expect(begin(client, 'nothing_like_it')).rejects.toMatchObject({ code: -32602 })
      for (const ttl of [-1, 'long', {}]) {
        await expect(raw(client, 'tools/call', { name: 'must', task: { ttl } })).rejects.toMatchObject({ code: -32602 })
      }
      const { tools } = await client.listTools()
      const support = Object.fromEntries(tools.map(({ name, execution }) => [name, execution?.taskSupport]))
      expect(support).toMatchObject({ plain: undefined, must: 'required', job: 'optional', turn: 'optional' })
    })

    test('the time that it is kept is what the client wants, within bounds', async () => {
      const client = await sessionOver(yard.url)
      expect((await begin(client, 'must', {}, { ttl: 90_000 })).ttl).toBe(90_000)
      expect((await begin(client, 'must', {}, { ttl: 1e15 })).ttl).toBe(86_400_000)
      expect((await begin(client, 'must', {}, { ttl: 0 })).ttl).toBe(1_000)
    })

    test('a task whose time is over does not exist any more, and what ran for it is ended', async () => {
      const client = await sessionOver(yard.url)
      const held = hold(directory)
      const { taskId } = await begin(client, 'job', held.arguments, { ttl: 1_000 })
      await until('it runs', held.running)
      await until('it is gone', () =>
        raw(client, 'tasks/get', { taskId }).then(
          () => false,
          (error) => error.code === -32602,
        ),
      )
      await until('it is ended', () => isEnded(held))
    })

    test('revisions that know no tasks just run the tool', async () => {
      const { headers } = await post(`${yard.url}/mcp`, handshake('2025-06-18'))
      const session = { 'mcp-session-id': headers.get('mcp-session-id')! }
      const ask = async (method: string, params: Json) =>
        messageOf(await post(`${yard.url}/mcp`, { jsonrpc: '2.0', id: 3, method, params }, session))
      expect((await ask('tools/call', { name: 'must', task: {} })).result?.content?.[0]?.text).toBe('must')
      expect((await ask('tasks/get', { taskId: unknownId })).error?.code).toBe(-32601)
    })

    test('what it asks comes with tasks/result, one question after the other', async () => {
      const client = await sessionOver(yard.url)
      client.answer('Ada')
      const { taskId } = await begin(client, 'ask')
      await becomes(client, taskId, 'input_required')
      expect(client.questions).toEqual([])
      const { content } = await raw(client, 'tasks/result', { taskId })
      expect(content).toEqual([{ type: 'text', text: 'Ada and Ada' }])
      expect(client.questions).toMatchObject([
        { message: 'First?', _meta: related(taskId) },
        { message: 'Second?', _meta: related(taskId) },
      ])
    })

    test('a question that nobody answered is asked again of whoever comes next', async () => {
      const first = await sessionOver(yard.url)
      const { taskId } = await begin(first, 'ask')
      const left = raw(first, 'tasks/result', { taskId })
      await until('the first is asked', () => first.questions.length === 1)
      const session = sessionOf(first)
      await first.close()
      await expect(left).rejects.toThrow()
      await fetch(`${yard.url}/mcp`, { method: 'DELETE', headers: session })

      const second = await sessionOver(yard.url)
      second.answer('Grace')
      expect((await raw(second, 'tasks/result', { taskId })).content).toEqual([{ type: 'text', text: 'Grace and Grace' }])
    })

    test('two that wait for one result are not both asked', async () => {
      const client = await sessionOver(yard.url)
      const { taskId } = await begin(client, 'ask')
      const both = [raw(client, 'tasks/result', { taskId }), raw(client, 'tasks/result', { taskId })]
      await until('one is asked', () => client.questions.length === 1)
      client.answer('Ada')
      const [one, other] = await Promise.all(both)
      expect(one).toEqual(other)
      expect(client.questions).toHaveLength(2)
    })

    test('cancelled, the tool is told, the task stays cancelled, and cannot be cancelled again', async () => {
      const client = await sessionOver(yard.url)
      const held = hold(directory)
      const { taskId } = await begin(client, 'job', held.arguments)
      await until('it runs', held.running)
      const waiting = raw(client, 'tasks/result', { taskId })
      waiting.catch(() => {})
      expect(await raw(client, 'tasks/cancel', { taskId })).toMatchObject({ taskId, status: 'cancelled' })
      await expect(waiting).rejects.toThrow(/cancelled/)
      await until('it is ended', () => isEnded(held))
      expect(await getTask(client, taskId)).toMatchObject({ status: 'cancelled' })
      await expect(raw(client, 'tasks/cancel', { taskId })).rejects.toMatchObject({ code: -32602 })
    })

    test('it outlives its session', async () => {
      const first = await sessionOver(yard.url)
      const held = hold(directory)
      const { taskId } = await begin(first, 'job', held.arguments)
      await until('it runs', held.running)
      await fetch(`${yard.url}/mcp`, { method: 'DELETE', headers: sessionOf(first) })
      held.release()
      const second = await sessionOver(yard.url)
      expect(await raw(second, 'tasks/result', { taskId })).toMatchObject({ structuredContent: { done: true } })
    })

    test('to anybody else it does not exist', async () => {
      const owner = await sessionOver(yard.url)
      const stranger = await sessionOver(yard.url, reader)
      const { taskId } = await begin(owner, 'must')
      for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
        const told = await raw(stranger, method, { taskId }).catch((error: unknown) => error)
        const toldOfNone = await raw(stranger, method, { taskId: unknownId }).catch((error: unknown) => error)
        expect(told).toMatchObject({ code: -32602 })
        expect(told).toEqual(toldOfNone)
      }
      const listed = async (client: typeof owner) =>
        ((await raw(client, 'tasks/list')).tasks as { taskId: string }[]).map((task) => task.taskId)
      expect(await listed(owner)).toContain(taskId)
      expect(await listed(stranger)).not.toContain(taskId)
      await expect(raw(owner, 'tasks/list', { cursor: 'none of ours' })).rejects.toMatchObject({ code: -32602 })
      for (const id of ['not even a uuid', '', 7]) {
        await expect(raw(owner, 'tasks/get', { taskId: id })).rejects.toMatchObject({ code: -32602 })
      }
    })

    test('one caller has fifty that run, and no more', async () => {
      const client = await sessionOver(yard.url)
      const stranger = await sessionOver(yard.url, reader)
      const held = hold(directory)
      const running = await Promise.all(Array.from({ length: 50 }, () => begin(client, 'job', held.arguments)))
      const unheard = hold(directory, 'unheard')
      await expect(begin(client, 'job', unheard.arguments)).rejects.toMatchObject({
        message: expect.stringContaining('50 tasks'),
        data: { code: 'limited', limit: 50, concurrent: true, retry_after: 5 },
      })
      expect(unheard.running()).toBe(false)
      expect(await begin(stranger, 'must')).toMatchObject({ status: 'working' })
      held.release()
      await Promise.all(running.map(({ taskId }) => raw(client, 'tasks/result', { taskId })))
      expect(await begin(client, 'must')).toMatchObject({ status: 'working' })
    })
  })

  describe('in 2026-07-28', () => {
    const client = () => modernOver(yard.url)

    test('are an extension, and none of its methods are for clients that did not declare it', async () => {
      expect((await client().result('server/discover')).capabilities).toMatchObject({
        extensions: { 'io.modelcontextprotocol/tasks': {} },
      })
      const plain = modernOver(yard.url, {})
      const lacks = { code: -32021, data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } } }
      for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
        expect((await plain.ask(method, { taskId: unknownId, inputResponses: {} })).error).toMatchObject(lacks)
      }
      expect((await plain.ask('tools/call', { name: 'must' })).error).toMatchObject(lacks)
      expect(await plain.result('tools/call', { name: 'no' })).toMatchObject({ resultType: 'complete', isError: true })
      const notifications = { taskIds: [unknownId] }
      expect((await plain.ask('subscriptions/listen', { notifications })).error).toMatchObject(lacks)
      for (const method of ['tasks/list', 'tasks/result']) {
        expect((await client().ask(method, { taskId: unknownId })).error?.code).toBe(-32601)
      }
    })

    test('the client goes away, and finds the result when it is back', async () => {
      const held = hold(directory)
      const { taskId, ...created } = await client().begin('job', held.arguments)
      expect(created).toMatchObject({ status: 'working', ttlMs: 3_600_000, pollIntervalMs: 1_000 })
      await until('it runs', held.running)
      expect(await client().get(taskId)).toMatchObject({ resultType: 'complete', status: 'working' })
      held.release()
      const { result } = await client().becomes(taskId, 'completed')
      expect(result).toMatchObject({ resultType: 'complete', structuredContent: { done: true } })
      expect(result).not.toHaveProperty('_meta')
    })

    test('a tool that says no has completed; one that breaks has failed, with the error', async () => {
      const no = await client().begin('no')
      expect((await client().becomes(no.taskId, 'completed')).result).toMatchObject({ isError: true })
      const broken = await client().begin('broken')
      const { error } = await client().becomes(broken.taskId, 'failed')
      expect(error).toMatchObject({ code: -32603, message: expect.not.stringContaining('secret') })
    })

    test('a key stands for one question only, and an answer that cannot be used is refused', async () => {
      const { taskId } = await client().begin('ask')
      expect((await client().becomes(taskId, 'input_required')).inputRequests).toMatchObject({
        name: { params: { message: 'First?' } },
      })
      const wrong = { name: { action: 'perhaps' } }
      expect((await client().ask('tasks/update', { taskId, inputResponses: wrong })).error).toMatchObject({ code: -32602 })
      expect((await client().ask('tasks/update', { taskId })).error).toMatchObject({ code: -32602 })
      await client().result('tasks/update', { taskId, inputResponses: { name: { action: 'accept', content: { name: 'Ada' } } } })
      await until(
        'the second is asked',
        async () => Object.keys((await client().get(taskId)).inputRequests ?? {})[0] === 'name_2',
      )
      // An answer that has been given is given once.
      await client().result('tasks/update', { taskId, inputResponses: { name: { action: 'accept', content: { name: 'Eve' } } } })
      await client().result('tasks/update', { taskId, inputResponses: { name_2: { action: 'decline' } } })
      expect((await client().becomes(taskId, 'completed')).result?.content[0]?.text).toBe('Ada and decline')
    })

    test('a run that says itself when it is a task asks before it as any call does, and after it as a task', async () => {
      const held = hold(directory)
      const params = { name: 'turn', arguments: held.arguments }
      const asked = await client().result('tools/call', params)
      expect(asked).toMatchObject({ resultType: 'input_required', inputRequests: { name: { params: { message: 'First?' } } } })
      const inputResponses = { name: { action: 'accept', content: { name: 'Ada' } } }
      const { taskId } = await client().begin('turn', held.arguments, { inputResponses, requestState: asked.requestState })
      await client().becomes(taskId, 'input_required')
      await client().result('tasks/update', { taskId, inputResponses })
      await until('it runs', held.running)
      held.release()
      expect((await client().becomes(taskId, 'completed')).result?.content[0]?.text).toBe('Ada and Ada')
    })

    test('where the client takes no tasks, such a run goes on as it began', async () => {
      const plain = modernOver(yard.url, { elicitation: {} })
      const held = hold(directory)
      held.release()
      const params = { name: 'turn', arguments: held.arguments }
      const inputResponses = { name: { action: 'accept', content: { name: 'Ada' } } }
      const first = await plain.result('tools/call', params)
      const second = await plain.result('tools/call', { ...params, inputResponses, requestState: first.requestState })
      const { content } = await plain.result('tools/call', { ...params, inputResponses, requestState: second.requestState })
      expect(content).toEqual([{ type: 'text', text: 'Ada and Ada' }])
    })

    test('a client that cannot be asked is told so by the task', async () => {
      const { taskId } = await modernOver(yard.url, { extensions: able.extensions }).begin('ask')
      expect((await client().becomes(taskId, 'failed')).error).toMatchObject({ code: -32021 })
    })

    test('cancelling acknowledges, whether the task still runs or not', async () => {
      const held = hold(directory)
      const { taskId } = await client().begin('job', held.arguments)
      await until('it runs', held.running)
      for (let time = 0; time < 2; time++) {
        expect(Object.keys(await client().result('tasks/cancel', { taskId })).sort()).toEqual(['_meta', 'resultType'])
      }
      expect((await client().get(taskId)).status).toBe('cancelled')
      expect((await client().ask('tasks/cancel', { taskId: unknownId })).error?.code).toBe(-32602)
    })
  })

  describe('in another process than the one that runs it', () => {
    test('what it asks is shown, and answered', async () => {
      const other = modernOver((await another()).url)
      const { taskId } = await modernOver(yard.url).begin('ask')
      await other.becomes(taskId, 'input_required')
      await other.result('tasks/update', { taskId, inputResponses: { name: { action: 'accept', content: { name: 'Ada' } } } })
      expect(Object.keys((await other.get(taskId)).inputRequests ?? {})).not.toContain('name')
      await until('the second is asked', async () => Object.keys((await other.get(taskId)).inputRequests ?? {})[0] === 'name_2')
      await other.result('tasks/update', { taskId, inputResponses: { name_2: { action: 'cancel' } } })
      expect((await other.becomes(taskId, 'completed')).result?.content[0]?.text).toBe('Ada and cancel')
    })

    test('a client with a session is asked, and gets the result', async () => {
      const { taskId } = await begin(await sessionOver(yard.url), 'ask')
      const client = await sessionOver((await another()).url)
      client.answer('Grace')
      expect((await raw(client, 'tasks/result', { taskId })).content).toEqual([{ type: 'text', text: 'Grace and Grace' }])
    })

    test('it is cancelled', async () => {
      const held = hold(directory)
      const { taskId } = await modernOver(yard.url).begin('job', held.arguments)
      await until('it runs', held.running)
      await modernOver((await another()).url).result('tasks/cancel', { taskId })
      await until('it is ended', () => isEnded(held))
      expect((await modernOver(yard.url).get(taskId)).status).toBe('cancelled')
    })

    test('nobody hears of it any more: it has failed, and a sentence says why', async () => {
      const { taskId } = await modernOver(yard.url).begin('must')
      await modernOver(yard.url).becomes(taskId, 'completed')
      const silent = (seconds: number) =>
        store.database.pool.query(
          `update mcp.tool_tasks set status = 'working', result = null, runner = '["elsewhere", 1, "then"]',
           alive_at = now() - $2 * interval '1 second' where id = $1`,
          [taskId, seconds],
        )
      await silent(30)
      expect((await modernOver(yard.url).get(taskId)).status).toBe('working')
      await silent(61)
      const { error } = await modernOver(yard.url).becomes(taskId, 'failed')
      expect(error).toMatchObject({ code: -31503, message: expect.stringContaining('call the tool again') })
    })
  })

  test('while the database is away a task is refused, and its tool is not called', async () => {
    const gone = await open()
    const without = await startTaskYard(gone.database)
    onTestFinished(() => without.stop())
    await gone.close()
    const held = hold(directory)
    const refused = { data: { code: 'unavailable' } }
    expect((await modernOver(without.url).ask('tools/call', { name: 'job', arguments: held.arguments })).error).toMatchObject(
      refused,
    )
    await expect(begin(await sessionOver(without.url), 'job', held.arguments)).rejects.toMatchObject(refused)
    expect((await modernOver(without.url).ask('tasks/get', { taskId: unknownId })).error).toMatchObject(refused)
    expect(held.running()).toBe(false)
  })

  test('a client that leaves while its task is being kept does not find the tool called', async () => {
    let asked = false
    let keep!: () => void
    const kept = new Promise<void>((resolve) => {
      keep = resolve
    })
    const slow = await startTaskYard(store.database, (tasks) => ({
      ...tasks,
      async add(task) {
        asked = true
        await kept
        return tasks.add(task)
      },
    }))
    onTestFinished(() => slow.stop())
    const client = await sessionOver(slow.url)
    const held = hold(directory)
    const leaving = new AbortController()
    const params = { name: 'job', arguments: held.arguments, task: {} }
    const left = client.request({ method: 'tools/call', params }, ResultSchema, { signal: leaving.signal })
    left.catch(() => {})
    await until('it is being kept', () => asked)
    leaving.abort()
    // What was sent before on the same connection may come after: the call is cut off when nothing runs any more.
    await until('it is cut off', () => slow.switch.running() === 0)
    keep()
    await until('it is kept', () => slow.tasks.running() === 0)
    expect(held.running()).toBe(false)
    const { tasks } = (await raw(client, 'tasks/list')) as { tasks: Json[] }
    expect(tasks[0]).toMatchObject({ status: 'failed', statusMessage: expect.stringContaining('cancelled') })
  })

  test('a result waits for a database that is away, and nobody is told that it is there before it is kept', async () => {
    let away = true
    const patient = await startTaskYard(store.database, (kept) => ({
      ...kept,
      become: (...state) => (away ? Promise.reject(new Error('the database is away')) : kept.become(...state)),
    }))
    onTestFinished(() => patient.stop())
    const client = modernOver(patient.url)
    const { taskId } = await client.begin('must')
    await until('it was tried', () => patient.log.of('the state of a task is not kept yet').length > 0)
    expect((await client.get(taskId)).status).toBe('working')
    away = false
    expect((await client.becomes(taskId, 'completed')).result?.content[0]?.text).toBe('must')
  })
})

const sessionOf = ({ transport }: SessionClient) => ({ 'mcp-session-id': transport?.sessionId ?? '' })
/** The tool has been told that nobody waits for it any more. */
const isEnded = (held: Held) => existsSync(`${held.arguments.file}.cancelled`)
