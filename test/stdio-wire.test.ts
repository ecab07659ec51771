/** What is promised about talking to a child over its stdin and stdout. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setImmediate as tick } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Json } from '../app/call.ts'
import { isAlive, startTimeOf } from '../app/process-table.ts'
import { type Child, spawnChild } from '../app/upstreams/child/supervisor.ts'
import { openStdioWire } from '../app/upstreams/mcp/stdio-wire.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { memoryLedger } from './fakes/ledgers.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

let ledger: ReturnType<typeof memoryLedger>
let log: ReturnType<typeof collectedLog>
let children: Child[]

beforeEach(() => {
  ledger = memoryLedger()
  log = collectedLog()
  children = []
})

afterEach(async () => {
  await Promise.all(children.map((child) => child.stop()))
  expect(ledger.rows.size).toBe(0)
})

async function start(command: string, args: string[]): Promise<Child> {
  const spec = { upstream: 'files', command, args, env: {}, cwd: null }
  const child = await spawnChild(spec, { ledger, log, baseEnv: process.env })
  children.push(child)
  return child
}

/** A wire to a child, with everything that comes out of it. */
function open(child: Child, options: { maxMessage?: number; message?: (message: Json) => void } = {}) {
  const messages: Json[] = []
  const errors: Error[] = []
  const failed = vi.fn()
  const closed = vi.fn()
  const { message = (one) => void messages.push(one), maxMessage } = options
  const events = { message, failed, error: (error: Error) => void errors.push(error), closed }
  const wire = openStdioWire({ child, log, maxMessage, events })
  return { child, wire, messages, errors, failed, closed }
}

async function connect(script: string, options: Parameters<typeof open>[1] = {}) {
  const opened = open(await start('sh', ['-c', script]), options)
  await opened.wire.start()
  return opened
}

const ping = (id: number): Json => ({ jsonrpc: '2.0', id, method: 'ping' })
const note = (text: string): Json => ({ jsonrpc: '2.0', method: 'note', params: { text } })

test('an SDK client lists and calls the tools of a real server', async () => {
  const server = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js')
  const child = await start(process.execPath, [server, 'stdio'])
  const { wire } = open(child, { message: (message) => transport.onmessage?.(message as unknown as JSONRPCMessage) })
  const transport: Transport = {
    start: () => wire.start(),
    send: (message) => wire.send(message as unknown as Json),
    close: () => wire.close(),
  }
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo')
  expect(await client.callTool({ name: 'echo', arguments: { message: 'grüß dich' } })).toMatchObject({
    content: [{ type: 'text', text: 'Echo: grüß dich' }],
  })
  await client.close()
})

test('200 connections, half of them killed, leave no process and no ledger row', async () => {
  const started: { pid: number; startTime: string }[] = []
  for (let id = 0; id < 200; id++) {
    const child = await start('cat', [])
    started.push({ pid: child.pid, startTime: startTimeOf(child.pid)! })
    let hear: (message: Json) => void = () => {}
    const answer = new Promise((resolve) => {
      hear = resolve
    })
    const { wire } = open(child, { message: (message) => hear(message) })
    await wire.start()
    await wire.send(ping(id))
    expect(await answer).toEqual(ping(id))
    if (id % 2 === 0) process.kill(child.pid, 'SIGKILL')
    await wire.close()
  }
  expect(started.filter(({ pid, startTime }) => isAlive(pid, startTime))).toEqual([])
  expect(ledger.rows.size).toBe(0)
})

test('banners and debug output on stdout are passed over and can be seen in the log', async () => {
  const { child, messages } = await connect(
    `echo 'Welcome!'; echo; echo 42; echo '"ready"'; echo null; echo '{"jsonrpc":"2.0","id":1,"method":"ping"}'`,
  )
  await child.ended
  expect(messages).toEqual([ping(1)])
  const lines = log.of('upstream wrote to stdout what is no message').map(({ fields }) => fields.line)
  expect(lines).toEqual(['Welcome!', '42', '"ready"', 'null'])
})

test('a message above the bound is dropped and the next one arrives', async () => {
  const { wire, messages } = await connect('cat', { maxMessage: 100_000 })
  await wire.send(note('x'.repeat(300_000)))
  await wire.send(ping(2))
  await until('one has come', () => messages.length > 0)
  expect(messages).toEqual([ping(2)])
  expect(log.of('upstream message dropped: too long')).toMatchObject([
    { level: 'warn', fields: { upstream: 'files', max: 100_000 } },
  ])
})

