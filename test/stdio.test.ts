import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { connect, connectStdio, textOf } from './clients.ts'
import { hold, launch, scratch, withCommands } from './launch.ts'
import { freePort } from './services/free-port.ts'
import type { StartOptions, TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 90_000 })

/** Serves stdio alone, as a client starts it. */
const alone = (options?: StartOptions) => launch(['--transport', 'stdio', '--no-admin', ...withCommands], options)
const both = (options?: StartOptions) => launch(['--transport', 'both', ...withCommands], options)

interface Message {
  jsonrpc: string
  id?: number | string
  method?: string
  result?: Record<string, unknown>
  error?: { code: number; message: string; data: { code: string } }
}

/** Everything on stdout so far. Fails where a line is not JSON-RPC. */
function messages(server: TestProcess): Message[] {
  const lines = server.stdout().split('\n')
  expect(lines.pop(), 'what follows the last newline').toBe('')
  return lines.map((line) => {
    const message = JSON.parse(line) as Message
    expect(message.jsonrpc, line).toBe('2.0')
    return message
  })
}

const answerTo = (server: TestProcess, id: number) => messages(server).find((message) => message.id === id)

function send(server: TestProcess, ...lines: (object | string)[]): void {
  for (const line of lines) server.child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
}

const ask = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params })
const toolCall = (id: number, name: string, args: object = {}) => ask(id, 'tools/call', { name, arguments: args })

async function isServed(server: TestProcess): Promise<void> {
  for (const url of [server.url(), server.adminUrl()]) expect((await fetch(`${url}/health/ready`)).status).toBe(200)
  const client = await connect('sse', server.url())
  onTestFinished(() => client.close())
  expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'hello' } }))).toContain('hello')
}

describe('stdout', () => {
  test('has nothing but JSON-RPC from start to stop, whatever commands print and whatever fails', async () => {
    const server = await alone()
    const client = await connectStdio(server)
    expect(textOf(await client.callTool({ name: 'print' }))).toBe('printed')
    await expect(client.callTool({ name: 'echo' })).resolves.toMatchObject({ isError: true })
    await expect(client.callTool({ name: 'no_such_tool' })).rejects.toThrow('no_such_tool')
    send(server, 'this is not JSON')
    await client.ping()
    server.signal('SIGTERM')

    expect(await server.exited).toBe(0)
    const methods = messages(server).map(({ method }) => method)
    expect(methods).not.toContain('notifications/forged')
    for (const printed of ['while loading', 'with console.log', 'on stdout', 'on stderr']) {
      expect(server.stderr()).toContain(`printed ${printed}`)
    }
  })

  test('has nothing at all where the server does not serve stdio', async () => {
    const server = await launch(withCommands)
    const client = await connect('http', server.url())
    onTestFinished(() => client.close())
    expect(textOf(await client.callTool({ name: 'print' }))).toBe('printed')
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(server.stdout()).toBe('')
    expect(server.stderr()).toContain('printed with console.log')
  })

  test('has nothing when the start fails', async () => {
    const server = await launch(['--transport', 'stdio', '--commands', '/nowhere/at/all'])
    expect(await server.exited).toBe(1)
    expect(server.stdout()).toBe('')
    expect(server.stderr()).toContain('/nowhere/at/all')
  })

  test('that nobody reads is waited for, and harms no server beside it', async () => {
    const server = await both({ file: { rate_limit: { requests: 0 } } })
    server.child.stdout.pause()
    const calls = 200
    for (let id = 1; id <= calls; id++) send(server, toolCall(id, 'echo', { message: 'x'.repeat(100_000) }))
    await isServed(server)
    // The server has stopped reading: most of it still waits on our side.
    for (let look = 0; look < 50; look++) expect((await fetch(`${server.url()}/health/live`)).status).toBe(200)
    expect(server.child.stdin.writableLength).toBeGreaterThan(5_000_000)

    server.child.stdout.resume()
    await until('every call is answered', () => server.stdout().split('\n').length > calls)
    expect(messages(server)).toHaveLength(calls)
  })
})

