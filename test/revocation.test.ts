/** What was opened with a credential ends with it, on every replica: sessions, event streams, WebSockets and subscriptions. */
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Json } from '../app/call.ts'
import { secretKey } from './fakes/keys.ts'
import { headersFor, modern } from './fakes/modern.ts'
import { hold, scratch, withCommands } from './launch.ts'
import { type FreshDatabase, freshDatabase, withPostgres } from './services.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const test = withPostgres()

let database: FreshDatabase
let here: TestProcess
let there: TestProcess
let admin: string

beforeAll(async () => {
  database = await freshDatabase()
  const env = { DATABASE_URL: database.url, SECRET_KEY: secretKey }
  const options = { env }
  // On the network everybody needs a credential; the first one is made on the command line, as a person would.
  here = await startProcess(['--host', '0.0.0.0', ...withCommands], options)
  there = await startProcess(['--host', '0.0.0.0', ...withCommands], options)
  admin = await firstKey(env)
})
afterAll(async () => {
  await Promise.all([here?.clean(), there?.clean()])
  await database?.drop()
})

async function firstKey(env: Record<string, string>): Promise<string> {
  const { openHome } = await import('./program.ts')
  const home = await openHome()
  const made = await home.run(['keys', 'create', '--name', 'admin', '--scope', 'read,call,admin'], { env })
  await home.remove()
  return made.stdout.trim()
}

async function command(server: TestProcess, name: string, params: Json): Promise<Json> {
  const headers = { authorization: `Bearer ${admin}` }
  const response = await fetch(`${server.url()}/cmd`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ command: name, params }),
  })
  return ((await response.json()) as { result: { data: Json } }).result.data
}

const makeKey = async (name: string, more: Json = {}) => String((await command(here, 'key_create', { name, ...more })).api_key)

/** Something that stays open, and whether it still is. */
interface Open {
  readonly ended: () => boolean
}

const handshake = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: handshake }

async function openWebSocket(server: TestProcess, key: string): Promise<Open & { readonly socket: WebSocket }> {
  const socket = new WebSocket(`${server.url().replace('http', 'ws')}/ws`, 'mcp', { headers: { authorization: `Bearer ${key}` } })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send(JSON.stringify(initialize))
  await once(socket, 'message')
  return { socket, ended: () => socket.readyState === socket.CLOSED }
}

/** Reads a stream to its end, whichever way that comes. */
async function openStream(url: string, init: RequestInit): Promise<Open & { readonly headers: Headers }> {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const response = await fetch(url, { ...init, signal: abort.signal })
  expect(response.status).toBe(200)
  let over = false
  const reader = response.body!.getReader()
  const read = async (): Promise<void> => {
    const { done } = await reader.read()
    if (!done) return read()
  }
  void read()
    .catch(() => {})
    .finally(() => {
      over = true
    })
  return { headers: response.headers, ended: () => over }
}

const bearer = (key: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${key}`, ...more })
const posted = (key: string, more: Record<string, string> = {}) =>
  bearer(key, { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...more })

/** One of everything that stays open. */
async function openAll(server: TestProcess, key: string): Promise<Record<string, Open>> {
  const url = server.url()
  const begun = await fetch(`${url}/mcp`, { method: 'POST', headers: posted(key), body: JSON.stringify(initialize) })
  await begun.text()
  const session = begun.headers.get('mcp-session-id')!
  const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  return {
    websocket: await openWebSocket(server, key),
    sse: await openStream(`${url}/sse`, { headers: bearer(key) }),
    'stream of a session': await openStream(`${url}/mcp`, {
      headers: bearer(key, { accept: 'text/event-stream', 'mcp-session-id': session }),
    }),
    subscription: await openStream(`${url}/mcp`, {
      method: 'POST',
      headers: posted(key, headersFor(listen)),
      body: JSON.stringify(listen),
    }),
  }
}

const open = (all: Record<string, Open>) => Object.entries(all).flatMap(([name, { ended }]) => (ended() ? [] : [name]))

describe('a key that is revoked on one replica', () => {
  test('ends everything that was opened with it on another, and nothing of anybody else', async () => {
    const [leaving, staying] = [await makeKey('leaving'), await makeKey('staying')]
    const [theirs, others] = [await openAll(there, leaving), await openAll(there, staying)]
    expect(open(theirs)).toHaveLength(4)
    await command(here, 'key_revoke', { key: 'leaving' })
    await until('all of it has ended', () => open(theirs).length === 0, 10_000)
    expect(open(others)).toHaveLength(4)
    expect(there.logged('ended with its credential').length).toBeGreaterThanOrEqual(4)
  })

  test('cancels the calls of its sessions', async () => {
    const key = await makeKey('busy')
    const { socket, ended } = await openWebSocket(there, key)
    const held = hold(await scratch())
    const params = { name: 'wait', arguments: held.arguments }
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params }))
    await until('the command runs', held.running)
    await command(here, 'key_revoke', { key: 'busy' })
    await until('the connection has ended', ended, 10_000)
    const calls = async () =>
      (await command(here, 'executions', { name: 'wait', limit: 10 })).executions as { status: string; errorCode: string }[]
    await until('the call stands in the history as cancelled', async () => (await calls())[0]?.errorCode === 'cancelled')
    held.release()
  })
})

test('a key that expires ends what was opened with it', async () => {
  const key = await makeKey('short', { expires_days: 1 })
  const all = await openAll(there, key)
  const pg = await import('pg')
  const client = new pg.default.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`update mcp.api_keys set expires_at = now() where name = 'short'`)
  await client.end()
  await until('all of it has ended', () => open(all).length === 0, 10_000)
})

test('a session goes on with the credential that was shown last', async () => {
  const [first, second] = [await makeKey('renewed'), await makeKey('renewing')]
  const url = `${there.url()}/mcp`
  const begun = await fetch(url, { method: 'POST', headers: posted(first), body: JSON.stringify(initialize) })
  await begun.text()
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id')! }
  const ping = (key: string) =>
    fetch(url, { method: 'POST', headers: posted(key, session), body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }) })
  // Another key is another caller, for whom the session does not exist; its credential must not keep it open.
  expect((await ping(second)).status).toBe(404)
  await command(here, 'key_revoke', { key: 'renewed' })
  await until('the session is gone', async () => (await ping(first)).status === 401, 10_000)
})