test.each<[string, (result: string) => string, string | undefined]>([
  ['in front', (result) => `{"jsonrpc": "2.0", "id": "s7", "result": ${result}}`, 's7'],
  ['behind', (result) => `{"result":${result},"jsonrpc":"2.0","id":"s12"}`, 's12'],
  ['behind, as another server writes it', (result) => `{"result":${result}, "id" : "s12" }\r`, 's12'],
  ['nowhere', (result) => `{"result":${result}}`, undefined],
  ['of somebody else', (result) => `{"result":${result},"id":"x1"}`, undefined],
  ['inside the result', (result) => `{"result":{"id":"s1","text":${result}},"method":"note"}`, undefined],
])('whoever waits for an answer that is too long is told, where its id stands %s', async (_, line, id) => {
  const { child, failed } = await connect(`printf '%s\\n' '${line(JSON.stringify('x'.repeat(2_000)))}'`, { maxMessage: 1_000 })
  await child.ended
  const dropped = () => log.of('upstream message dropped: too long').length
  await until('it is dropped', () => dropped() > 0)
  expect(dropped()).toBe(1)
  expect(failed.mock.calls.map(([from]) => from)).toEqual(id === undefined ? [] : [id])
  for (const [, error] of failed.mock.calls) expect(error.message).toContain('larger than 1000 bytes')
})

test('a large message with characters of several bytes arrives whole', async () => {
  const { wire, messages } = await connect('cat')
  const large = note('жёлтый 車 🚃 '.repeat(200_000))
  await wire.send(large)
  await until('it has come', () => messages.length > 0)
  expect(messages).toEqual([large])
})

test('a last message without a newline arrives', async () => {
  const { child, messages } = await connect(`printf '{"jsonrpc":"2.0","id":9,"method":"ping"}'`)
  await child.ended
  expect(messages).toEqual([ping(9)])
})

test('the messages of a batch arrive one by one', async () => {
  const { child, messages } = await connect(`echo '${JSON.stringify([ping(1), ping(2)])}'`)
  await child.ended
  expect(messages).toEqual([ping(1), ping(2)])
})

test('a handler that throws does not cost the messages after it', async () => {
  const seen: Json[] = []
  const { wire, errors } = await connect('cat', {
    message(message) {
      if (seen.push(message) === 1) throw new Error('first')
    },
  })
  await wire.send(ping(1))
  await wire.send(ping(2))
  await until('both have come', () => seen.length > 1)
  expect(seen).toEqual([ping(1), ping(2)])
  expect(errors.map(({ message }) => message)).toEqual(['first'])
})

test('the end is told once, with the last words of the child', async () => {
  const { child, wire, closed } = await connect('echo one >&2; echo "licence has expired" >&2; exit 2')
  await child.ended
  expect(closed).toHaveBeenCalledTimes(1)
  expect(child.lastWords).toEqual(['one', 'licence has expired'])
  await wire.close()
  expect(closed).toHaveBeenCalledTimes(1)
})

test('sending to a child that has ended is refused', async () => {
  const { child, wire } = await connect('exit 0')
  await child.ended
  await expect(wire.send(ping(1))).rejects.toMatchObject({ code: 'upstream_away', message: 'files is not running' })
})

test('a child that closes its stdin does not harm us', async () => {
  const { child, wire, messages } = await connect(`exec 0<&-; echo '{"jsonrpc":"2.0","id":1,"method":"ping"}'; exec sleep 600`)
  await until('it has spoken', () => messages.length === 1)
  await wire.send(note('x'.repeat(200_000)))
  await until('it is noticed', () => !child.stdin.writable)
  await expect(wire.send(ping(2))).rejects.toThrow('files is not running')
})

test('sending waits while the child does not read, and is refused when too much waits', async () => {
  const { child, wire, messages } = await connect(`echo '{"jsonrpc":"2.0","id":0,"method":"ping"}'; kill -STOP $$; exec cat`, {
    maxMessage: 1_000_000,
  })
  await until('it has spoken', () => messages.length > 0)
  await until('it has stopped', () => /\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'latin1')))
  expect(messages).toEqual([ping(0)])
  const large = note('x'.repeat(900_000))
  const sent = vi.fn()
  const both = [wire.send(large).then(sent), wire.send(large).then(sent)]
  await tick()
  expect(sent).not.toHaveBeenCalled()
  await expect(wire.send(ping(1))).rejects.toThrow('files does not read its input; try again later')
  process.kill(child.pid, 'SIGCONT')
  await Promise.all(both)
  await until('all have come', () => messages.length > 2)
  expect(messages).toEqual([ping(0), large, large])
})
