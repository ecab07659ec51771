/**
 * A canary stands in every place where a secret can: a value that exists nowhere else. Then everything is used, rightly and wrongly, and nothing
 * that comes out of the process may hold one of them, in whatever form.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { secretValues } from '../app/config/secret-values.ts'
import { rows } from '../app/config/settings.ts'
import { kinds } from '../app/config/upstream/kinds.ts'
import { oauthMembers } from '../app/config/upstream/oauth.ts'
import { authMembers } from '../app/config/upstream/openapi-auth.ts'
import { loadConfig } from '../app/config.ts'
import { silent } from '../app/log.ts'
import { packageRoot } from '../app/root.ts'
import { type Database, openDatabase } from '../app/store/database.ts'
import { connect } from './clients.ts'
import { addUser, signedIn } from './fakes/admin.ts'
import { canary, formsOf, Ledger, plainCanary } from './fakes/canaries.ts'
import { type Ca, type Issued, makeCa } from './fakes/certificates.ts'
import { startTelltale, type Telltale } from './fakes/telltale/service.ts'
import { type Home, openHome } from './program.ts'
import { type FreshDatabase, freshDatabase, withPostgres } from './services.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })
const test = withPostgres()

/** In the configuration. */
const planted = {
  secretKey: `${canary('signing')}-and-more-of-it`,
  database: canary('database'),
  redis: canary('redis'),
  passphrase: canary('passphrase'),
  oidc: canary('oidc'),
  header: plainCanary('header'),
  token: plainCanary('token'),
  value: plainCanary('value'),
  basic: canary('basic'),
  query: canary('query'),
  client: canary('client'),
  tokenUrl: plainCanary('token-url'),
  machine: canary('machine'),
  base: canary('base'),
  unlock: canary('unlock'),
  keyOfBase: canary('key-of-base'),
  ftp: canary('ftp'),
  onecUrl: canary('onec-url'),
  onecPassword: canary('onec-password'),
  onecUnlock: canary('onec-unlock'),
  onecToken: plainCanary('onec-token'),
  onecDirectory: canary('onec-directory'),
  env: canary('env'),
  argument: plainCanary('argument'),
  // As keys often are, and as they are pasted into a URL.
  url: `${plainCanary('url')}/+a==`,
  document: plainCanary('document'),
  address: plainCanary('address'),
  proxy: plainCanary('proxy'),
  proxyUrl: plainCanary('proxy-url'),
  proxyKey: plainCanary('proxy-key'),
  heartbeat: plainCanary('heartbeat'),
  poll: plainCanary('poll'),
  fromFile: plainCanary('file'),
}

/** What somebody types, in the wrong place too. */
const typed = { wrong: canary('wrong-password'), given: canary('given'), login: canary('login') }

const ledger = new Ledger({ ...planted, ...typed })
const keep = (where: string, text: string) => ledger.keep(where, text)

let telltale: Telltale
let home: Home
let made: FreshDatabase
let ca: Ca
let database: Database
let server: TestProcess
let env: Record<string, string>
let file: Record<string, unknown>

