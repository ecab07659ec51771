/** What is promised about servers behind us that run their tools as tasks: everybody can call them, and finds us standing for their clients. */
import { ProgressNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { connect, textOf } from './clients.ts'
import { becomes, begin, modernOver, raw, sessionOver } from './fakes/task-clients.ts'
import { startModernTasks, startSessionTasks, type TaskServer } from './fakes/task-servers.ts'
import { handshake, messageOf, post } from './fakes/wire.ts'
import { becomes as upstreamBecomes } from './insider.ts'
import { everything } from './program.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000 })

type SessionTasks = Awaited<ReturnType<typeof startSessionTasks>>

let old: SessionTasks
let modern: TaskServer
let system: TestSystem

beforeAll(async () => {
  old = await startSessionTasks()
  modern = await startModernTasks()
  const mcpServers = {
    old: { url: old.url, sessions: 'shared' },
    new: { url: modern.url },
    everything: { ...everything, env: {} },
  }
  system = await start({ file: { mcpServers }, env: { RATE_LIMIT_REQUESTS: '0' } })
  for (const name of Object.keys(mcpServers)) await upstreamBecomes(system, name, 'connected')
})
afterAll(async () => {
  await system?.stop()
  await old?.stop()
  await modern?.stop()
})

const lastOf = async (server: TaskServer) => (await server.statuses()).at(-1)

describe('of the era with sessions', () => {
  test('every client can call a tool that runs as a task only: with a session, of an older revision, without any, over /cmd', async () => {
    const name = 'everything_simulate-research-query'
    const values = { topic: 'tea' }
    const session = await sessionOver(system.url)
    const { tools } = await session.listTools()
    expect(tools.find((tool) => tool.name === name)?.execution).toEqual({ taskSupport: 'optional' })

    const { headers } = await post(`${system.url}/mcp`, handshake('2025-03-26'))
    const older = { 'mcp-session-id': headers.get('mcp-session-id')! }
    const calling = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name, arguments: values } }
    const answers = await Promise.all([
      session.callTool({ name, arguments: values }),
      post(`${system.url}/mcp`, calling, older)
        .then(messageOf)
        .then(({ result }) => result),
      modernOver(system.url, {}).result('tools/call', { name, arguments: values }),
      begin(session, name, values).then(({ taskId }) => raw(session, 'tasks/result', { taskId })),
    ])
    for (const answer of answers) expect(textOf(answer)).toContain('Research Report: tea')
    const cmd = await post(`${system.url}/cmd`, { command: name, params: values })
    expect(await cmd.text()).toContain('Research Report: tea')
  })

  test('what its task asks goes to whose call it is, as if there were no task', async () => {
    const client = await sessionOver(system.url)
    client.answer('Ada')
    expect(textOf(await client.callTool({ name: 'old_ask', arguments: {} }))).toBe('Hello Ada')
    expect(client.questions).toMatchObject([{ message: 'Who?' }])
    expect(client.questions[0]).not.toHaveProperty('_meta.io.modelcontextprotocol/related-task')
  })

  test('and to a task of ours where the call is one', async () => {
    const client = await sessionOver(system.url)
    client.answer('Grace')
    const { taskId } = await begin(client, 'old_ask')
    await becomes(client, taskId, 'input_required')
    const result = await raw(client, 'tasks/result', { taskId })
    expect(textOf(result)).toBe('Hello Grace')
    const ours = { 'io.modelcontextprotocol/related-task': { taskId } }
    expect(result._meta).toEqual(ours)
    expect(client.questions).toMatchObject([{ _meta: ours }])
  })

  test('progress is heard after the server has answered that there is a task', async () => {
    const client = await connect('sse', system.url)
    onTestFinished(() => client.close())
    const told: Json[] = []
    client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => void told.push(params))
    const before = (await old.statuses()).length
    const calling = raw(client, 'tools/call', { name: 'old_steps', arguments: {}, _meta: { progressToken: 'mine' } })
    await until('its task runs', async () => (await old.statuses()).length > before)
    old.finish()
    expect(textOf(await calling)).toBe('stepped')
    await until('progress is heard', () => told.length > 0)
    expect(told).toMatchObject([{ progressToken: 'mine', progress: 1 }])
  })

  test('a call that is taken back takes its task back', async () => {
    const client = await sessionOver(system.url)
    const before = (await old.statuses()).length
    const gone = new AbortController()
    const calling = client.callTool({ name: 'old_never', arguments: {} }, undefined, { signal: gone.signal })
    calling.catch(() => {})
    await until('its task runs', async () => (await old.statuses()).length > before)
    gone.abort()
    await until('its task is cancelled', async () => (await lastOf(old)) === 'cancelled')
  })

  test('a task of ours goes on over the connection of its session when that has ended', async () => {
    const client = await sessionOver(system.url)
    const { taskId } = await begin(client, 'everything_simulate-research-query', { topic: 'coffee' })
    await fetch(`${system.url}/mcp`, { method: 'DELETE', headers: { 'mcp-session-id': client.transport?.sessionId ?? '' } })
    const other = await sessionOver(system.url)
    expect(textOf(await raw(other, 'tasks/result', { taskId }))).toContain('Research Report: coffee')
  })
})

describe('of 2026-07-28', () => {
  test('a tool that runs as a task only is for clients that know no tasks', async () => {
    const client = await sessionOver(system.url)
    client.answer('Ada')
    expect(textOf(await client.callTool({ name: 'new_ask', arguments: {} }))).toBe('Hello Ada')
    const failed = await client.callTool({ name: 'new_fail', arguments: {} })
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'new: it went wrong' }] })
  })

  test('where the client takes tasks, the call is one from when the server says so', async () => {
    const client = modernOver(system.url)
    const { taskId } = await client.begin('new_ask')
    expect(taskId).not.toContain('ask')
    expect((await client.becomes(taskId, 'input_required')).inputRequests).toMatchObject({ who: { params: { message: 'Who?' } } })
    await client.result('tasks/update', { taskId, inputResponses: { who: { action: 'accept', content: { name: 'Grace' } } } })
    expect(textOf((await client.becomes(taskId, 'completed')).result)).toBe('Hello Grace')
  })

  test('a task that is cancelled here is cancelled there', async () => {
    const client = modernOver(system.url)
    const { taskId } = await client.begin('new_never')
    expect(await lastOf(modern)).toBe('working')
    await client.result('tasks/cancel', { taskId })
    await until('it is cancelled', async () => (await lastOf(modern)) === 'cancelled')
  })
})
