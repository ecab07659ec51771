/** The command folder and long commands in the whole system, with real MCP clients. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { inspect } from '../app/commands/check.ts'
import { openJiti } from '../app/commands/folder.ts'
import { type Needs, ownCommands } from '../app/commands/index.ts'
import { createReadRun } from '../app/commands/run-params.ts'
import { connect } from './clients.ts'
import { start, type TestSystem } from './start.ts'

let folder: string
let system: TestSystem
const source = (name: string, value = '1') =>
  `export default { name: '${name}', description: 'D', returns: 'R', run: () => ${value} }`
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-in-use-'))
  await writeFile(join(folder, 'a.ts'), source('a'))
  system = await start({ flags: { commands: folder } })
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

test('a session hears of a changed folder, goes on, and an error in one file takes no other command away', async () => {
  const client = await connect('http', system.url)
  let changes = 0
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++)
  const names = async () => (await client.listTools()).tools.map(({ name }) => name)
  expect(await names()).toContain('a')
  await writeFile(join(folder, 'b.ts'), source('b', "'from b'"))
  await vi.waitFor(() => expect(changes).toBeGreaterThan(0), 10_000)
  expect(await client.callTool({ name: 'b' })).toMatchObject({ content: [{ text: 'from b' }] })
  const before = changes
  await writeFile(join(folder, 'a.ts'), 'export default {')
  await vi.waitFor(() => expect(changes).toBeGreaterThan(before), 10_000)
  expect(await names()).toContain('b')
  expect(await names()).not.toContain('a')
  expect(await client.callTool({ name: 'b' })).toMatchObject({ content: [{ text: 'from b' }] })
  await client.close()
})

test('a long command is an ordinary tool over MCP, with progress, and a job over /cmd', async () => {
  const client = await connect('sse', system.url)
  const told: unknown[] = []
  const onprogress = (progress: unknown) => told.push(progress)
  const result = await client.callTool({ name: 'long_task', arguments: { seconds: 1 } }, undefined, { onprogress })
  expect(result.structuredContent).toEqual({ seconds: 1 })
  expect(told).toContainEqual({ progress: 0, total: 1, message: '0 of 1 s' })
  await client.close()
  const body = JSON.stringify({ command: 'long_task', params: { seconds: 0, max_wait_time: 20 } })
  const answer = (await (await fetch(`${system.url}/cmd`, { method: 'POST', body })).json()) as { result: Json }
  expect(answer.result).toMatchObject({ success: true, status: 'completed', result: { seconds: 0 }, progress: 100 })
})

test('our own commands are as complete as strict mode wants those of others', async () => {
  const readRun = createReadRun(await openJiti(folder))
  const { catalog, settled, health, sessions, jobs, version } = system.yard
  const needs = { catalog, settled, health, sessions, jobs, version } as Partial<Needs> as Needs
  for (const definition of ownCommands(needs))
    expect({ [definition.name]: inspect(definition, readRun) }).toEqual({ [definition.name]: { wrong: [], gaps: [] } })
})

test('every parameter that is missing is named', async () => {
  const client = await connect('http', system.url)
  await writeFile(
    join(folder, 'two.ts'),
    `export default { name: 'two', description: 'D', returns: 'R', run: () => 1, params: {
      x: { type: 'integer', description: 'X', required: true }, y: { type: 'string', description: 'Y', required: true } } }`,
  )
  await vi.waitFor(async () => expect((await client.listTools()).tools.map(({ name }) => name)).toContain('two'), 10_000)
  await client.close()
  const body = JSON.stringify({ command: 'two', params: { x: null } })
  expect(await (await fetch(`${system.url}/cmd`, { method: 'POST', body })).json()).toMatchObject({
    error: { code: -32602, message: 'two: x (integer), y (string) are missing' },
  })
})
