/** Approvals and pins in the whole system: every way in waits, jobs and tasks too, and what one process is told the other does. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { Caller, Json } from '../app/call.ts'
import { textOf } from './clients.ts'
import { secretKey } from './fakes/keys.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { modernOver, raw, sessionOver } from './fakes/task-clients.ts'
import { becomes, historyOf } from './insider.ts'
import { freshDatabase, withPostgres } from './services.ts'
import { start, startProcess, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000 })

const ada: Caller = { id: 'user:1', name: 'ada', scopes: ['read', 'call', 'admin'], role: 'admin' }

const folder = `export default [
  { name: 'wipe_later', description: 'Wipes', returns: 'A text', use_queue: true, run: () => 'wiped as a job' },
  { name: 'wipe_task', description: 'Wipes', returns: 'A text', task: 'optional', run: () => 'wiped as a task' },
]`

const tools = (description: string) => [
  { name: 'wipe', description, inputSchema: { type: 'object' }, annotations: { destructiveHint: true } },
  { name: 'look', description, inputSchema: { type: 'object' }, annotations: { destructiveHint: true, readOnlyHint: true } },
]

interface Waiting {
  id: string
  tool: string
  caller: { id: string }
  arguments: Json
}

async function ask<T>(system: TestSystem, name: string, values: Json = {}): Promise<T> {
  const wish = { kind: 'tool', name, arguments: values, caller: ada, via: 'admin' } as const
  return (await system.yard.switch.call(wish)).structuredContent as T
}

async function waiting(system: TestSystem): Promise<Waiting> {
  let found: Waiting | undefined
  await until('a call waits', async () => {
    found = (await ask<{ pending: Waiting[] }>(system, 'approvals')).pending[0]
    return found
  })
  return found!
}

const decide = async (system: TestSystem, approve = true) =>
  ask(system, 'approval_decide', { id: (await waiting(system)).id, approve, reason: 'said the test' })

async function post(url: string, body: Json, headers: Record<string, string> = {}): Promise<Json> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return (await response.json()) as Json
}

describe('one server', () => {
  let home: string
  let fake: HttpFake
  let system: TestSystem
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'switchyard-approvals-'))
    await mkdir(join(home, 'commands'))
    await writeFile(join(home, 'commands', 'wipe.mjs'), folder)
    fake = await startHttpFake({ tools: tools('Wipes a disk') })
    system = await start({
      file: {
        mcpServers: { far: { url: `${fake.url}/mcp` } },
        commands: { commands_directory: join(home, 'commands') },
        approval: { tools: ['wipe_*'], destructive: 'ask' },
        pinning: { mode: 'approve' },
        audit: 'strict',
      },
    })
    await becomes(system, 'far', 'connected')
    await until('it is offered', () => system.yard.catalog.find('tool', 'far_wipe'))
  })
  afterAll(async () => {
    await system?.stop()
    await fake?.stop()
    await rm(home, { recursive: true, force: true })
  })

  test('the official client waits, and its person may give the word', async () => {
    const client = new Client({ name: 'test', version: '1.0.0' }, { capabilities: { elicitation: {} } })
    const asked: string[] = []
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params.message)
      return { action: 'accept', content: { approve: asked.length === 1 } }
    })
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', system.url)))
    onTestFinished(() => client.close())
    const heard: (string | undefined)[] = []
    const wipe = () =>
      client.callTool({ name: 'far_wipe', arguments: { disk: 'C' } }, undefined, {
        onprogress: ({ message }) => heard.push(message),
      })
    expect(textOf(await wipe())).toBe('{"disk":"C"}')
    expect(asked[0]).toBe('Run far_wipe of far with these arguments?\n\n{\n  "disk": "C"\n}')
    expect(heard[0]).toMatch(/^far_wipe waits for a person to approve this call/)
    await expect(wipe()).rejects.toThrow('local did not approve this call of far_wipe: the person who was asked said no')
    await client.callTool({ name: 'far_look', arguments: {} })
    expect(asked).toHaveLength(2)
    const rows = await historyOf(system, { name: 'far_wipe' })
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ['refused', 'forbidden'],
      ['ok', null],
    ])
  })

  test('a client of 2026-07-28 is asked in its way, and comes back with the word', async () => {
    const client = modernOver(system.url, { elicitation: {} })
    const call = { name: 'far_wipe', arguments: { disk: 'D' } }
    const asked = await client.result('tools/call', call)
    expect(asked.resultType).toBe('input_required')
    const [key] = Object.keys(asked.inputRequests as Json)
    const inputResponses = { [key!]: { action: 'accept', content: { approve: true } } }
    const result = await client.result('tools/call', { ...call, inputResponses, requestState: asked.requestState })
    expect(textOf(result)).toBe('{"disk":"D"}')
  })

  test('whoever calls over /cmd or REST waits until an admin has decided', async () => {
    const cmd = post(`${system.url}/cmd`, { command: 'far_wipe', params: { disk: 'E' } })
    expect(await waiting(system)).toMatchObject({ tool: 'far_wipe', caller: { id: 'local' }, arguments: { disk: 'E' } })
    await decide(system)
    expect(JSON.stringify(await cmd)).toContain('E')
    const rest = post(`${system.url}/api/commands/far_wipe`, { disk: 'F' })
    await decide(system, false)
    expect(JSON.stringify(await rest)).toContain('ada did not approve this call of far_wipe: said the test')
  })

  test('a job is there at once, says what it waits for, and runs when it may', async () => {
    const { result } = await post(`${system.url}/cmd`, { jsonrpc: '2.0', id: 1, method: 'wipe_later', params: {} })
    const { job_id } = result as { job_id: string }
    const status = async () => {
      const body = await post(`${system.url}/cmd`, { command: 'job_status', params: { job_id } })
      return JSON.stringify(body)
    }
    await waiting(system)
    await until('it says so', async () => (await status()).includes('waits for a person to approve'))
    await decide(system)
    await until('it has run', async () => (await status()).includes('wiped as a job'))
  })

  test('a task is there at once, and fails when it is denied', async () => {
    const client = await sessionOver(system.url)
    const begin = async () => {
      const { task } = await raw(client, 'tools/call', { name: 'wipe_task', arguments: {}, task: {} })
      return (task as { taskId: string }).taskId
    }
    const [first, id] = [await begin(), await waiting(system)]
    expect((await raw(client, 'tasks/get', { taskId: first })).status).not.toBe('completed')
    await ask(system, 'approval_decide', { id: id.id, approve: true })
    expect(textOf(await raw(client, 'tasks/result', { taskId: first }))).toBe('wiped as a task')
    await until('nothing waits', async () => (await ask<{ pending: unknown[] }>(system, 'approvals')).pending.length === 0)
    const second = await begin()
    await decide(system, false)
    await until('it has failed', async () => (await raw(client, 'tasks/get', { taskId: second })).status === 'failed')
  })

  test('explain says that a call needs a word, and that a changed tool is held', async () => {
    const explained = async () =>
      (
        await ask<{ allowed: boolean; findings: { check: string; verdict: string }[] }>(system, 'explain', {
          key: 'local',
          tool: 'far_wipe',
        })
      ).findings.map(({ check, verdict }) => `${check} ${verdict}`)
    expect(await explained()).toContain('approval unknown')
    fake.spec.tools = tools('Wipes all disks')
    await fake.changed()
    await until('the change is held', async () => (await explained()).includes('pin refuse'))
    const { pins } = await ask<{ pins: { id: string; name: string; pending_hash: string }[] }>(system, 'pins', {
      show: 'changed',
    })
    expect(pins.map(({ name }) => name)).toEqual(['far_look', 'far_wipe'])
    // What is held is refused before anybody is asked.
    expect(JSON.stringify(await post(`${system.url}/cmd`, { command: 'far_wipe', params: {} }))).toContain(
      'has changed since it was approved',
    )
    for (const { id, pending_hash } of pins) await ask(system, 'pin_approve', { id, hash: pending_hash })
    expect(await explained()).not.toContain('pin refuse')
  })
})

describe('two processes on one database', () => {
  const test = withPostgres()
  test('a word that one is given lets the call of the other run, once, and a pin that one approves counts on the other', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const fake = await startHttpFake({ tools: tools('Wipes a disk') })
    onTestFinished(() => fake.stop())
    const redis = inject('redisUrl')
    const env = { DATABASE_URL: database.url, SECRET_KEY: secretKey, ...(redis ? { REDIS_URL: redis } : {}) }
    const file = {
      mcpServers: { far: { url: `${fake.url}/mcp` } },
      approval: { destructive: 'ask' },
      pinning: { mode: 'approve' },
    }
    const here = await start({ env, file })
    onTestFinished(() => here.stop())
    const there = await startProcess([], { env, file })
    onTestFinished(() => there.clean())
    const wipe = (disk: string) => post(`${there.url()}/cmd`, { command: 'far_wipe', params: { disk } })
    await until('the other offers it', async () =>
      JSON.stringify(await post(`${there.url()}/cmd`, { command: 'help' })).includes('far_wipe'),
    )

    const first = wipe('C')
    await decide(here)
    expect(JSON.stringify(await first)).toContain('C')
    expect(fake.seen.asked.filter((asked) => asked === 'tools/call wipe')).toHaveLength(1)

    fake.spec.tools = tools('Wipes all disks')
    await fake.changed()
    const changed = async () =>
      (await ask<{ pins: { id: string; name: string; pending_hash: string }[] }>(here, 'pins', { show: 'changed' })).pins
    await until('both changes are seen', async () => (await changed()).length === 2)
    await until('the other holds it', async () => JSON.stringify(await wipe('D')).includes('has changed since'))
    for (const { id, pending_hash } of await changed()) await ask(here, 'pin_approve', { id, hash: pending_hash })
    const calls = new AbortController()
    onTestFinished(() => calls.abort())
    await until('the other lets it wait for a word again', async () => {
      void fetch(`${there.url()}/cmd`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ command: 'far_wipe', params: { disk: 'E' } }),
        signal: calls.signal,
      }).catch(() => {})
      return (await ask<{ pending: unknown[] }>(here, 'approvals')).pending.length > 0
    })
  })
})
