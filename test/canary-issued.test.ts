/**
 * What the server gives out itself (a key, a token of a person, those of an OAuth client, a session) and what it shows to an OpenID provider: used
 * rightly, and shown wherever it does not belong. It comes out where it was given, and nowhere else, in whatever form.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { silent } from '../app/log.ts'
import { packageRoot } from '../app/root.ts'
import { type Database, openDatabase } from '../app/store/database.ts'
import { connect } from './clients.ts'
import { addUser, password, signIn, type Visitor } from './fakes/admin.ts'
import { canary, Ledger } from './fakes/canaries.ts'
import { secretKey } from './fakes/keys.ts'
import { letIn, Program } from './fakes/person.ts'
import { startTelltale, type Telltale } from './fakes/telltale/service.ts'
import { type Home, openHome } from './program.ts'
import { type FreshDatabase, freshDatabase, withPostgres } from './services.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
const test = withPostgres()

const issued: Record<string, string> = { provider: canary('provider') }
const ledger = new Ledger(issued)

let telltale: Telltale
let home: Home
let made: FreshDatabase
let database: Database
let server: TestProcess
let ada: Visitor

beforeAll(async () => {
  telltale = await startTelltale()
  home = await openHome()
  made = await freshDatabase()
  database = await openDatabase({ url: made.url, poolSize: 2, dataDir: '', log: silent })
  await addUser(database, 'ada', 'admin')
  const env = { SECRET_KEY: secretKey, DATABASE_URL: made.url, MCP_AUTH: 'required', RATE_LIMIT_WRONG_CREDENTIALS: '0' }
  server = await startProcess(['--log-level', 'debug'], { env, file: configuration(telltale.url) })
  expect(server.url(), server.stderr()).not.toBe('')
  ada = await signIn(server.adminUrl(), 'ada')
  await issue()
})
afterAll(async () => {
  await server?.clean()
  await database?.stop()
  await made?.drop()
  await home?.remove()
  await telltale?.stop()
})

const configuration = (url: string) => ({
  logging: { file: join(home.path, 'switchyard.log') },
  commands: { commands_directory: join(packageRoot, 'test/fakes/telltale/commands') },
  auth: { oidc: { issuer: url, audience: 'us', client_id: 'us', client_secret: issued.provider } },
  upstreams: [{ name: 'far', kind: 'jsonrpc', url: `${url}/cmd` }],
})

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })

/** Everything that there is, each in the way in which it is given. */
async function issue(): Promise<void> {
  issued.session = ada.cookie.split('=')[1]!
  const { api_key } = (await (await ada.post('keys', { name: 'robot', scopes: ['read', 'call'] })).json()) as { api_key: string }
  const { access_token } = (await (await post(`${server.url()}/api/v1/auth/token`, { name: 'ada', password })).json()) as {
    access_token: string
  }
  const program = new Program()
  const first = new StreamableHTTPClientTransport(new URL('/mcp', server.url()), { authProvider: program })
  await expect(new Client({ name: 'test', version: '1' }).connect(first)).rejects.toThrow()
  const code = (await letIn(program.page!, { username: 'ada', password })).get('code')!
  await first.finishAuth(code)
  const { access_token: access, refresh_token: refresh } = program.kept!
  Object.assign(issued, { key: api_key, jwt: access_token, access, refresh, code })
  for (const [name, secret] of Object.entries(issued)) expect(secret, name).toMatch(/^.{20,}$/)
}

/** Where people and programs put them. */
const argumentsOf = (secret: string) => ({
  note: [
    `it is ${secret}, they say`,
    `see https://host/?t=${encodeURIComponent(secret)}`,
    `and ${Buffer.from(`robot:${secret}`).toString('base64')}`,
    `or ${JSON.stringify({ said: secret })}`,
  ].join(' '),
  password: secret,
})

