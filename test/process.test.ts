import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import pg from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, connectStdio, textOf, type Wire } from './clients.ts'
import { everything, fakeUpstream, hold, launch, launchUnwatched, scratch, withCommands } from './launch.ts'
import { freshDatabase, withPostgres } from './services.ts'
import type { TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 90_000 })

/** Every way in to a command; each gives the text of the answer, or of the error. */
const ways: Record<string, (server: TestProcess) => Promise<(name: string, args: object) => Promise<string>>> = {
  sse: (server) => throughClient(connect('sse', server.url())),
  http: (server) => throughClient(connect('http', server.url())),
  websocket: (server) => throughClient(connect('websocket', server.url())),
  stdio: (server) => throughClient(connectStdio(server)),
  cmd: async (server) => async (command, params) => {
    const response = await fetch(`${server.url()}/cmd`, { method: 'POST', body: JSON.stringify({ command, params }) })
    return response.text()
  },
}

async function throughClient(connecting: Promise<Client>) {
  const client = await connecting
  onTestFinished(() => client.close())
  return async (name: string, args: object) => {
    try {
      return textOf(await client.callTool({ name, arguments: { ...args } }))
    } catch (error) {
      return String(error)
    }
  }
}

/** What the log says when the time for draining is over. */
const cutOff = 'drain time is over: what still runs is cut off'

const stopping = (server: TestProcess) => until('the stop begins', () => server.logged('stopping').length > 0)

const refused = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  )

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await until('the port is taken', () => other.listening)
  return (other.address() as { port: number }).port
}

describe('start', () => {
  test('opens both ports, and says which it took', async () => {
    const server = await launch()
    expect(server.url()).not.toBe(server.adminUrl())
    for (const url of [server.url(), server.adminUrl()]) expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  })

  test.each(['--port', '--admin-port'])('with %s taken by somebody else ends with 1 and one line that says so', async (flag) => {
    const port = await takenPort()
    const upstream = everything()
    const dataDir = await scratch()
    const server = await launch([flag, String(port)], { file: { mcpServers: { everything: upstream.config } }, dataDir })

    expect(await server.exited).toBe(1)
    const about = server
      .stderr()
      .split('\n')
      .filter((line) => line.includes(String(port)))
    expect(about).toHaveLength(1)
    expect(about[0]).toContain(`port ${port} on 127.0.0.1 is taken by another process`)
    expect(about[0]).toContain(flag)
    expect(server.stderr()).not.toMatch(/^\s+at |"stack"/m)
    expect(upstream.pids()).toEqual([])
    expect(readdirSync(dataDir)).toEqual(['postgresql'])
  })

  test('with a wrong configuration ends with 78 and names every problem', async () => {
    const server = await launch(['--transport', 'smoke', '--log-level', 'loud'], {
      env: { RATE_LIMIT_REQUESTS: '-1' },
      file: { server: { hots: '127.0.0.1' } },
    })
    expect(await server.exited).toBe(78)
    for (const word of ['smoke', 'loud', '-1', 'hots']) expect(server.stderr()).toContain(word)
    expect(server.stdout()).toBe('')
  })

  test('is given up at a signal, whatever it is doing just then, and leaves nothing behind', async () => {
    const upstream = everything()
    const file = { mcpServers: { everything: upstream.config } }
    const dataDir = await scratch()
    const first = await launch(withCommands, { file, dataDir })
    const wholeStart = Number(first.logged('ready')[0]?.ms)
    first.signal('SIGTERM')
    expect(await first.exited).toBe(0)

    const random = seeded(20_260_101)
    for (let round = 0; round < 15; round++) {
      // Every other round is a first start, which has more to do.
      const place = round % 2 === 0 ? dataDir : await scratch()
      const server = await launchUnwatched(withCommands, { file, dataDir: place })
      await sleep(random() * wholeStart * 1.2)
      server.signal('SIGTERM')
      const code = await server.exited
      const moment = `round ${round}: ${server.stderr()}`
      // Before the first line nothing was open, and nothing had to be closed.
      expect(code, moment).toBe(server.logged('starting').length > 0 ? 0 : 143)
      expect(server.stderr(), moment).not.toMatch(/"level":"(warn|error)"/)
      expect(upstream.pids(), moment).toEqual([])
      expect(['', 'postgresql'], moment).toContain(readdirSync(place).join())
    }

    const last = await launch(withCommands, { file, dataDir })
    expect(last.logged('ready')).toHaveLength(1)
    expect(last.logged('orphan ended')).toEqual([])
  }, 180_000)
})

withPostgres()('waits for another replica that migrates, and can be stopped meanwhile', async () => {
  const { url, drop } = await freshDatabase()
  onTestFinished(drop)
  const other = new pg.Client(url)
  await other.connect()
  onTestFinished(() => other.end())
  await other.query('select pg_advisory_lock(7190265021)')
  const server = await launchUnwatched([], { env: { DATABASE_URL: url } })
  await until('the server waits', async () => {
    const { rows } = await other.query("select 1 from pg_stat_activity where application_name = 'switchyard migrate'")
    return rows.length > 0
  })

  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  expect(server.logged(cutOff)).toEqual([])
  expect(server.logged('ready')).toEqual([])
})

