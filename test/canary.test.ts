/**
 * A canary stands in every place where a secret can: a value that exists nowhere else. Then everything is used, rightly and wrongly, and nothing
 * that comes out of the process may hold one of them, in whatever form.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { silent } from '../app/log.ts'
import { packageRoot } from '../app/root.ts'
import { type Database, openDatabase } from '../app/store/database.ts'
import { connect } from './clients.ts'
import { addUser, signedIn } from './fakes/admin.ts'
import { startTelltale, type Telltale } from './fakes/telltale/service.ts'
import { type Home, openHome } from './program.ts'
import { type FreshDatabase, freshDatabase, withPostgres } from './services.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
const test = withPostgres()

/** With characters that every encoding writes in its own way. */
const canary = (name: string) => `canary ${name}/+?&"~${randomBytes(9).toString('base64')}`.replaceAll(' ', '-')
/** For headers, which have fewer characters. */
const plainCanary = (name: string) => `canary-${name}-${randomBytes(12).toString('base64url')}`

const canaries = {
  secretKey: `${canary('signing')}-and-more-of-it`,
  database: canary('database'),
  wrong: canary('wrong-password'),
  redis: canary('redis'),
  header: plainCanary('header'),
  token: plainCanary('token'),
  basic: canary('basic'),
  query: canary('query'),
  client: canary('client'),
  base: canary('base'),
  env: canary('env'),
  argument: plainCanary('argument'),
  url: plainCanary('url'),
  proxy: plainCanary('proxy'),
  poll: plainCanary('poll'),
  fromFile: plainCanary('file'),
  given: canary('given'),
  login: canary('login'),
}

/** Everything that came out, by where. */
const out: [where: string, text: string][] = []
const keep = (where: string, text: string) => void out.push([where, text])

let telltale: Telltale
let home: Home
let made: FreshDatabase
let database: Database
let server: TestProcess
let env: Record<string, string>
let file: Record<string, unknown>

beforeAll(async () => {
  telltale = await startTelltale()
  home = await openHome()
  made = await freshDatabase()
  const place = new URL(made.url)
  place.password = canaries.database
  env = {
    SECRET_KEY: canaries.secretKey,
    DATABASE_URL: place.href,
    REDIS_URL: `redis://:${encodeURIComponent(canaries.redis)}@127.0.0.1:1`,
    SHOP_KEY_FILE: join(home.path, 'shop-key'),
  }
  writeFileSync(env.SHOP_KEY_FILE!, `${canaries.fromFile}\n`, { mode: 0o600 })
  file = configuration(telltale.url)
  server = await startProcess(['--log-level', 'debug'], { env, file })
  expect(server.url(), server.stderr()).not.toBe('')
  database = await openDatabase({ url: made.url, poolSize: 2, dataDir: '', log: silent })
  await addUser(database, 'ada', 'admin')
})
afterAll(async () => {
  await server?.clean()
  await database?.stop()
  await made?.drop()
  await home?.remove()
  await telltale?.stop()
})

function configuration(url: string): Record<string, unknown> {
  const document = join(home.path, 'shop.json')
  writeFileSync(
    document,
    JSON.stringify({
      openapi: '3.0.3',
      info: { title: 'shop', version: '1' },
      paths: { '/things': { get: { operationId: 'things', responses: { 200: { description: 'ok' } } } } },
    }),
  )
  const rest = (name: string, auth: object) => ({ name, kind: 'openapi', file: document, base_url: url, auth })
  return {
    logging: { file: join(home.path, 'switchyard.log') },
    commands: { commands_directory: join(packageRoot, 'test/fakes/telltale/commands') },
    proxy_registration: { enabled: true, proxy_url: url, token: canaries.proxy, retry_attempts: 1 },
    upstreams: [
      {
        name: 'remote',
        kind: 'mcp',
        url: `${url}/mcp?api_key=${canaries.url}`,
        headers: { Authorization: `Bearer ${canaries.header}` },
      },
      { name: 'old', kind: 'mcp', url: `${url}/sse`, headers: { 'X-API-Key': '${SHOP_KEY}' } },
      { name: 'cmd', kind: 'jsonrpc', url: `${url}/cmd`, headers: { 'X-API-Key': canaries.token } },
      { name: 'base', kind: 'onec', url: `${url}/base`, username: 'robot', password: canaries.base },
      { name: 'poll', kind: 'onec', transport: 'httppoll', port: 0, token: canaries.poll },
      rest('bearer', { type: 'bearer', token: canaries.token }),
      rest('basic', { type: 'basic', username: 'robot', password: canaries.basic }),
      rest('query', { type: 'query', name: 'key', value: canaries.query }),
      rest('machine', { type: 'oauth2', token_url: `${url}/token`, client_id: 'us', client_secret: canaries.client }),
    ],
    mcpServers: {
      child: {
        command: process.execPath,
        args: [join(packageRoot, 'test/fakes/telltale/server.mjs'), '--api-key', canaries.argument],
        env: { CHILD_TOKEN: canaries.env },
      },
    },
  }
}

/** As it is, in JSON, in a URL and in Base64, wherever it may stand in that. */
function formsOf(secret: string): string[] {
  const inBase64 = [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)])
    const inner = bytes.toString('base64').slice(4, -4)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...inBase64]
}

function expectNoCanary(): void {
  const seen = out.flatMap(([where, text]) =>
    Object.entries(canaries).flatMap(([name, secret]) =>
      formsOf(secret)
        .filter((form) => text.includes(form))
        .map((form) => `${name} in ${where}: ...${text.slice(Math.max(0, text.indexOf(form) - 80), text.indexOf(form) + 40)}...`),
    ),
  )
  expect(seen).toEqual([])
}