describe('what the server gives out does not come out', () => {
  test('in answers to those who use it', async () => {
    for (const name of ['key', 'jwt', 'access']) {
      const client = await connect('http', server.url(), { authorization: `Bearer ${issued[name]}` })
      ledger.keep(`list by ${name}`, JSON.stringify(await client.listTools()))
      for (const [what, secret] of Object.entries(issued)) {
        for (const tool of ['throwing', 'no_such_tool']) {
          const answer = await client
            .callTool({ name: tool, arguments: argumentsOf(secret) })
            .catch((error: Error) => ({ error: error.message, ...error }))
          ledger.keep(`${tool} by ${name} with ${what}`, JSON.stringify(answer))
        }
      }
      await client.close()
    }
    ledger.expectNone()
  })

  test('in answers to those who show it where it does not belong', async () => {
    const [mcp, admin] = [server.url(), server.adminUrl()]
    const asRobot = { 'x-api-key': issued.key! }
    for (const [name, secret] of Object.entries(issued)) {
      const basic = { authorization: `Basic ${Buffer.from(`robot:${secret}`).toString('base64')}` }
      const asks: [string, Promise<Response>][] = [
        ['bearer on the admin port', fetch(`${admin}/api/v1/tools`, { headers: { authorization: `Bearer ${secret}` } })],
        ['basic', fetch(`${mcp}/api/commands`, { headers: basic })],
        ['basic on the admin port', fetch(`${admin}/api/v1/tools`, { headers: basic })],
        ['cookie on the port of clients', fetch(`${mcp}/api/commands`, { headers: { cookie: `switchyard_session=${secret}` } })],
        ['path', fetch(`${mcp}/api/commands/${encodeURIComponent(secret)}`, { headers: asRobot })],
        ['path of the admin port', ada.get(`keys/${encodeURIComponent(secret)}`)],
        ['query', fetch(`${mcp}/api/commands?api_key=${encodeURIComponent(secret)}`)],
        ['no such path', fetch(`${mcp}/${encodeURIComponent(secret)}`, { headers: asRobot })],
        ['session id', post(`${mcp}/mcp`, { jsonrpc: '2.0', id: 1, method: 'ping' }, { ...asRobot, 'mcp-session-id': secret })],
        ['command', post(`${mcp}/cmd`, { command: secret, params: {} }, asRobot)],
        ['wrong argument', post(`${mcp}/cmd`, { command: 'throwing', params: { [secret]: 1 } }, asRobot)],
        ['broken body', fetch(`${mcp}/cmd`, { method: 'POST', headers: { ...json, ...asRobot }, body: `{"a": "${secret}"` })],
        [
          'refresh',
          fetch(`${mcp}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: secret, client_id: secret }) }),
        ],
        [
          'authorize',
          fetch(`${mcp}/authorize?${new URLSearchParams({ client_id: secret, redirect_uri: secret, scope: secret })}`),
        ],
        ['login', post(`${admin}/api/v1/auth/login`, { name: 'nobody', password: secret }, { origin: admin })],
      ]
      for (const [where, asked] of asks) await ledger.keepAnswer(`${name} as ${where}`, await asked)
    }
    ledger.expectNone()
  })

  test('when the provider repeats what it was shown', async () => {
    const begun = await fetch(`${server.adminUrl()}/api/v1/auth/oidc`, { redirect: 'manual' })
    const state = new URL(begun.headers.get('location')!).searchParams.get('state')!
    const cookie = begun.headers.get('set-cookie')!.split(';')[0]!
    const query = new URLSearchParams({ state, code: 'a-code' })
    const back = await fetch(`${server.adminUrl()}/api/v1/auth/oidc/callback?${query}`, {
      headers: { cookie },
      redirect: 'manual',
    })
    await ledger.keepAnswer('callback', back)
    await until('the provider has refused', () => server.logged('sign-in with the provider failed').length > 0)
    expect(server.stderr()).toContain('the provider refuses the code with 403')
    ledger.keep('log', server.stderr())
    ledger.expectNone()
  })

  test('in what the panel shows, and in metrics and health', async () => {
    const paths = ['health', 'upstreams', 'config', 'tools', 'tools/executions/history', 'sessions', 'keys', 'audit', 'auth/me']
    for (const path of paths) {
      const response = await ada.get(path)
      expect([path, response.status]).toEqual([path, 200])
      ledger.keep(`admin ${path}`, await response.text())
    }
    for (const path of ['/health', '/metrics', '/openapi.json'])
      await ledger.keepAnswer(path, await fetch(server.url() + path, { headers: { 'x-api-key': issued.key! } }))
    ledger.expectNone()
  })

  test('in the database', async () => {
    const written = sql`select count(*)::int as n from mcp.tool_executions where tool_name = 'throwing'`
    const count = async () => Number((await database.db.execute(written)).rows[0]?.n)
    await until('the history is written', async () => (await count()) >= 4 * Object.keys(issued).length)
    const tables = await database.db.execute<{ name: string }>(
      sql`select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('mcp', 'admin', 'agents', 'analytics')`,
    )
    for (const { name } of tables.rows) {
      const rows = await database.db.execute(sql.raw(`select row_to_json(one)::text as text from ${name} one`))
      ledger.keep(`table ${name}`, rows.rows.map(({ text }) => String(text)).join('\n'))
    }
    ledger.expectNone()
  })

  test('in the log and in what a crash leaves', async () => {
    const note = Object.values(issued)
      .map((secret) => argumentsOf(secret).note)
      .join('\n')
    await post(`${server.url()}/api/commands/crashing`, { note }, { 'x-api-key': issued.key! })
    expect(await server.exited).toBe(1)
    expect(server.stderr()).toContain('broken with ******')
    ledger.keep('stderr', server.stderr())
    ledger.keep('stdout', server.stdout())
    ledger.keep('log file', readFileSync(join(home.path, 'switchyard.log'), 'utf8'))
    ledger.expectNone()
  })
})
