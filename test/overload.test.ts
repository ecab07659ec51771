/** What happens when there is more to do than the process can: new work is refused at once, what runs goes on, and it ends by itself. */
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Json } from '../app/call.ts'
import { openOverload } from '../app/overload.ts'
import { packageRoot } from '../app/root.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

/** Keeps this process busy. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('the event loop', () => {
  test('that is late again and again is noticed, said once, and over soon after', async () => {
    const log = collectedLog()
    const overload = openOverload(0.05, log)
    try {
      for (let n = 0; n < 10 && !overload.on; n++) {
        block(300)
        await turn()
      }
      expect(overload.on).toBe(true)
      expect(overload.refusal()).toMatchObject({ code: 'unavailable', data: { retry_after: 1 } })
      expect(overload.check()).toMatchObject({
        status: 'degraded',
        detail: expect.stringMatching(/^late by \d+ ms: new work is refused$/),
      })
      await until('it is over', () => !overload.on)
      await until('health forgets it', () => overload.check().status === 'ok')
      expect(log.of('overloaded')).toHaveLength(1)
    } finally {
      overload.stop()
    }
  })

  test('that pauses once refuses nobody', async () => {
    const overload = openOverload(0.2, collectedLog())
    try {
      block(600)
      await turn()
      expect(overload.on).toBe(false)
    } finally {
      overload.stop()
    }
  })

  test('is not looked at where the setting is 0', async () => {
    const overload = openOverload(0, collectedLog())
    for (let n = 0; n < 4; n++) {
      block(150)
      await turn()
    }
    expect(overload.on).toBe(false)
  })
})

describe('a server whose event loop is late', () => {
  let directory: string
  let server: TestProcess
  let socket: WebSocket
  let running: Promise<Response>
  const released = () => writeFileSync(join(directory, 'released'), '')
  const said: Json[] = []

  const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const post = (path: string, body: unknown, base = server.url()) =>
    fetch(base + path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  const echo = () => post('/cmd', { command: 'echo', params: { message: 'hi' } })

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchyard-overload-'))
    const commands = join(packageRoot, 'test/fakes/busy-commands')
    server = await startProcess([], { env: { MCP_LOOP_LAG: '200ms', MCP_COMMANDS_DIRECTORY: commands } })
    socket = new WebSocket(`${server.url().replace('http', 'ws')}/ws`, 'mcp')
    socket.on('message', (data) => said.push(JSON.parse(String(data)) as Json))
    await new Promise((resolve) => socket.once('open', resolve))
    const clientInfo = { name: 'test', version: '1' }
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }))
    await until('the session is open', () => said.length === 1)
    running = post('/cmd', { command: 'block', params: { until: join(directory, 'released') } })
    await until('it is noticed', async () => (await echo()).status === 503)
  }, 60_000)
  afterAll(async () => {
    released()
    socket?.terminate()
    await server?.clean()
    await rm(directory, { recursive: true, force: true })
  })

  // First: after ten seconds of it readiness says no.
  test('answers probes and Prometheus, and says why it is degraded', async () => {
    for (const path of ['/health/live', '/health/ready']) expect((await fetch(server.url() + path)).status).toBe(200)
    const health = await (await fetch(`${server.url()}/health`)).json()
    expect(health).toMatchObject({ status: 'degraded', components: { event_loop: { status: 'degraded' } } })
    const metrics = await (await fetch(`${server.url()}/metrics`)).text()
    expect(Number(/^switchyard_overload_refused (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0)
  })

  test.each([
    ['POST /mcp', () => post('/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' })],
    ['GET /sse', () => fetch(`${server.url()}/sse`)],
    ['POST /cmd', echo],
    ['POST /api/commands/echo', () => post('/api/commands/echo', { message: 'hi' })],
    ['GET /openapi.json', () => fetch(`${server.url()}/openapi.json`)],
    ['POST /register', () => post('/register', { server_id: 'a', server_url: 'http://127.0.0.1:1' })],
    ['a sign-in', () => post('/api/v1/auth/login', { name: 'ada', password: 'x' }, server.adminUrl())],
  ])('refuses %s, and says when to try again', async (_, ask) => {
    const response = await ask()
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await response.text()).toContain('the server has more to do than it can: try again in 1 s')
  })

  test('refuses a call in a session that is open', async () => {
    const params = { name: 'echo', arguments: { message: 'hi' } }
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params }))
    await until('there is an answer', () => said.some(({ id }) => id === 2))
    expect(said.find(({ id }) => id === 2)).toMatchObject({ error: { data: { code: 'unavailable', retry_after: 1 } } })
  })

  // Last, because it ends it.
  test('goes on with what has begun, and takes new work as soon as it has caught up', async () => {
    released()
    expect(await (await running).json()).toMatchObject({ result: { success: true } })
    await until('it takes work', async () => (await echo()).status === 200)
    await until('it is well', async () => ((await (await fetch(`${server.url()}/health`)).json()) as Json).status === 'healthy')
  })
})