const everyTool = ['bearer_things', 'basic_things', 'query_things', 'machine_things', 'child_tell', 'throwing', 'no_such_tool']

describe('no canary comes out', () => {
  test('in answers of port 9090, errors and health and metrics among them', async () => {
    const { url } = { url: server.url() }
    await until('the child is there', async () => (await (await fetch(`${url}/api/commands`)).text()).includes('child_tell'))
    const given = { password: canaries.given, note: `it is ${canaries.header}` }
    for (const wire of ['http', 'sse', 'websocket'] as const) {
      const client = await connect(wire, url)
      keep(`${wire} list`, JSON.stringify(await client.listTools()))
      for (const name of everyTool) {
        for (const args of [given, { how: 'protocol' }]) {
          const answer = await client
            .callTool({ name, arguments: args })
            .catch((error: Error) => ({ error: error.message, ...error }))
          expect(JSON.stringify(answer), name).toMatch(/isError|error/)
          keep(`${wire} ${name}`, JSON.stringify(answer))
        }
      }
      await client.close()
    }
    for (const name of everyTool) {
      const headers = { 'content-type': 'application/json' }
      const rest = await fetch(`${url}/api/commands/${name}`, { method: 'POST', headers, body: JSON.stringify(given) })
      keep(`rest ${name}`, await rest.text())
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: name, params: given })
      keep(`cmd ${name}`, await (await fetch(`${url}/cmd`, { method: 'POST', headers, body })).text())
    }
    keep('broken', await (await fetch(`${url}/cmd`, { method: 'POST', body: `{"password": "${canaries.token}"` })).text())
    keep(
      'credential',
      await (await fetch(`${url}/api/commands`, { headers: { authorization: `Bearer ${canaries.token}` } })).text(),
    )
    for (const path of ['/health', '/metrics', '/openapi.json', '/', '/no/such/path', '/proxy/health']) {
      keep(path, await (await fetch(url + path)).text())
    }
    expect(telltale.heard()).toBeGreaterThan(5)
    expectNoCanary()
  })

  test('in what the panel is answered', async () => {
    // The Redis of the configuration is not there, so nobody signs in with a password now.
    const ada = await signedIn(server.adminUrl(), database, 'ada')
    keep('wrong login', await (await ada.post('auth/login', { name: 'ada', password: canaries.login })).text())
    const paths = [
      'health',
      'upstreams',
      'config',
      'tools',
      'tools/executions/history',
      'sessions',
      'keys',
      'registration',
      'auth/me',
    ]
    for (const path of paths) {
      const response = await ada.get(path)
      expect([path, response.status]).toEqual([path, 200])
      keep(`admin ${path}`, await response.text())
    }
    for (const name of everyTool) keep(`try ${name}`, await (await ada.post(`tools/${name}/execute`, { parameters: {} })).text())
    expectNoCanary()
  })

  test('in the database', async () => {
    const count = async () =>
      Number(
        (await database.db.execute(sql`select count(*)::int as n from mcp.tool_executions where tool_name = 'throwing'`)).rows[0]
          ?.n,
      )
    await until('the history is written', async () => (await count()) >= 8)
    const tables = await database.db.execute<{ name: string }>(
      sql`select table_schema || '.' || table_name as name from information_schema.tables where table_schema in ('mcp', 'admin', 'agents', 'analytics')`,
    )
    for (const { name } of tables.rows) {
      const rows = await database.db.execute(sql.raw(`select row_to_json(one)::text as text from ${name} one`))
      keep(`table ${name}`, rows.rows.map(({ text }) => String(text)).join('\n'))
    }
    expectNoCanary()
  })

  test('on the command line', async () => {
    const port = new URL(server.url()).port
    // Nobody comes to the base that asks for work, and check would wait for it.
    const upstreams = (file.upstreams as { name: string }[]).filter(({ name }) => name !== 'poll')
    const less = { ...file, upstreams }
    for (const line of [
      ['config'],
      ['config', '--json'],
      ['check', '--json', '--port', port],
      ['check', '--port', port],
      ['call', 'throwing'],
    ]) {
      const { stdout, stderr } = await home.run(line, { env, file: less })
      keep(line.join(' '), stdout + stderr)
    }
    const wrong = new URL(env.DATABASE_URL!)
    wrong.password = canaries.wrong
    wrong.pathname = '/no-such-database'
    for (const line of [['migrate'], ['keys', 'list'], ['serve', '--port', '0', '--admin-port', '0']]) {
      const { stdout, stderr, code } = await home.run(line, {
        env: { ...env, DATABASE_URL: wrong.href },
        file: less,
        interruptAt: '"msg":"listening"',
      })
      keep(line.join(' '), `${code} ${stdout}${stderr}`)
    }
    const refused: Record<string, string>[] = [
      { DATABASE_URL: `mysql://u:${canaries.wrong}@h/d` },
      { SECRET_KEY: canaries.wrong.slice(0, 20) },
      { REDIS_URL: canaries.redis },
    ]
    for (const bad of refused) {
      const { stderr, code } = await home.run(['config'], { env: { ...env, ...bad }, file: less })
      expect(code).toBe(78)
      keep('configuration', stderr)
    }
    expectNoCanary()
  })

  test('in the log and in what a crash leaves', async () => {
    const { url } = { url: server.url() }
    await fetch(`${url}/api/commands/crashing`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(await server.exited).toBe(1)
    for (const event of ['uncaught exception', 'unhandled rejection', 'call failed', 'upstream stderr'])
      expect(server.logged(event)).not.toEqual([])
    keep('stderr', server.stderr())
    keep('stdout', server.stdout())
    keep('log file', readFileSync(join(home.path, 'switchyard.log'), 'utf8'))
    expect(server.stderr()).toContain('broken with ******')
    expectNoCanary()
  })
})