describe('a line', () => {
  test('that is no message is answered, and the next one works', async () => {
    const server = await alone()
    send(
      server,
      '{"jsonrpc":',
      '"text"',
      '[]',
      { jsonrpc: '1.0', id: 4, method: 'ping' },
      { jsonrpc: '2.0', id: null, method: 'ping' },
      '',
    )
    send(server, ask(9, 'ping'))
    await until('the last one is answered', () => answerTo(server, 9))

    expect(messages(server).map(({ error }) => error?.data.code)).toEqual([
      'parse_error',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      'invalid_request',
      undefined,
    ])
    expect(answerTo(server, 4)?.error?.message).toContain('"jsonrpc": "2.0"')
    expect(answerTo(server, 9)?.result).toEqual({})
  })

  test('that is too long is refused, and the next one works', async () => {
    const server = await alone({ file: { limits: { body: '64KiB' } } })
    const long = 'x'.repeat(200_000)
    send(server, toolCall(1, 'echo', { message: long }), ask(2, 'ping'))
    await until('the next one is answered', () => answerTo(server, 2))
    const [refused] = messages(server)
    expect(refused?.error?.data).toEqual({ code: 'too_large', limit: 65_536 })
    expect(refused?.error?.message).toMatch(/a line may have 65536 bytes, this one had 200\d\d\d/)
  })

  test('may come in pieces, and end as on Windows', async () => {
    const server = await alone()
    const message = Buffer.from(`${JSON.stringify(toolCall(1, 'echo', { message: 'Grüße' }))}\r\n`)
    const inside = message.indexOf('ü') + 1
    server.child.stdin.write(message.subarray(0, inside))
    await gone(server)
    server.child.stdin.write(message.subarray(inside))
    await until('it is answered', () => answerTo(server, 1))
    expect(JSON.stringify(answerTo(server, 1))).toContain('Grüße')
  })
})

/** Lets the first piece arrive by itself: once stdin is empty here, it has gone out. */
const gone = (server: TestProcess) => until('the piece has gone out', () => server.child.stdin.writableLength === 0)

describe('the end of stdin', () => {
  test('ends a process that serves stdio alone, after what is in flight was answered', async () => {
    const server = await alone()
    const held = hold(await scratch())
    send(server, toolCall(1, 'wait', held.arguments))
    await until('the command runs', held.running)
    server.child.stdin.end()
    held.release()

    expect(await server.exited).toBe(0)
    expect(JSON.stringify(answerTo(server, 1)?.result)).toContain('released')
  })

  test('answers a last line that has no newline', async () => {
    const server = await alone()
    server.child.stdin.end(JSON.stringify(ask(1, 'ping')))
    expect(await server.exited).toBe(0)
    expect(answerTo(server, 1)?.result).toEqual({})
  })

  test('leaves the servers beside it alive', async () => {
    const server = await both()
    send(server, ask(1, 'ping'))
    server.child.stdin.end()
    await until('the last line is answered', () => answerTo(server, 1))
    await isServed(server)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  })
})

describe('a closed stdout', () => {
  test('ends a process that serves stdio alone', async () => {
    const server = await alone()
    server.child.stdout.destroy()
    send(server, ask(1, 'ping'))
    expect(await server.exited).toBe(0)
    expect(server.logged('stopped')).toHaveLength(1)
  })

  test('does not harm the servers beside it, whatever is asked on stdin', async () => {
    const server = await both()
    server.child.stdout.destroy()
    for (let id = 1; id <= 20; id++) send(server, toolCall(id, 'print'))
    await until('the server has noticed', () => server.logged('stdout closed').length > 0)
    await isServed(server)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  })

  test('is nothing to a server that does not serve stdio, and neither is a closed stderr', async () => {
    const server = await launch(withCommands)
    const { stdout, stderr } = server.child
    stdout.destroy()
    stderr.destroy()
    const client = await connect('sse', server.url())
    onTestFinished(() => client.close())
    for (let round = 0; round < 3; round++) expect(textOf(await client.callTool({ name: 'print' }))).toBe('printed')
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
  })
})

describe('a sibling with the same data directory and the same ports', () => {
  const portOf = (url: string) => new URL(url).port

  async function serves(server: TestProcess): Promise<void> {
    const client = await connectStdio(server)
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'hello' } }))).toContain('hello')
  }

  test.each(['both', 'stdio'])('that is started with %s serves it, and leaves the first alone', async (transport) => {
    const dataDir = await scratch()
    const first = await both({ dataDir })
    const ports = ['--port', portOf(first.url()), '--admin-port', portOf(first.adminUrl())]
    const second = await launch(['--transport', transport, ...ports], { dataDir })
    await serves(second)
    expect(second.logged('port not opened, stdio goes on without it')).toHaveLength(transport === 'both' ? 2 : 1)
    second.child.stdin.end()
    expect(await second.exited).toBe(0)
    await isServed(first)
  })

  test('that is started in the same moment: both serve stdio, each port belongs to one', async () => {
    const dataDir = await scratch()
    const ports = ['--port', String(await freePort()), '--admin-port', String(await freePort())]
    const two = await Promise.all([1, 2].map(() => launch(['--transport', 'both', ...ports], { dataDir })))
    await Promise.all(two.map(serves))
    for (const urlOf of [(one: TestProcess) => one.url(), (one: TestProcess) => one.adminUrl()]) {
      expect(two.filter((one) => urlOf(one) !== '')).toHaveLength(1)
    }
    for (const one of two) one.signal('SIGTERM')
    expect(await Promise.all(two.map(({ exited }) => exited))).toEqual([0, 0])
  })
})
