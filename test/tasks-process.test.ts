/** What is left of tasks when the process that ran them was killed, or stopped; and tasks over stdio. */
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { packageRoot } from '../app/root.ts'
import { connect, connectStdio } from './clients.ts'
import { query } from './fakes/embedded-client.ts'
import { becomes, begin, getTask, modernOn, modernOver, raw, sessionOver } from './fakes/task-clients.ts'
import { hold, launch, scratch } from './launch.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 90_000 })

const commands = ['--commands', join(packageRoot, 'test', 'fakes', 'task-commands')]

let dataDir: string
let directory: string
beforeEach(async () => {
  dataDir = await scratch()
  directory = await scratch()
})

test('killed: what was complete is there after the next start, what still ran has failed and says so', async () => {
  const first = await launch(commands, { dataDir })
  const client = modernOver(first.url())
  const done = await client.begin('must')
  await client.becomes(done.taskId, 'completed')
  const held = hold(directory)
  const cut = await client.begin('job', held.arguments)
  const asking = await client.begin('ask')
  await until('it runs', held.running)
  await client.becomes(asking.taskId, 'input_required')
  first.signal('SIGKILL')
  expect(await first.exited).toBe(137)

  const second = await launch(commands, { dataDir })
  const again = modernOver(second.url())
  expect((await again.get(done.taskId)).result?.content[0]?.text).toBe('must')
  for (const { taskId } of [cut, asking]) {
    expect(await again.get(taskId)).toMatchObject({
      status: 'failed',
      statusMessage: expect.stringContaining('call the tool again'),
      error: { code: -31503 },
    })
  }
  const session = await sessionOver(second.url())
  await expect(raw(session, 'tasks/result', { taskId: cut.taskId })).rejects.toThrow(/call the tool again/)
  await expect(raw(session, 'tasks/cancel', { taskId: cut.taskId })).rejects.toMatchObject({ code: -32602 })
  const { tasks } = await raw(session, 'tasks/list')
  expect(tasks).toMatchObject([
    { taskId: asking.taskId, status: 'failed' },
    { taskId: cut.taskId, status: 'failed' },
    { taskId: done.taskId },
  ])
})

test('stopped in order: a task that is done in time is kept, and whoever waits for it gets it', async () => {
  const first = await launch(commands, { dataDir })
  const client = await connect('websocket', first.url())
  onTestFinished(() => client.close())
  const held = hold(directory)
  const { taskId } = await begin(client, 'job', held.arguments)
  const unheard = modernOver(first.url())
  const asking = await unheard.begin('ask')
  await unheard.becomes(asking.taskId, 'input_required')
  await until('it runs', held.running)
  const waiting = raw(client, 'tasks/result', { taskId })
  waiting.catch(() => {})
  // What was sent before on the same connection has come before.
  await client.ping()
  first.signal('SIGTERM')
  await until('the stop begins', () => first.logged('stopping').length > 0)
  held.release()
  expect(await waiting).toMatchObject({ structuredContent: { done: true } })
  expect(await first.exited).toBe(0)

  const second = await launch(commands, { dataDir })
  expect(await modernOver(second.url()).get(taskId)).toMatchObject({ status: 'completed' })
  expect(await modernOver(second.url()).get(asking.taskId)).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('stopping') },
  })
})

test('stopped while a task runs on: it is cut off when the time is up, and kept as that', async () => {
  const first = await launch(commands, { dataDir })
  const held = hold(directory)
  const { taskId } = await modernOver(first.url()).begin('job', held.arguments)
  await until('it runs', held.running)
  first.signal('SIGTERM')
  expect(await first.exited).toBe(0)
  const [row] = await rowsAfter(taskId)
  expect(row).toMatchObject({ status: 'failed', status_message: expect.stringContaining('stopping') })

  async function rowsAfter(id: string) {
    await launch([], { dataDir })
    return query<{ status: string; status_message: string }>(
      dataDir,
      `select status, status_message from mcp.tool_tasks where id = '${id}'`,
    )
  }
})

test('over stdio, in a session: a result, a question, a task that is cancelled', async () => {
  const server = await launch(['--transport', 'stdio', ...commands], { dataDir })
  const client = await connectStdio(server)
  onTestFinished(() => client.close())
  const must = await begin(client, 'must')
  expect((await raw(client, 'tasks/result', { taskId: must.taskId })).content).toEqual([{ type: 'text', text: 'must' }])

  const held = hold(directory)
  const { taskId } = await begin(client, 'job', held.arguments)
  await until('it runs', held.running)
  await raw(client, 'tasks/cancel', { taskId })
  await becomes(client, taskId, 'cancelled')
  expect((await getTask(client, must.taskId)).status).toBe('completed')
})

test('over stdio, in 2026-07-28: a result, a question, and what another process on the same data has to say of them', async () => {
  const server = await launch(['--transport', 'stdio', ...commands], { dataDir })
  const client = modernOn(server)
  const { taskId } = await client.begin('ask')
  await client.becomes(taskId, 'input_required')
  const answer = { action: 'accept', content: { name: 'Ada' } }
  await client.result('tasks/update', { taskId, inputResponses: { name: answer } })
  await until('the second is asked', async () => (await client.get(taskId)).inputRequests?.name_2)

  // Another one, started by the same person: it shares the database, and the tasks.
  const other = modernOn(await launch(['--transport', 'stdio', ...commands], { dataDir }))
  expect((await other.get(taskId)).inputRequests).toHaveProperty('name_2')
  await other.result('tasks/update', { taskId, inputResponses: { name_2: answer } })
  expect((await client.becomes(taskId, 'completed')).result?.content[0]?.text).toBe('Ada and Ada')
  expect((await other.get(taskId)).status).toBe('completed')
})
