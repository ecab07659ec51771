/** What API keys are promised to be good for, on a server that everybody can reach. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Caller, Json } from '../app/call.ts'
import { newKeyText } from '../app/keys/text.ts'
import { day } from '../app/keys/wish.ts'
import type { Keys } from '../app/keys.ts'
import { packageRoot } from '../app/root.ts'
import { connect, textOf } from './clients.ts'
import { openKeys, secretKey } from './fakes/keys.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { openHome } from './program.ts'
import { start, startProcess, type TestProcess, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000 })

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

describe('a server on the network', () => {
  let dataDir: string
  let system: TestSystem
  let shared: OpenStore
  /** Keys in the server's database, made by another process so to speak. */
  let keys: Keys
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'switchyard-keys-'))
    system = await start({ env: { SECRET_KEY: secretKey }, flags: { host: '0.0.0.0' }, dataDir })
    shared = await openEmbedded(undefined, dataDir)
    keys = openKeys(shared.database)
  })
  afterAll(async () => {
    await shared?.close()
    await system?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  let nth = 1
  const make = async (...scopes: Caller['scopes']) =>
    (await keys.create({ name: `key-${nth++}`, scopes, life: day }, 'test')).text

  /** Ways in, each told by the status of its answer. */
  const ways: Record<string, (headers: Record<string, string>) => Promise<number>> = {
    'POST /mcp': (headers) => statusOf('/mcp', 'POST', headers, { jsonrpc: '2.0', id: 1, method: 'ping' }),
    'GET /mcp': (headers) => statusOf('/mcp', 'GET', headers),
    'GET /sse': (headers) => statusOf('/sse', 'GET', headers),
    'POST /messages': (headers) => statusOf('/messages?sessionId=x', 'POST', headers, {}),
    'POST /cmd': (headers) => statusOf('/cmd', 'POST', headers, { command: 'health' }),
    'GET /api/commands': (headers) => statusOf('/api/commands', 'GET', headers),
    'POST /api/commands/health': (headers) => statusOf('/api/commands/health', 'POST', headers, {}),
    'GET /openapi.json': (headers) => statusOf('/openapi.json', 'GET', headers),
    'WebSocket /ws': (headers) =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`${system.url.replace('http', 'ws')}/ws`, 'mcp', { headers })
        const ended = (status: number) => {
          resolve(status)
          socket.terminate()
        }
        socket.on('unexpected-response', (_, { statusCode = 0 }) => ended(statusCode)).on('open', () => ended(101))
        socket.on('error', reject)
      }),
  }

  async function statusOf(path: string, method: string, headers: Record<string, string>, body?: object): Promise<number> {
    const content = body && { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
    const response = await fetch(system.url + path, { method, headers, ...content })
    await response.body?.cancel()
    return response.status
  }

  const all = async (headers: Record<string, string>) =>
    Object.fromEntries(await Promise.all(Object.entries(ways).map(async ([way, ask]) => [way, await ask(headers)])))
  const refusedEverywhere = Object.fromEntries(Object.keys(ways).map((way) => [way, 401]))

  test('nobody comes in without a key, with a wrong one, an expired one or a revoked one, whichever way', async () => {
    const [expired, revoked, right] = [
      (await keys.create({ name: 'expired', scopes: ['read'], life: 1 }, 'test')).text,
      await make('read', 'call', 'admin'),
      await make('read'),
    ]
    await keys.revoke(revoked, 'test')
    const wrong = [{}, ...[newKeyText().text, `${right.slice(0, -1)}-`, expired, revoked, 'password'].map(bearer)]
    for (const headers of [...wrong, { 'x-api-key': newKeyText().text }, { authorization: `Basic ${right}` }]) {
      expect(await all(headers)).toEqual(refusedEverywhere)
    }
    expect(Object.values(await all(bearer(right)))).not.toContain(401)
    expect(Object.values(await all({ 'x-api-key': right }))).not.toContain(401)
  })

  test('health can be seen without a key, by whoever watches over it', async () => {
    expect(await statusOf('/health', 'GET', {})).toBe(200)
  })

  test.each(['sse', 'http'] as const)('an official client lists and calls with a key over %s', async (wire) => {
    const client = await connect(wire, system.url, bearer(await make('read', 'call')))
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'help']))
    expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'hello' } }))).toContain('hello')
    await client.close()
    await expect(connect(wire, system.url)).rejects.toThrow(/401|credential/)
  })

  test.each(['sse', 'http'] as const)(
    'a key with the scope read lists what it may call, and calls nothing else, over %s',
    async (wire) => {
      const client = await connect(wire, system.url, bearer(await make('read')))
      const names = (await client.listTools()).tools.map(({ name }) => name)
      expect(names).toContain('help')
      expect(names).not.toContain('echo')
      await expect(client.callTool({ name: 'echo', arguments: { message: 'hello' } })).rejects.toThrow(
        /echo needs the call scope/,
      )
      await client.close()
    },
  )

  test('the scope call runs no admin command, over /cmd, REST or MCP', async () => {
    const key = await make('read', 'call')
    for (const command of ['key_create', 'key_list', 'key_revoke', 'executions', 'config']) {
      const answer = await post(`${system.url}/cmd`, { command }, bearer(key))
      expect(answer.body).toMatchObject({ error: { code: -32002, data: { code: 'forbidden' } } })
      expect((await post(`${system.url}/api/commands/${command}`, {}, bearer(key))).status).toBe(403)
    }
    const client = await connect('http', system.url, bearer(key))
    await expect(client.callTool({ name: 'key_list' })).rejects.toThrow(/admin scope/)
    await client.close()
  })

  test('a key of the admin scope has its own tools and no others, in every list and over /cmd, REST and MCP', async () => {
    const wish = { name: `key-${nth++}`, scopes: ['read', 'call', 'admin'] as const, tools: ['executions', 'help'], life: day }
    const { text: key } = await keys.create(wish, 'test')
    for (const command of ['key_create', 'config']) {
      const answer = await post(`${system.url}/cmd`, { command, params: { name: 'more' } }, bearer(key))
      expect(answer.body).toMatchObject({ error: { message: expect.stringMatching(`unknown tool "${command}"`) } })
      expect((await post(`${system.url}/api/commands/${command}`, {}, bearer(key))).status).toBe(404)
    }
    expect((await post(`${system.url}/api/commands/executions`, {}, bearer(key))).status).toBe(200)
    const { commands } = (await (await fetch(`${system.url}/api/commands`, { headers: bearer(key) })).json()) as Json
    expect(Object.keys(commands as Json).sort()).toEqual(wish.tools)
    const client = await connect('http', system.url, bearer(key))
    expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(wish.tools)
    await expect(client.callTool({ name: 'key_list' })).rejects.toThrow(/unknown tool "key_list"/)
    await client.close()
  })

  test('an admin makes, lists and revokes keys by command; what was revoked here is refused at once, in an open session too', async () => {
    const ask = async (command: string, params: object) => {
      const { body } = await post(`${system.url}/cmd`, { command, params }, bearer(admin))
      return (body.result as Json).data as Json
    }
    const admin = await make('admin')
    const made = await ask('key_create', { name: 'made', expires_days: 7 })
    expect(made).toMatchObject({ name: 'made', scopes: ['read', 'call'] })
    expect(Date.parse(String(made.expires_at)) - Date.now()).toBeLessThanOrEqual(7 * day)
    const client = await connect('http', system.url, bearer(String(made.api_key)))
    await client.listTools()
    expect(await ask('key_list', {})).toMatchObject({ keys: expect.arrayContaining([expect.objectContaining({ name: 'made' })]) })
    expect(await ask('key_revoke', { key: 'made' })).toMatchObject({ id: made.id, state: 'revoked' })
    await expect(client.listTools()).rejects.toThrow(/revoked/)
    await client.close()
    expect(await ask('key_create', { name: 'forever', expires_days: 0 })).toMatchObject({ expires_at: null })
  })

  test('a key that was made by command stands in no table, in no log line and in no text of the answer', async () => {
    const admin = await make('admin')
    const client = await connect('http', system.url, bearer(admin))
    const result = await client.callTool({ name: 'key_create', arguments: { name: 'secret' } })
    const { api_key: key, id } = result.structuredContent as Record<string, string>
    expect(key).toMatch(/^swk_/)
    expect(textOf(result)).toBe(`The key secret (${id}) was made. It is in api_key of the structured answer, this once.`)
    await client.close()
    const calls = async () =>
      (await rows('mcp.tool_executions')).filter((row) => row.includes('key_create') && row.includes('"secret"'))
    await until('the call is in the history', async () => (await calls()).length > 0)
    expect(await calls()).toEqual([expect.stringContaining('"api_key": "******"')])
    const tables = await shared.database.db.execute<{ name: string }>(
      sql`select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('mcp', 'agents', 'analytics', 'admin')`,
    )
    for (const { name } of tables.rows) {
      for (const secret of [key!, admin]) expect((await rows(name)).join('\n')).not.toContain(secret.slice(-38))
    }
    expect(JSON.stringify(system.log.lines)).not.toContain(key!.slice(-38))
  })

  async function rows(table: string): Promise<string[]> {
    const found = await shared.database.db.execute<{ row: string }>(sql`select to_jsonb(t)::text as row from ${sql.raw(table)} t`)
    return found.rows.map(({ row }) => row)
  }
})

