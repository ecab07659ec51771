/** `switchyard check`, with a real server and real upstreams: each row tells of its own thing and of nothing else. */
import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { Finding } from '../app/cli/probe.ts'
import { everything, type Home, openHome } from './program.ts'
import { freePort } from './services/free-port.ts'
import { startProcess, type TestProcess } from './start.ts'

// Each of these is a process or more, with a database in it, on a machine that others use too.
vi.setConfig({ testTimeout: 120_000 })

let home: Home
let server: TestProcess
let ports: string[]
const run: Home['run'] = (...given) => home.run(...given)
beforeAll(async () => {
  home = await openHome()
  server = await startProcess([], { file: { mcpServers: { everything } } })
  ports = ['--port', new URL(server.url()).port, '--admin-port', new URL(server.adminUrl()).port]
})
afterAll(async () => {
  await server.clean()
  await home.remove()
})
afterEach(async () => {
  expect((await home.files()).filter((name) => name.startsWith('switchyard-check'))).toEqual([])
})

const rowsOf = (stdout: string): Record<string, Finding> =>
  Object.fromEntries((JSON.parse(stdout) as { rows: Finding[] }).rows.map((finding) => [finding.name, finding]))

test('finds everything in order where everything is', async () => {
  const { code, stdout, stderr } = await run(['check', ...ports], { file: { mcpServers: { everything } } })
  expect(stdout.split('\n').filter((line) => line.startsWith('ok '))).toHaveLength(6)
  expect(stdout).toMatch(/^ok +server .*healthy/m)
  expect(stdout).toMatch(/^ok +sse +MCP over SSE +\d+ ms +\d+ tools, switchyard/m)
  expect(stdout).toMatch(/^ok +stdio +this program +\d+ ms +\d+ tools, switchyard/m)
  expect(stdout).toMatch(/^ok +everything +upstream, stdio +\d+ ms +13 tools, mcp-servers\/everything/m)
  expect(stdout).toMatch(/\n\n6 ok, 0 failed, 0 skipped\n$/)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('a dead upstream fails in its own row alone, with the reason, and the exit code is 1', async () => {
  const port = await freePort()
  const file = {
    mcpServers: { everything, dead: { url: `http://127.0.0.1:${port}/mcp` }, off: { ...everything, disabled: true } },
  }
  const { code, stdout } = await run(['check', '--json', ...ports], { file })
  const rows = rowsOf(stdout)
  expect(rows.dead).toMatchObject({
    state: 'failed',
    detail: `the server cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
  })
  expect(rows.off).toMatchObject({ state: 'skipped', ms: null })
  const others = Object.values(rows).filter(({ name }) => name !== 'dead' && name !== 'off')
  expect(others.map(({ name, state }) => `${name} ${state}`)).toEqual(
    ['server', 'sse', 'http', 'admin', 'stdio', 'everything'].map((name) => `${name} ok`),
  )
  expect(code).toBe(1)
})

test('without a server it says how to start one and tries the rest; --no-server leaves it out', async () => {
  const port = await freePort()
  const line = ['check', '--json', '--port', String(port), '--admin-port', '0']
  const { code, stdout } = await run(line)
  expect(rowsOf(stdout).server).toMatchObject({
    state: 'failed',
    detail: `no server on http://127.0.0.1:${port} (start one with \`switchyard\`)`,
  })
  expect(rowsOf(stdout)).toMatchObject({ sse: { state: 'skipped' }, http: { state: 'skipped' }, stdio: { state: 'ok' } })
  expect(code).toBe(1)
  expect((await run([...line, '--no-server'])).code).toBe(0)
})

test('what listens there and is no Switchyard is told from one', async () => {
  const other = createServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')),
  )
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(other.address() as { port: number }).port}`
    const { code, stdout } = await run(['check', '--json', '--url', url])
    expect(rowsOf(stdout).server).toMatchObject({
      state: 'failed',
      detail: `${url} is no Switchyard: it answers with HTTP 404`,
    })
    expect(code).toBe(1)
  } finally {
    other.close()
  }
})

test('a server that wants a credential is understood as such', async () => {
  const env = { SECRET_KEY: 'k8Zq2Lw0pX5vT1yR7nB4mC9sD3fG6hJ0Tq5Xw8Kd2Nf7' }
  const closed = await startProcess(['--auth', 'required'], { env })
  try {
    const { stdout } = await run(['check', '--json', '--url', closed.url()])
    expect(rowsOf(stdout)).toMatchObject({
      server: { state: 'ok' },
      sse: { state: 'failed', detail: 'the server wants a credential: --token' },
      http: { state: 'failed', detail: 'the server wants a credential: --token' },
    })
    const wrong = await run(['check', '--json', '--url', closed.url(), '--token', 'nonsense'])
    expect(rowsOf(wrong.stdout).http).toMatchObject({ detail: 'the server wants another credential: --token' })
  } finally {
    await closed.clean()
  }
})
