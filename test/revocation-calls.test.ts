/**
 * A key that is revoked by one process ends everything that it holds open in another one, and nothing else. The server runs by itself, this
 * process revokes as another replica would, and nothing but one PostgreSQL lies between them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { WebSocket } from 'ws'
import { day } from '../app/keys/wish.ts'
import { silent } from '../app/log.ts'
import { packageRoot } from '../app/root.ts'
import { type Database, openDatabase } from '../app/store/database.ts'
import { openKeys, secretKey } from './fakes/keys.ts'
import { acceptBoth, call, handshake, post, request } from './fakes/wire.ts'
import { type FreshDatabase, freshDatabase, withPostgres } from './services.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

const test = withPostgres()
let shared: FreshDatabase
let database: Database
let replica: TestProcess
let place: string

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'switchyard-revocation-'))
  shared = await freshDatabase()
  const env = { DATABASE_URL: shared.url, SECRET_KEY: secretKey }
  const directory = join(packageRoot, 'test', 'fakes', 'commands')
  replica = await startProcess(['--auth', 'required'], { env, file: { commands: { commands_directory: directory } } })
  database = await openDatabase({ url: shared.url, poolSize: 2, dataDir: '', log: silent })
}, 120_000)
afterAll(async () => {
  await replica?.clean()
  await database?.stop()
  await shared?.drop()
  await rm(place, { recursive: true, force: true })
})

/** Everything that one key can hold open, each told by what it said when it ended. */
async function openAll(key: string) {
  const headers = { authorization: `Bearer ${key}` }
  const url = replica.url()
  const ended: Record<string, string> = {}
  /** An answer that comes when it ends; what still waits when the test is over is broken off with the process. */
  function take(what: string, asked: Promise<Response>): void {
    const said = async () => {
      const answer = await asked
      return `${answer.status} ${await answer.text()}`
    }
    const broken = (error: unknown) => `broken off: ${String(error)}`
    void said()
      .catch(broken)
      .then((text) => {
        ended[what] = text
      })
  }

  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, 'mcp', { headers })
  socket.on('error', () => {})
  socket.on('close', (code, reason) => {
    ended.websocket = `${code} ${reason}`
  })
  await new Promise((resolve) => socket.once('open', resolve))
  let heard = ''
  socket.on('message', (data) => {
    heard += data
  })
  socket.send(JSON.stringify(handshake()))
  socket.send(JSON.stringify(call('hang', { file: join(place, `ws-${key.slice(4, 12)}`) }, 'running')))

  take('GET /sse', fetch(`${url}/sse`, { headers }))
  const begun = await post(`${url}/mcp`, handshake(), headers)
  await begun.text()
  const session = { ...headers, 'mcp-session-id': begun.headers.get('mcp-session-id')! }
  take('GET /mcp', fetch(`${url}/mcp`, { headers: { ...session, accept: 'text/event-stream' } }))
  const hang = (name: string) => ({ file: join(place, `${name}-${key.slice(4, 12)}`) })
  take('POST /mcp', post(`${url}/mcp`, call('hang', hang('mcp'), 'running'), session))
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'hand', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const modern = { ...headers, accept: acceptBoth, 'mcp-protocol-version': '2026-07-28' }
  const named = { ...modern, 'mcp-method': 'tools/call', 'mcp-name': 'hang' }
  take('POST /mcp, 2026-07-28', post(`${url}/mcp`, call('hang', hang('modern'), 'running', meta), named))
  const listen = request('subscriptions/listen', { notifications: { toolsListChanged: true }, _meta: meta }, 'listening')
  take('subscriptions/listen', post(`${url}/mcp`, listen, { ...modern, 'mcp-method': 'subscriptions/listen' }))
  take('/cmd', post(`${url}/cmd`, { command: 'hang', params: hang('cmd') }, headers))
  take('REST', post(`${url}/api/commands/hang`, hang('rest'), headers))
  return { ended, session, socket, heard: () => heard }
}

async function running(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/calls_running(?:\{[^}]*\})? (\d+)/.exec(text)?.[1] ?? Number.NaN)
}

test('a revoked key: its WebSocket, its streams, its sessions and its running calls end within the promise; another key notices nothing', async () => {
  const keys = openKeys(database)
  const make = async (name: string) => (await keys.create({ name, scopes: ['read', 'call'], life: day }, 'test')).text
  const [ann, bob] = [await make('ann'), await make('bob')]
  const [hers, his] = [await openAll(ann), await openAll(bob)]
  await until('all calls run', async () => (await running(replica.url())) === 10, 30_000)

  await keys.revoke('ann', 'test')
  await until('everything of hers has ended', () => Object.keys(hers.ended).length === 8, 15_000)
  expect(hers.ended).toEqual({
    websocket: '4401 this key is revoked: ask for another',
    'GET /sse': expect.stringContaining('event: endpoint'),
    'GET /mcp': expect.stringMatching(/^200 /),
    'POST /mcp': expect.stringContaining('this key is revoked'),
    'POST /mcp, 2026-07-28': expect.stringMatching(/^401 .*this key is revoked/),
    'subscriptions/listen': expect.stringContaining('this key is revoked'),
    '/cmd': expect.stringContaining('this key is revoked'),
    REST: expect.stringMatching(/^401 .*this key is revoked/),
  })
  expect(hers.heard()).toContain('this key is revoked')
  await until('her calls are cancelled', async () => (await running(replica.url())) === 5)
  expect(his.ended).toEqual({})
  expect((await post(`${replica.url()}/mcp`, request('ping'), his.session)).status).toBe(200)
  expect((await post(`${replica.url()}/mcp`, request('ping'), hers.session)).status).toBe(401)
  his.socket.terminate()
}, 90_000)