beforeAll(async () => {
  telltale = await startTelltale()
  home = await openHome()
  ca = makeCa()
  made = await freshDatabase()
  const place = new URL(made.url)
  place.password = planted.database
  env = {
    SECRET_KEY: planted.secretKey,
    DATABASE_URL: place.href,
    REDIS_URL: `redis://:${encodeURIComponent(planted.redis)}@127.0.0.1:1`,
    SHOP_KEY_FILE: join(home.path, 'shop-key'),
  }
  writeFileSync(env.SHOP_KEY_FILE!, `${planted.fromFile}\n`, { mode: 0o600 })
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
  ca?.remove()
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
  const { host } = new URL(url)
  const withPassword = (scheme: string, secret: string, place = host) =>
    `${scheme}://robot:${encodeURIComponent(secret)}@${place}/base`
  const certificate = ({ certFile, keyFile }: Issued) => ({ cert_file: certFile, key_file: keyFile })
  const locked = certificate(ca.issue({ client: true, passphrase: planted.keyOfBase }))
  const rest = (name: string, auth: object) => ({ name, kind: 'openapi', file: document, base_url: url, auth })
  return {
    logging: { file: join(home.path, 'switchyard.log') },
    commands: { commands_directory: join(packageRoot, 'test/fakes/telltale/commands') },
    auth: { oidc: { issuer: url, audience: 'us', client_id: 'us', client_secret: planted.oidc } },
    ssl: { key_passphrase: planted.passphrase },
    onec: {
      url: withPassword('http', planted.onecUrl),
      username: 'robot',
      password: planted.onecPassword,
      unlock_code: planted.onecUnlock,
      httppoll_token: planted.onecToken,
      file_exchange_dir: withPassword('ftp', planted.onecDirectory),
    },
    proxy_registration: {
      enabled: true,
      proxy_url: `${url}/?api_key=${planted.proxyUrl}`,
      token: planted.proxy,
      api_key: planted.proxyKey,
      retry_attempts: 1,
      heartbeat: { url: `${url}/heartbeat?api_key=${planted.heartbeat}` },
    },
    upstreams: [
      {
        name: 'remote',
        kind: 'mcp',
        url: `${url}/mcp?api_key=${planted.url}`,
        headers: { Authorization: `Bearer ${planted.header}` },
      },
      { name: 'old', kind: 'mcp', url: `${url}/sse`, headers: { 'X-API-Key': '${SHOP_KEY}' } },
      {
        name: 'guarded',
        kind: 'mcp',
        url: `${url}/guarded`,
        oauth: { grant: 'client_credentials', client_id: 'us', client_secret: planted.machine },
      },
      {
        name: 'cmd',
        kind: 'jsonrpc',
        url: `${url}/cmd?api_key=${planted.address}`,
        headers: { 'X-API-Key': planted.token },
        key_passphrase: planted.keyOfBase,
      },
      // The key is encrypted with something else.
      { name: 'shut', kind: 'jsonrpc', url: `${url}/cmd`, key_passphrase: typed.wrong, ...locked },
      { name: 'base', kind: 'onec', url: `${url}/base`, username: 'robot', password: planted.base },
      {
        name: 'locked',
        kind: 'onec',
        url: withPassword('http', planted.base),
        unlock_code: planted.unlock,
        headers: { 'X-API-Key': planted.token },
        key_passphrase: planted.keyOfBase,
        ...locked,
      },
      { name: 'ftp', kind: 'onec', transport: 'file', directory: withPassword('ftp', planted.ftp, '127.0.0.1:1') },
      { name: 'poll', kind: 'onec', transport: 'httppoll', port: 0, token: planted.poll },
      {
        name: 'described',
        kind: 'openapi',
        url: `${url}/openapi.json?api_key=${planted.document}`,
        base_url: `${url}/?api_key=${planted.address}`,
      },
      { ...rest('bearer', { type: 'bearer', token: planted.token }), key_passphrase: planted.keyOfBase, ...locked },
      { ...rest('header', { type: 'header', name: 'X-Key', value: planted.value }), headers: { 'X-API-Key': planted.header } },
      rest('cookie', { type: 'cookie', name: 'key', value: planted.value }),
      rest('basic', { type: 'basic', username: 'robot', password: planted.basic }),
      rest('query', { type: 'query', name: 'key', value: planted.query }),
      rest('machine', {
        type: 'oauth2',
        token_url: `${url}/sign-in?api_key=${planted.tokenUrl}`,
        client_id: 'us',
        client_secret: planted.client,
      }),
    ],
    mcpServers: {
      child: {
        command: process.execPath,
        args: [join(packageRoot, 'test/fakes/telltale/server.mjs'), '--api-key', planted.argument],
        env: { CHILD_TOKEN: planted.env },
      },
    },
  }
}

const things = ['bearer', 'header', 'cookie', 'basic', 'query', 'machine'].map((name) => `${name}_things`)
const everyTool = [...things, 'child_tell', 'throwing', 'no_such_tool']

describe('a canary stands', () => {
  const known = Object.values(planted).map((secret) => new Set([secret, ...formsOf(secret)]))
  const isPlanted = (value: unknown): boolean => {
    const text = JSON.stringify(value) ?? ''
    return known.some((forms) => [...forms].some((form) => text.includes(form)))
  }
  const read = () => {
    writeFileSync(join(home.path, 'switchyard.json'), JSON.stringify(file), { mode: 0o600 })
    return loadConfig({ flags: {}, env, cwd: home.path, home: home.path }).config
  }

  test('in every setting that is marked as secret', () => {
    const config = read()
    const valueAt = (words: readonly string[]) =>
      words.reduce<unknown>((at, word) => (at as Record<string, unknown>)[word], config)
    const secret = rows.filter(({ setting }) => setting.secret !== undefined)
    expect(secret.length).toBeGreaterThan(10)
    expect(secret.filter(({ words }) => !isPlanted(valueAt(words))).map(({ path }) => path)).toEqual([])
  })

  /** Members that hold nothing that anybody could not know, by themselves. What is new belongs here, or needs a canary. */
  const open = [
    ...['name', 'kind', 'type', 'prefix', 'timeout', 'disabled', 'max_concurrent', 'check_every', 'refresh', 'connections'],
    ...['command', 'cwd', 'sessions', 'protocol', 'ca_file', 'cert_file', 'key_file', 'allow_private', 'transport'],
    ...['username', 'auth_mode', 'service_root', 'confirm', 'poll_interval', 'host', 'port', 'file', 'include', 'exclude'],
    ...['resources', 'grant', 'client_id', 'scope', 'client_metadata_url', 'redirect_url'],
  ]
  /** What may come from a file is a secret, and the file is none. */
  const isOpen = (member: string, all: readonly string[]) =>
    open.includes(member) || (member.endsWith('_file') && all.includes(member.replace(/_file$/, '')))

  function without(kind: string, members: readonly string[], entries: readonly Record<string, unknown>[]): string[] {
    const secret = members.filter((member) => !isOpen(member, members))
    return secret.filter((member) => !entries.some((entry) => isPlanted(entry[member]))).map((member) => `${kind}: ${member}`)
  }

  test('in every member of an upstream that may hold a secret', () => {
    type Entry = Record<string, unknown>
    const children = Object.values(file.mcpServers as Record<string, Entry>).map((entry): Entry => ({ ...entry, kind: 'mcp' }))
    const entries = [...(file.upstreams as Entry[]), ...children]
    const missing = Object.entries(kinds).flatMap(([kind, { members }]) =>
      without(
        kind,
        members,
        entries.filter((entry) => entry.kind === kind),
      ),
    )
    const within = (key: string) => entries.flatMap((entry) => (entry[key] === undefined ? [] : [entry[key] as Entry]))
    const missingInAuth = Object.entries(authMembers).flatMap(([type, members]) =>
      without(
        `auth ${type}`,
        members,
        within('auth').filter((auth) => auth.type === type),
      ),
    )
    expect([...missing, ...missingInAuth, ...without('oauth', oauthMembers, within('oauth'))]).toEqual([])
  })

  test('where the program knows it, wherever that is', () => {
    const values = secretValues(read())
    const unknown = Object.entries(planted).filter(([, secret]) => !values.includes(secret))
    expect(unknown.map(([name]) => name)).toEqual([])
  })
})

describe('no canary comes out', () => {
  test('in answers of port 9090, errors and health and metrics among them', async () => {
    const { url } = { url: server.url() }
    await until('the child is there', async () => (await (await fetch(`${url}/api/commands`)).text()).includes('child_tell'))
    const given = { password: typed.given, note: `it is ${planted.header}` }
    for (const wire of ['http', 'sse', 'websocket'] as const) {
      const client = await connect(wire, url)
      keep(`${wire} list`, JSON.stringify(await client.listTools()))
      for (const name of everyTool) {
        for (const args of [given, { how: 'protocol' }, {}]) {
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
    keep('broken', await (await fetch(`${url}/cmd`, { method: 'POST', body: `{"password": "${planted.token}"` })).text())
    keep(
      'credential',
      await (await fetch(`${url}/api/commands`, { headers: { authorization: `Bearer ${planted.token}` } })).text(),
    )
    for (const path of ['/health', '/metrics', '/openapi.json', '/', '/no/such/path', '/proxy/health']) {
      keep(path, await (await fetch(url + path)).text())
    }
    expect(telltale.heard()).toBeGreaterThan(5)
    ledger.expectNone()
  })

  test('in what the panel is answered', async () => {
    // The Redis of the configuration is not there, so nobody signs in with a password now.
    const ada = await signedIn(server.adminUrl(), database, 'ada')
    keep('wrong login', await (await ada.post('auth/login', { name: 'ada', password: typed.login })).text())
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
    ledger.expectNone()
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
    ledger.expectNone()
  })

  test('on the command line', async () => {
    const port = new URL(server.url()).port
    // Nobody comes to the base that asks for work, and check would wait for it.
    const upstreams = (file.upstreams as { name: string }[]).filter(({ name }) => name !== 'poll')
    const less = { ...file, upstreams }
    const { certFile, keyFile } = ca.issue({ passphrase: planted.passphrase })
    const tls = { ...less, ssl: { enabled: true, cert_file: certFile, key_file: keyFile } }
    for (const passphrase of [planted.passphrase, typed.wrong]) {
      const { stdout, stderr, code } = await home.run(['serve', '--port', '0', '--admin-port', '0'], {
        env: { ...env, MCP_SSL_KEY_PASSPHRASE: passphrase },
        file: tls,
        interruptAt: '"msg":"listening"',
      })
      expect(stderr.includes('"msg":"listening"'), stderr).toBe(passphrase === planted.passphrase)
      keep('tls', `${code} ${stdout}${stderr}`)
    }
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
    wrong.password = typed.wrong
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
      { DATABASE_URL: `mysql://u:${typed.wrong}@h/d` },
      { SECRET_KEY: typed.wrong.slice(0, 20) },
      { REDIS_URL: planted.redis },
    ]
    for (const bad of refused) {
      const { stderr, code } = await home.run(['config'], { env: { ...env, ...bad }, file: less })
      expect(code).toBe(78)
      keep('configuration', stderr)
    }
    ledger.expectNone()
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
    ledger.expectNone()
  })
})