describe('switchyard keys', () => {
  let home: string
  let server: TestProcess
  const env = { SECRET_KEY: secretKey }
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'switchyard-keys-'))
    server = await startProcess(['--auth', 'required'], { env, dataDir: join(home, 'data') })
  })
  afterAll(async () => {
    await server?.clean()
    await rm(home, { recursive: true, force: true })
  })

  async function keys(...words: string[]) {
    return switchyard(words, { SECRET_KEY: secretKey })
  }

  async function switchyard(words: string[], more: Record<string, string>) {
    const args = [join(packageRoot, 'dist', 'main.js'), 'keys', ...words, '--data-dir', join(home, 'data')]
    const options = { cwd: home, env: { PATH: process.env.PATH, HOME: home, ...more } }
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, args, options)) }
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string }
    }
  }

  const statusWith = async (key: string) => (await post(`${server.url()}/cmd`, { command: 'health' }, bearer(key))).status

  test('beside a running server: makes a key that works at once, lists it, and revokes it within seconds', async () => {
    const made = await keys('create', '--name', 'claude', '--scope', 'read', '--tools', 'help', 'echo', '--rate', '50')
    expect(made.stdout).toMatch(/^swk_\w{8}_\w{38}\n$/)
    expect(made.stderr).toContain('not shown again')
    expect(made.stderr).not.toContain('swk_')
    const key = made.stdout.trim()
    expect(await statusWith(key)).toBe(200)
    await until('its use is noted', async () => JSON.parse((await keys('list', '--json')).stdout)[0].last_used)
    expect((await keys('list')).stdout).toMatch(
      /^claude +\w{8} +read +help,echo +50 +\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d \d\d:\d\d +active$/m,
    )
    expect(await keys('revoke', 'claude')).toMatchObject({ code: 0, stdout: '' })
    await until('the server refuses it', async () => (await statusWith(key)) === 401)
    expect(JSON.parse((await keys('list', '--json')).stdout)).toMatchObject([{ name: 'claude', state: 'revoked' }])
  })

  test.each([
    [['create'], 78, /keys create needs a name/],
    [['create', '--name', 'x', '--expires', '90'], 78, /--expires must be a number with d, h or m behind it \(90d\), or never/],
    [['create', '--name', 'x', '--json'], 78, /keys create takes no --json/],
    [['create', '--name', 'x', '--scope', 'write'], 1, /some of read, call, admin/],
    [['create', '--name', 'x', '--rate', 'many'], 78, /--rate must be a number of calls, got many/],
    [['create', '--name', 'x', '--tools', 'a b'], 1, /must be 1 to 100 names or patterns/],
    [['list', 'claude'], 78, /keys list takes no word after it/],
    [['revoke'], 78, /keys revoke needs the name or the id/],
    [['revoke', 'nobody'], 1, /no key with this name or id is in force/],
    [['destroy'], 78, /keys takes create, list, revoke, got destroy/],
  ])('%j is refused in a sentence', async (words, code, message) => {
    const { code: got, stdout, stderr } = await keys(...words)
    expect({ code: got, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code, stdout: '', lines: 1 })
    expect(stderr).toMatch(message)
  })

  test('without a SECRET_KEY it says how to make one', async () => {
    const { code, stdout, stderr } = await switchyard(['create', '--name', 'x'], {})
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('openssl rand -base64 48')
  })

  test('without a database it says so', async () => {
    const { code, stderr } = await switchyard(['list'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^the database cannot be used: .*ECONNREFUSED/)
  })
})

describe('a server on the network that nobody could call', () => {
  const flags = ['--host', '0.0.0.0', '--no-admin']

  test('refuses to start with 78 and says what to do, and starts as soon as there is a key', async () => {
    const home = await openHome()
    const env = { SECRET_KEY: secretKey }
    try {
      const refused = await home.run([...flags, '--port', '0'], { env })
      expect(refused).toMatchObject({ code: 78, stdout: '' })
      expect(refused.stderr).toContain('Make a key with `switchyard keys create --name NAME`')
      expect((await home.run(['keys', 'create', '--name', 'first'], { env })).code).toBe(0)
      expect((await home.run([...flags, '--port', '0'], { env, interruptAt: 'ready' })).code).toBe(0)
    } finally {
      await home.remove()
    }
  })

  test('refuses to start with 78 without a SECRET_KEY, and names the command that makes one', async () => {
    const home = await openHome()
    try {
      const refused = await home.run(flags)
      expect(refused).toMatchObject({ code: 78, stdout: '' })
      expect(refused.stderr).toContain('openssl rand -base64 48')
    } finally {
      await home.remove()
    }
  })
})