/** The same numbers in each run (mulberry32). */
function seeded(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

describe('stop', () => {
  test.each(Object.keys(ways))('an answer in flight over %s is delivered, though the port is closed by then', async (way) => {
    const server = await launch(['--transport', 'both', ...withCommands])
    const call = await ways[way]!(server)
    const held = hold(await scratch())
    const answer = call('wait', held.arguments)
    await until('the command runs', held.running)

    server.signal('SIGTERM')
    await until('the port is closed, and only what is in flight is waited for', () => refused(server.url()))
    held.release()
    expect(await answer).toContain('released')
    expect(await server.exited).toBe(0)
  })

  test.each(['SIGINT', 'SIGHUP'] as const)('%s ends the process in order too', async (signal) => {
    const server = await launch()
    server.signal(signal)
    expect(await server.exited).toBe(0)
    expect(server.logged('stopped')).toHaveLength(1)
  })

  test('readiness says no while the ports still answer, and connections are to be closed', async () => {
    const server = await launch([], { env: { MCP_STOP_DELAY: '2' } })
    const ready = `${server.url()}/health/ready`
    expect((await fetch(ready)).status).toBe(200)
    server.signal('SIGTERM')
    await stopping(server)

    const response = await fetch(ready)
    expect(response.status).toBe(503)
    expect(response.headers.get('connection')).toBe('close')
    expect((await fetch(`${server.url()}/health/live`)).status).toBe(200)
    expect(await server.exited).toBe(0)
  })

  test('does not wait for streams on which nothing is asked', async () => {
    const server = await launch()
    for (const wire of ['sse', 'http', 'websocket'] satisfies Wire[]) {
      const client = await connect(wire, server.url())
      onTestFinished(() => client.close())
      await client.ping()
    }
    await fetch(`${server.adminUrl()}/health/live`) // leaves a connection that is kept alive
    await openSleepingWebSocket(server.url())

    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(server.logged(cutOff)).toEqual([])
  })

  test('does not wait for an upstream that is slow to tell its tools', async () => {
    const slow = fakeUpstream({ silent: true })
    const server = await launch([], { file: { mcpServers: { slow: slow.config } } })
    await until('it is asked', () => slow.pids().length > 0)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(server.logged(cutOff)).toEqual([])
    expect(slow.pids()).toEqual([])
  })

  test('cuts off what never ends, says so to whoever waits, and is done, even with an upstream that does not want to leave', async () => {
    const stubborn = everything({ stubborn: true })
    const file = { mcpServers: { stubborn: stubborn.config } }
    const server = await launch(['--transport', 'both', ...withCommands], { file })
    const directory = await scratch()
    const answers: Record<string, Promise<string>> = {}
    for (const [way, connectBy] of Object.entries(ways)) {
      const held = hold(directory, way)
      answers[way] = (await connectBy(server))('hang', held.arguments)
      await until(`the command runs for ${way}`, held.running)
    }

    server.signal('SIGTERM')
    for (const [way, answer] of Object.entries(answers)) {
      expect(await answer, way).toContain('hang was cut off: the server is stopping')
    }
    expect(await server.exited).toBe(0)
    expect(server.logged(cutOff)).toHaveLength(1)
    expect(server.stderr()).not.toContain('"level":"error"')
    await until('it has left all the same', () => stubborn.pids().length === 0)
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s ends the process at once', async (signal, code) => {
    const upstream = everything()
    const server = await launch(withCommands, { file: { mcpServers: { everything: upstream.config } } })
    const held = hold(await scratch())
    const call = await ways.cmd!(server)
    call('hang', held.arguments).catch(() => {})
    await until('the command runs', held.running)

    server.signal('SIGTERM')
    await stopping(server)
    await until('nobody can take the next signal for the same one', () => age(server, 'stopping') > 1_000)
    server.signal(signal)
    expect(await server.exited).toBe(code)
    await until('its upstreams end with it', () => upstream.pids().length === 0)
  })

  test('the same signal again within a moment, as npm passes Ctrl-C on, is one', async () => {
    const server = await launch(withCommands)
    const held = hold(await scratch())
    const answer = (await ways.cmd!(server))('wait', held.arguments)
    await until('the command runs', held.running)

    // As fast as they can be sent: of some at the same moment the kernel makes one by itself.
    while (server.logged('stopping').length === 0) {
      server.signal('SIGINT')
      await setImmediate()
    }
    held.release()
    expect(await answer).toContain('released')
    expect(await server.exited).toBe(0)
  })
})

/** A WebSocket whose client has fallen asleep: it answers nothing, not even a goodbye. */
async function openSleepingWebSocket(url: string): Promise<void> {
  const { port } = new URL(url)
  const socket = createConnection({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nSec-WebSocket-Protocol: mcp\r\n\r\n`,
  )
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toContain('101 Switching Protocols')
}

/** Milliseconds since the log said so. */
const age = (server: TestProcess, event: string) => Date.now() - Date.parse(String(server.logged(event)[0]?.time))

test('a promise that a command leaves behind and that fails ends nothing', async () => {
  const server = await launch(withCommands)
  const call = await ways.cmd!(server)
  expect(await call('stray', {})).toContain('left')
  await until('it has failed', () => server.logged('unhandled rejection').length > 0)
  expect(await call('echo', { message: 'still here' })).toContain('still here')
})
