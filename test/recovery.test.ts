/** What is there after the process was killed, or stopped, and started again on the same data directory. */
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { connect, textOf } from './clients.ts'
import { occupy, query } from './fakes/embedded-client.ts'
import { everything, hold, launch, scratch, withCommands } from './launch.ts'
import type { TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 90_000 })

let dataDir: string
beforeEach(async () => {
  dataDir = await scratch()
})

const call = async (server: TestProcess, command: string, params: object) => {
  const response = await fetch(`${server.url()}/cmd`, { method: 'POST', body: JSON.stringify({ command, params }) })
  return response.text()
}

interface Row {
  id: string
  tool_name: string
  status: string
}

const history = () => query<Row>(dataDir, 'select id, tool_name, status from mcp.tool_executions order by id')

async function kill(server: TestProcess): Promise<void> {
  server.signal('SIGKILL')
  expect(await server.exited).toBe(137)
}

test('killed while calls run: the next start has the history, ends what the dead one left running, and serves', async () => {
  const upstream = everything({ stubborn: true })
  const options = { dataDir, file: { mcpServers: { everything: upstream.config }, rate_limit: { requests: 0 } } }
  const first = await launch([], options)
  let asked = 0
  const busy = Array.from({ length: 4 }, async () => {
    for (; first.child.signalCode === null; asked++)
      await call(first, 'everything_echo', { message: String(asked) }).catch(() => {})
  })
  await until('calls are in the history', async () => (await history()).length >= 100)
  const seen = await history()
  await kill(first)
  await Promise.all(busy)
  const orphans = upstream.pids()
  // One that is listed from, and one for the caller.
  expect(orphans).toHaveLength(2)

  const second = await launch([], options)
  expect(upstream.pids().filter((pid) => orphans.includes(pid))).toEqual([])
  expect(new Set(second.logged('orphan ended').map(({ pid }) => pid))).toEqual(new Set(orphans))
  const there = new Map((await history()).map((row) => [row.id, row]))
  expect(seen.filter(({ id }) => !there.has(id))).toEqual([])

  const client = await connect('http', second.url())
  onTestFinished(() => client.close())
  expect(textOf(await client.callTool({ name: 'everything_echo', arguments: { message: 'again' } }))).toContain('again')
  second.signal('SIGTERM')
  expect(await second.exited).toBe(0)
  expect(upstream.pids()).toEqual([])
})

test('stopped in order: every call that was answered is in the history, the one that was drained too', async () => {
  const first = await launch(withCommands, { dataDir })
  const held = hold(await scratch())
  const drained = call(first, 'wait', held.arguments)
  await until('the command runs', held.running)
  const answers = Array.from({ length: 50 }, (_, number) => call(first, 'echo', { message: String(number) }))
  await Promise.all(answers)
  first.signal('SIGTERM')
  await until('the stop begins', () => first.logged('stopping').length > 0)
  held.release()
  expect(await drained).toContain('released')
  expect(await first.exited).toBe(0)

  await launch([], { dataDir })
  const rows = await history()
  expect(rows.filter(({ tool_name, status }) => tool_name === 'echo' && status === 'ok')).toHaveLength(50)
  expect(rows.filter(({ tool_name, status }) => tool_name === 'wait' && status === 'ok')).toHaveLength(1)
})

test('audit: strict commits that a call began before it runs, and a kill in the middle leaves it begun', async () => {
  const first = await launch([...withCommands, '--audit', 'strict'], { dataDir })
  const held = hold(await scratch())
  const letGo = await occupy(dataDir)
  const answer = call(first, 'wait', held.arguments).catch(() => 'no answer')
  // The database is busy, so there is no row, so the command must not run, however much else the process has had time for.
  for (let look = 0; look < 50; look++) expect((await fetch(`${first.url()}/health/live`)).status).toBe(200)
  expect(held.running()).toBe(false)
  await letGo()
  await until('the command runs', held.running)
  const begun = await history()
  expect(begun).toMatchObject([{ tool_name: 'wait', status: 'started' }])
  await kill(first)
  expect(await answer).toBe('no answer')

  await launch(['--audit', 'strict'], { dataDir })
  expect(await history()).toEqual(begun)
})
