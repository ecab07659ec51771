import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import yargs from 'yargs'
import { defaultDataDir } from '../app/config/datadir.ts'
import { rows } from '../app/config/settings.ts'
import type { McpConfig } from '../app/config/upstream/mcp.ts'
import { ConfigError, flagOptions, loadConfig, type Settled, type Sources, showConfig } from '../app/config.ts'
import { pageUrl, settingsPage } from '../scripts/settings-page.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'switchyard-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const goodKey = 'Zk3v8QmX1pLw9TzR4bYc7NhG2sJd6FaUTq5Xw8Kd2Nf7'

/** The upstreams that are MCP servers. */
const servers = ({ upstreams }: Settled['config']) => upstreams.filter(({ kind }) => kind === 'mcp') as McpConfig[]

const load = (sources: Partial<Sources> = {}): Settled => loadConfig({ flags: {}, env: {}, cwd, home: '/home/ann', ...sources })

function problemsOf(sources: Partial<Sources> = {}): string[] {
  try {
    load(sources)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

function write(name: string, content: string | object): string {
  mkdirSync(dirname(join(cwd, name)), { recursive: true })
  writeFileSync(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content, null, '\t'), { mode: 0o600 })
  return name
}

const yaml = (content: string) => write('switchyard.yaml', content)

describe('where a value comes from', () => {
  test('without anything, every setting has its default and says so', () => {
    const { config, origins, warnings } = load()
    expect(config).toEqual({
      server: {
        transport: 'sse',
        host: '127.0.0.1',
        port: 9090,
        admin: true,
        adminPort: 9091,
        advertisedHost: null,
        publicUrl: null,
        allowedHosts: [],
        corsOrigins: [],
        trustedProxies: [],
        stopDelay: 1,
      },
      dataDir: defaultDataDir({ env: {}, home: '/home/ann' }),
      logging: { level: 'info', format: 'auto', file: null, maxFileSize: 10_000_000, backupCount: 5 },
      auth: {
        mode: 'auto',
        tokenTtl: 1800,
        oidc: {
          issuer: null,
          audience: null,
          jwksUrl: null,
          clockSkew: 60,
          scopeClaims: ['scope', 'groups', 'roles'],
          scopeMap: {},
          nameClaim: 'preferred_username',
          roles: {},
          clientId: null,
          clientSecret: null,
          requestScopes: ['profile', 'email'],
          redirectUrl: null,
        },
      },
      secretKey: null,
      database: { url: null, poolSize: 10, minFree: 67_108_864 },
      redis: { url: null },
      proxyRegistration: {
        enabled: false,
        proxyUrl: 'http://localhost:3004',
        serverId: 'switchyard',
        serverName: 'Switchyard',
        description: 'Tools of several systems behind one switch',
        version: null,
        uuid: null,
        registrationTimeout: 30,
        retryAttempts: 3,
        retryDelay: 5,
        autoRegisterOnStartup: true,
        autoUnregisterOnShutdown: true,
        heartbeat: { enabled: true, interval: 30, url: null },
        ssl: { cert: null, key: null, ca: null },
        token: null,
        apiKey: null,
      },
      registrations: { lease: 90, allowPrivate: null, ssl: { cert: null, key: null, ca: null } },
      rateLimit: { requests: 600, window: 60, perAddress: 3_000, wrongCredentials: 60 },
      circuitBreaker: { failureThreshold: 5, recoveryTimeout: 30 },
      audit: 'buffered',
      ssl: {
        enabled: false,
        certFile: null,
        keyFile: null,
        keyPassphrase: null,
        mode: 'tls',
        caCert: null,
        crlFile: null,
        redirectPort: null,
        clients: [],
      },
      limits: {
        body: 4 * 2 ** 20,
        sessions: 1000,
        sessionsPerKey: 50,
        sessionIdle: 1800,
        callTimeout: 30,
        history: 16 * 2 ** 10,
        concurrentPerCaller: 100,
        loopLag: 0.2,
        connections: 4_000,
        headersTimeout: 15,
        bodyTimeout: 30,
        readerTimeout: 30,
        ping: 15,
      },
      access: { default: 'allow', rules: [] },
      pinning: { mode: 'warn' },
      approval: { tools: [], destructive: 'off', timeout: 600, by: ['panel', 'elicitation'] },
      commands: { directory: null, disabled: [], strict: true, autoFix: false, jobs: 10 },
      oauth2: {
        enabled: 'auto',
        codeTtl: 120,
        accessTtl: 3600,
        refreshTtl: 14 * 86_400,
        refreshGrace: 60,
        allowedRedirectUris: [
          'https://claude.ai/api/mcp/auth_callback',
          'https://claude.com/api/mcp/auth_callback',
          'https://chatgpt.com/connector_platform_oauth_redirect',
          'https://chatgpt.com/connector/oauth/*',
        ],
      },
      onec: {
        url: null,
        username: null,
        password: null,
        authMode: 'none',
        serviceRoot: 'mcp',
        unlockCode: null,
        timeout: null,
        transport: 'http',
        fileExchangeDir: null,
        filePollInterval: null,
        fileTimeout: null,
        httppollHost: '127.0.0.1',
        httppollPort: 9095,
        httppollToken: null,
        httppollTimeout: null,
      },
      upstreams: [],
    })
    expect(new Set(origins.values())).toEqual(new Set(['default']))
    expect([...origins.keys()]).toEqual(rows.map((row) => row.path))
    expect(warnings).toEqual([])
  })

  const file = 'server: { port: 1001 }'
  test.each([
    { given: 'file', sources: {}, port: 1001, origin: 'file switchyard.yaml' },
    { given: 'file, env file', sources: { flags: { 'env-file': 'local.env' } }, port: 1002, origin: 'MCP_PORT in local.env' },
    {
      given: 'file, env file, environment',
      sources: { flags: { 'env-file': 'local.env' }, env: { MCP_PORT: '1003' } },
      port: 1003,
      origin: 'MCP_PORT',
    },
    {
      given: 'file, env file, environment, flag',
      sources: { flags: { 'env-file': 'local.env', port: '1004' }, env: { MCP_PORT: '1003' } },
      port: 1004,
      origin: '--port',
    },
  ])('of $given the last one wins', ({ sources, port, origin }) => {
    yaml(file)
    write('local.env', 'MCP_PORT=1002\n')
    const { config, origins } = load(sources)
    expect(config.server.port).toBe(port)
    expect(origins.get('server.port')).toBe(origin)
  })

  test('what holders of client certificates may do is a list in a file, and the same list as JSON in a variable', () => {
    const given = [
      { subject: 'ou=agents', scopes: ['call', 'read'] },
      { subject: '*', scopes: ['read'] },
    ]
    const read = [
      { subject: 'OU=agents', scopes: ['read', 'call'] },
      { subject: '*', scopes: ['read'] },
    ]
    const env = { MCP_SSL_ENABLED: 'no', MCP_SSL_CA_CERT: 'ca.pem' }
    expect(load({ env: { ...env, MCP_SSL_CLIENTS: JSON.stringify(given) } }).config.ssl.clients).toEqual(read)
    yaml(`ssl: { clients: ${JSON.stringify(given)} }`)
    expect(load({ env }).config.ssl.clients).toEqual(read)
  })

  test('an older name in the environment wins over ours in the env file', () => {
    write('local.env', 'MCP_PORT=1002\n')
    expect(load({ flags: { 'env-file': 'local.env' }, env: { APP_PORT: '1003' } }).config.server.port).toBe(1003)
  })

  test('an empty variable counts as not set', () => {
    expect(load({ env: { MCP_PORT: '', DATABASE_URL: '', MCP_CONFIG: '' } }).origins.get('server.port')).toBe('default')
  })

  test('a null in the file leaves the default', () => {
    yaml('server: { port: null }\nlogging:\nredis: { url: ~ }')
    expect(load().origins.get('server.port')).toBe('default')
  })

  test('the configuration cannot be changed, however deep', () => {
    write('switchyard.json', { mcpServers: { a: { command: 'a', args: ['x'] } } })
    const { config } = load()
    expect(() => config.server.allowedHosts.push('x')).toThrow(TypeError)
    expect(() => Object.assign(servers(config)[0]!.transport, { command: 'b' })).toThrow(TypeError)
  })

  test.each([
    ['linux', {}, '/home/ann/.local/share/switchyard'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/switchyard'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/switchyard'],
    ['darwin', {}, '/home/ann/Library/Application Support/switchyard'],
    ['win32', { LOCALAPPDATA: '/home/ann/Local' }, '/home/ann/Local/switchyard'],
  ] as const)('on %s with %j data lives in %s', (platform, env, directory) => {
    expect(defaultDataDir({ env, home: '/home/ann' }, platform)).toBe(directory)
  })
})

describe('what a value may look like', () => {
  test.each([
    ['MCP_PORT', '99999', 'server.port must be 0 to 65535, got 99999 (MCP_PORT)'],
    ['MCP_PORT', '80.5', 'server.port must be 0 to 65535, got 80.5 (MCP_PORT)'],
    ['MCP_PORT', 'http', 'server.port must be 0 to 65535, got http (MCP_PORT)'],
    [
      'MCP_HOST',
      'localhost:9090',
      'server.host must be a host name or an IP address, without a port, got localhost:9090 (MCP_HOST)',
    ],
    ['MCP_TRANSPORT', 'ftp', 'server.transport must be sse, stdio or both, got ftp (MCP_TRANSPORT)'],
    ['MCP_ADMIN', 'maybe', 'server.admin must be true or false, got maybe (MCP_ADMIN)'],
    ['MCP_PUBLIC_URL', 'x.example', 'server.public_url must be an http:// or https:// URL, got x.example (MCP_PUBLIC_URL)'],
    [
      'MCP_TRUSTED_PROXIES',
      '10.0.0.0/40',
      'server.trusted_proxies must be a list of IP addresses or networks such as 10.0.0.0/8, got 10.0.0.0/40 (MCP_TRUSTED_PROXIES)',
    ],
    ['LOG_LEVEL', 'loud', 'logging.level must be debug, info, warn or error, got loud (LOG_LEVEL)'],
    ['LOG_LEVEL', 'constructor', 'logging.level must be debug, info, warn or error, got constructor (LOG_LEVEL)'],
    ['MCP_AUDIT', 'none', 'audit must be buffered or strict, got none (MCP_AUDIT)'],
    [
      'MCP_CALL_TIMEOUT',
      '1y',
      'limits.call_timeout must be 100ms to 1d (seconds, or with a unit such as 500ms or 30m), got 1y (MCP_CALL_TIMEOUT)',
    ],
    [
      'MCP_MAX_BODY',
      '1B',
      'limits.body must be 1KiB to 1GiB (bytes, or with a unit such as 10MB or 4MiB), got 1B (MCP_MAX_BODY)',
    ],
    // A secret is not repeated.
    ['DATABASE_URL', 'mysql://ann:hush@db/x', 'database.url must be postgres://user:password@host:port/name (DATABASE_URL)'],
    ['REDIS_URL', 'hush', 'redis.url must be redis://:password@host:port/number (REDIS_URL)'],
  ])('refuses %s=%s and says what is right', (name, value, problem) => {
    expect(problemsOf({ env: { [name]: value } })).toEqual([problem])
  })

  test('reads sizes and times with units, lists with commas, words in any case', () => {
    const { config } = load({
      env: {
        MCP_LOG_MAX_FILE_SIZE: '1.5 MB',
        MCP_MAX_BODY: '8MiB',
        MCP_SESSION_IDLE: '2h',
        MCP_STOP_DELAY: '500ms',
        RATE_LIMIT_WINDOW: '90',
        MCP_ALLOWED_HOSTS: 'a.example, b.example:8443,',
        MCP_TRUSTED_PROXIES: '10.0.0.0/8,::1',
        LOG_LEVEL: 'WARNING',
        MCP_ADMIN: 'Off',
      },
    })
    expect(config.logging).toMatchObject({ maxFileSize: 1_500_000, level: 'warn' })
    expect(config.limits).toMatchObject({ body: 8 * 2 ** 20, sessionIdle: 7200 })
    expect(config.rateLimit.window).toBe(90)
    expect(config.server).toMatchObject({
      stopDelay: 0.5,
      allowedHosts: ['a.example', 'b.example:8443'],
      trustedProxies: ['10.0.0.0/8', '::1'],
      admin: false,
    })
  })

  test('an IPv6 address comes out without brackets', () => {
    expect(load({ env: { MCP_HOST: '[::1]' } }).config.server.host).toBe('::1')
  })

  test('a path starts at the file that it stands in, at the current directory elsewhere, and ~ is home', () => {
    write('conf/switchyard.yaml', 'commands: { commands_directory: ./own }\nlogging: { file: ~/log/s.log }')
    const { config } = load({ flags: { config: 'conf/switchyard.yaml', 'data-dir': 'data' } })
    expect(config.commands.directory).toBe(join(cwd, 'conf/own'))
    expect(config.dataDir).toBe(join(cwd, 'data'))
    expect(config.logging.file).toBe('/home/ann/log/s.log')
  })

  test('a section that is no section is refused with its keys', () => {
    yaml('auth: required\nredis: redis://:hush@r')
    expect(problemsOf()).toEqual([
      'auth must be a section with mode, token_ttl, oidc, got text (file switchyard.yaml)',
      'redis must be a section with url, got text (file switchyard.yaml)',
    ])
  })
})

describe('the file', () => {
  test.each(['switchyard.yaml', 'switchyard.yml', 'switchyard.json'])('%s in the current directory is read', (name) => {
    write(name, { server: { admin_port: 7 }, rate_limit: { requests: 5 } })
    const { config, origins } = load()
    expect(config.server.adminPort).toBe(7)
    expect(config.rateLimit.requests).toBe(5)
    expect(origins.get('server.admin_port')).toBe(`file ${name}`)
  })

  test('MCP_CONFIG names a file, --config another one that wins, and both win over the usual names', () => {
    yaml('server: { port: 1 }')
    write('a.yaml', 'server: { port: 2 }')
    write('b.json', '\uFEFF{ "server": { "port": 3 } }')
    expect(load({ env: { MCP_CONFIG: 'a.yaml' } }).config.server.port).toBe(2)
    expect(load({ env: { MCP_CONFIG: 'a.yaml' }, flags: { config: 'b.json' } }).config.server.port).toBe(3)
  })

  test('a file that was asked for and is not there is a problem, and so is an env file', () => {
    expect(problemsOf({ flags: { config: 'no.yaml', 'env-file': 'no.env' } })).toEqual([
      expect.stringMatching(/^--env-file no\.env cannot be read: ENOENT/),
      expect.stringMatching(/^file no\.yaml cannot be read: ENOENT/),
    ])
  })

  test('a broken file is told by line and column, without quoting it', () => {
    yaml('server:\n  port: 1\nsecret_key: "hush')
    const [problem] = problemsOf()
    expect(problem).toMatch(/^file switchyard\.yaml is neither YAML nor JSON: .* at line 3, column \d+$/)
    expect(problem).not.toContain('hush')
  })

  test('a file that holds a list is refused', () => {
    yaml('- server')
    expect(problemsOf()).toEqual(['the configuration must be a mapping of settings, got a list (file switchyard.yaml)'])
  })

  test('an empty file changes nothing', () => {
    yaml('# later\n')
    expect(load().config.server.port).toBe(9090)
  })

  test.each([
    ['server: { prot: 1 }', 'unknown key server.prot: did you mean server.port?'],
    ['server: { adminPort: 1 }', 'unknown key server.adminPort: did you mean server.admin_port?'],
    ['servr: { port: 1 }', 'unknown key servr: did you mean server?'],
    ['admin_port: 1', 'unknown key admin_port: did you mean server.admin_port?'],
    ['mcp_servers: {}', 'unknown key mcp_servers: did you mean mcpServers?'],
    ['commands: { directory: x }', 'unknown key commands.directory: did you mean commands.commands_directory?'],
    ['redis: { certificate: x }', 'unknown key redis.certificate: known here are url'],
    ['constructor: 1', /^unknown key constructor: known here are server, data_dir, .*, upstreams, mcpServers/],
    ['upstreams: [{ name: a, kind: mcp, command: a, urll: b }]', 'upstreams[0] a: unknown key urll: did you mean url?'],
  ])('%s is an error that names the nearest known key', (content, problem) => {
    yaml(content)
    const expected = typeof problem === 'string' ? `${problem} (file switchyard.yaml)` : expect.stringMatching(problem)
    expect(problemsOf()).toEqual([expected])
  })
})

describe('variables inside the file', () => {
  test.each([
    ['${A}', 'one'],
    ['x-${A}-${A}', 'x-one-one'],
    ['${env:A}', 'one'],
    ['${MISSING:-two}', 'two'],
    ['${EMPTY:-two}', 'two'],
    ['${MISSING:-}x', 'x'],
    ['${EMPTY}x', 'x'],
    ['$${A}', '${A}'],
    ['$A costs 5$', '$A costs 5$'],
    ['${userHome}/x', '/home/ann/x'],
  ])('%s becomes %s', (written, filled) => {
    write('switchyard.json', { mcpServers: { a: { command: written } } })
    expect(servers(load({ env: { A: 'one', EMPTY: '' } }).config)[0]?.transport).toMatchObject({ command: filled })
  })

  test('reaches settings that are no text, and takes from the env file', () => {
    yaml('server: { port: "${OWN_PORT}" }')
    write('local.env', 'OWN_PORT=4711')
    expect(load({ flags: { 'env-file': 'local.env' } }).config.server.port).toBe(4711)
  })

  test('a missing one and one that cannot be read are problems that say where', () => {
    yaml('mcpServers: { a: { command: a, args: [x, "${GONE}", "${A-B}"] } }')
    expect(problemsOf()).toEqual([
      'mcpServers.a.args[1] needs the variable GONE, which is not set: set it, or write ${GONE:-default} (file switchyard.yaml)',
      'mcpServers.a.args[2] must have ${NAME} or ${NAME:-default}, or $${ for a literal one, got ${A-B} (file switchyard.yaml)',
    ])
  })
})

describe('names of older systems', () => {
  test.each([
    [{ APP_PORT: '1' }, 'server.port', 'APP_PORT'],
    [{ APP__PORT: '1' }, 'server.port', 'APP__PORT'],
    [{ APP_HOST: '::1' }, 'server.host', 'APP_HOST'],
    [{ APP__HOST: '::1' }, 'server.host', 'APP__HOST'],
    [{ ADMIN_PORT: '1' }, 'server.admin_port', 'ADMIN_PORT'],
    [{ LOG_LEVEL: 'debug' }, 'logging.level', 'LOG_LEVEL'],
    [{ MCP_LOG_LEVEL: 'debug' }, 'logging.level', 'MCP_LOG_LEVEL'],
    [{ LOGGER__LEVEL: 'DEBUG' }, 'logging.level', 'LOGGER__LEVEL'],
    [{ DATABASE_URL: 'postgresql+asyncpg://u:p@h/d' }, 'database.url', 'DATABASE_URL'],
    [{ RATE_LIMIT_REQUESTS: '1' }, 'rate_limit.requests', 'RATE_LIMIT_REQUESTS'],
    [{ HOST: '0.0.0.0', PORT: '1' }, 'server.port', 'default'],
  ] as [Record<string, string>, string, string][])('%j settles %s from %s', (env, path, origin) => {
    expect(load({ env }).origins.get(path)).toBe(origin)
  })

  test('pieces of a database address become one URL', () => {
    const { config, origins } = load({
      env: { DB_HOST: 'db', DB_PORT: '5433', DB_USER: 'ann', DB_PASSWORD: 'p@ss/w', DB_NAME: 'tools' },
    })
    expect(config.database.url).toBe('postgres://ann:p%40ss%2Fw@db:5433/tools')
    expect(origins.get('database.url')).toBe('DB_HOST')
  })

  test('pieces may have other prefixes, stand in different places, and the password in a file', () => {
    write('local.env', 'DATABASE__HOST=::1\nDATABASE__USER=ann\nDATABASE__NAME=tools')
    write('password', 'hush\n')
    const { config } = load({ flags: { 'env-file': 'local.env' }, env: { DB_PASSWORD_FILE: 'password' } })
    expect(config.database.url).toBe('postgres://ann:hush@[::1]:5432/tools')
  })

  test('pieces of a Redis address become one URL', () => {
    expect(load({ env: { REDIS_HOST: 'r' } }).config.redis.url).toBe('redis://r:6379/0')
    const env = { REDIS_HOST: 'r', REDIS_PORT: '6380', REDIS_PASSWORD: 'p:w', REDIS_DB: '2' }
    expect(load({ env }).config.redis.url).toBe('redis://:p%3Aw@r:6380/2')
  })

  test('DATABASE_URL wins over pieces, and pieces without a host mean nothing', () => {
    expect(load({ env: { DATABASE_URL: 'postgres://u@h/d', DB_HOST: 'other' } }).config.database.url).toBe('postgres://u@h/d')
    expect(load({ env: { DB_PASSWORD: 'x', DATABASE__PASSWORD: 'y', REDIS_PORT: '1' } }).config.database.url).toBeNull()
  })

  test('a host without the rest says what is missing', () => {
    expect(problemsOf({ env: { DB_HOST: 'db' } })).toEqual([
      'DB_HOST is set, but not DB_USER and DB_NAME: set all of them, or DATABASE_URL',
    ])
  })

  test('two names that disagree are a problem that names both; two that agree are none', () => {
    expect(problemsOf({ env: { MCP_PORT: '1', APP_PORT: '2' } })).toEqual(['MCP_PORT and APP_PORT disagree: set one of them'])
    expect(problemsOf({ env: { LOG_LEVEL: 'WARN', LOGGER__LEVEL: 'warning' } })).toEqual([])
    expect(problemsOf({ env: { DB_HOST: 'a', DATABASE__HOST: 'b', DB_USER: 'u', DB_NAME: 'n' } })).toEqual([
      'DB_HOST and DATABASE__HOST disagree: set one of them',
    ])
  })

  test("Kubernetes' own REDIS_PORT=tcp://... is not taken for a port", () => {
    const env = { REDIS_HOST: 'redis', REDIS_PORT: 'tcp://10.0.0.7:6379', APP_PORT: 'tcp://10.0.0.8:80' }
    const { config } = load({ env })
    expect(config.redis.url).toBe('redis://redis:6379/0')
    expect(config.server.port).toBe(9090)
  })

  test('an unknown MCP_ variable is a warning that names the nearest, unless it is known to belong to others', () => {
    const env = {
      MCP_PROT: '1',
      MCP_GREETINGS: 'x',
      MCP_TIMEOUT: '1',
      MCP_TOOL_TIMEOUT: '1',
      MCP_SERVICE_HOST: 'x',
      OTHER: '1',
    }
    expect(load({ env }).warnings).toEqual([
      'MCP_PROT is not a setting and was ignored: did you mean MCP_PORT?',
      'MCP_GREETINGS is not a setting and was ignored',
    ])
  })
})

describe('secrets', () => {
  test('may stand in files, without the newline at the end', () => {
    write('key', `${goodKey}\n`)
    write('db', ' postgres://u:p@h/d \n')
    const { config, origins } = load({ env: { SECRET_KEY_FILE: 'key', DATABASE_URL_FILE: join(cwd, 'db') } })
    expect(config.secretKey).toBe(goodKey)
    expect(config.database.url).toBe('postgres://u:p@h/d')
    expect(origins.get('secret_key')).toBe('SECRET_KEY_FILE')
  })

  test('only a secret may stand in a file', () => {
    expect(load({ env: { MCP_PORT_FILE: 'x' } }).warnings).toHaveLength(1)
  })

  test('given twice, unreadable and empty are problems', () => {
    write('empty', '\n')
    const env = { SECRET_KEY: goodKey, SECRET_KEY_FILE: 'x', REDIS_URL_FILE: 'gone', DATABASE_URL_FILE: 'empty' }
    expect(problemsOf({ env })).toEqual([
      'SECRET_KEY and SECRET_KEY_FILE are both set: set one of them',
      'DATABASE_URL_FILE must name a file with the secret in it, but empty is empty',
      expect.stringMatching(/^REDIS_URL_FILE must name a file with the secret in it, but gone cannot be read: ENOENT/),
    ])
  })

  test.each([
    ['secret', 0o644, 'can be read by every user of this machine: chmod 600'],
    ['secret', 0o602, 'can be written by every user of this machine: chmod 600'],
    ['folder', 0o700, 'is a directory, and must be a file'],
    ['large', 0o600, 'has 65537 bytes: a secret has at most 65536'],
  ])('in %s of mode %o are refused, and it is said why', (name, mode, why) => {
    if (name === 'folder') mkdirSync(join(cwd, name))
    else write(name, name === 'large' ? 'x'.repeat(65_537) : goodKey)
    chmodSync(join(cwd, name), mode)
    expect(problemsOf({ env: { SECRET_KEY_FILE: name } })).toEqual([
      expect.stringContaining(`SECRET_KEY_FILE must name a file with the secret in it, but ${name} ${why}`),
    ])
  })

  test('may be read by the group of their file, and by everybody where Kubernetes keeps them', () => {
    write('secret', goodKey)
    chmodSync(join(cwd, 'secret'), 0o640)
    expect(load({ env: { SECRET_KEY_FILE: 'secret' } }).config.secretKey).toBe(goodKey)
    write('mount/..2026_11_26_10_00_00.123/key', goodKey)
    chmodSync(join(cwd, 'mount/..2026_11_26_10_00_00.123/key'), 0o644)
    symlinkSync('..2026_11_26_10_00_00.123', join(cwd, 'mount/..data'))
    symlinkSync('..data/key', join(cwd, 'mount/key'))
    expect(load({ env: { SECRET_KEY_FILE: 'mount/key' } }).config.secretKey).toBe(goodKey)
  })

  test('in a file of settings make that file one of their own kind', () => {
    write('prod.env', `SECRET_KEY=${goodKey}\n`)
    yaml('upstreams: [{ name: shop, kind: jsonrpc, url: "http://shop/cmd", headers: { X-API-Key: "a key of the shop" } }]')
    for (const name of ['prod.env', 'switchyard.yaml']) chmodSync(join(cwd, name), 0o644)
    expect(problemsOf({ flags: { 'env-file': 'prod.env' } })).toEqual([
      `switchyard.yaml holds a secret and can be read by every user of this machine: chmod 600 ${join(cwd, 'switchyard.yaml')}, or take the secret from a variable (\${NAME}) or a file`,
      `--env-file prod.env holds a secret and can be read by every user of this machine: chmod 600 ${join(cwd, 'prod.env')}, or take the secret from a variable (\${NAME}) or a file`,
    ])
  })

  test('that a file of settings takes from somewhere else leave it open to everybody', () => {
    write('key-of-shop', 'a key of the shop\n')
    yaml('upstreams: [{ name: shop, kind: jsonrpc, url: "http://shop/cmd", headers: { X-API-Key: "${SHOP_KEY}" } }]')
    chmodSync(join(cwd, 'switchyard.yaml'), 0o644)
    const { config } = load({ env: { SHOP_KEY_FILE: 'key-of-shop' } })
    expect(config.upstreams).toMatchObject([{ service: { headers: { 'X-API-Key': 'a key of the shop' } } }])
  })

  test('of upstreams may stand in files, each of them', () => {
    for (const name of ['phrase', 'token', 'code', 'secret']) write(name, `the ${name}-of-sixteen-letters\n`.replaceAll(' ', '-'))
    yaml(`
upstreams:
  - { name: a, kind: onec, url: http://srv/base, key_passphrase_file: phrase, unlock_code_file: code }
  - { name: b, kind: onec, transport: httppoll, host: 0.0.0.0, token_file: token }
  - { name: c, kind: mcp, url: https://c.example/mcp, oauth: { client_id: us, client_secret_file: secret } }
`)
    expect(load().config.upstreams).toMatchObject([
      { way: { service: { tls: { passphrase: 'the-phrase-of-sixteen-letters' } }, unlockCode: 'the-code-of-sixteen-letters' } },
      { way: { token: 'the-token-of-sixteen-letters' } },
      { oauth: { clientSecret: 'the-secret-of-sixteen-letters' } },
    ])
  })

  test.each([
    ['short', 'secret_key must hold at least 32 random bytes, got about 3'],
    ['9f86d081884c7d659a2feaa0c55ad015', 'secret_key must hold at least 32 random bytes, got about 16'],
    ['Zk3v8QmX1pLw9TzR4bYc7NhG2sJd6FaU', 'secret_key must hold at least 32 random bytes, got about 24'],
    ['changeme', 'secret_key must be random, but looks like a placeholder'],
    ['your-secret-key-for-production-use-only', 'secret_key must be random, but looks like a placeholder'],
    ['a'.repeat(80), 'secret_key must be random, but repeats itself'],
    ['0123456789abcdef'.repeat(4), 'secret_key must be random, but repeats itself'],
  ])('%s is too weak a secret key, on a loopback address too', (key, problem) => {
    expect(problemsOf({ env: { SECRET_KEY: key } })).toEqual([
      `${problem} (SECRET_KEY): make one with \`openssl rand -base64 48\``,
    ])
  })

  test.each(['0.0.0.0', '::', '192.168.1.5', 'switch.example'])('%s needs a secret key', (host) => {
    expect(problemsOf({ flags: { host } })).toEqual([
      `secret_key must be set, because others can reach ${host} (server.host, --host): make one with \`openssl rand -base64 48\` and put it into SECRET_KEY`,
    ])
    expect(problemsOf({ flags: { host }, env: { SECRET_KEY: goodKey } })).toEqual([])
  })

  test.each(['localhost', '127.0.0.1', '127.3.2.1', '::1'])('%s needs none', (host) => {
    expect(problemsOf({ flags: { host } })).toEqual([])
  })

  test('nobody can reach a process that opens no port', () => {
    expect(problemsOf({ flags: { host: '0.0.0.0', transport: 'stdio', admin: false } })).toEqual([])
    expect(problemsOf({ flags: { host: '0.0.0.0', transport: 'stdio' } })).toHaveLength(1)
  })

  test('auth.mode required needs a secret key as well', () => {
    expect(problemsOf({ env: { MCP_AUTH: 'required' } })).toEqual([
      'secret_key must be set, because everybody must sign in (auth.mode, MCP_AUTH): make one with `openssl rand -base64 48` and put it into SECRET_KEY',
    ])
  })
})

test('the two ports must differ, unless one of them is not opened or chosen by the system', () => {
  expect(problemsOf({ flags: { port: '7000', 'admin-port': '7000' } })).toEqual([
    'server.port (--port) and server.admin_port (--admin-port) must differ, got 7000 for both',
  ])
  expect(problemsOf({ flags: { port: '9091', admin: false } })).toEqual([])
  expect(problemsOf({ flags: { port: '9091', transport: 'stdio' } })).toEqual([])
  expect(problemsOf({ flags: { port: '0', 'admin-port': '0' } })).toEqual([])
})

describe('upstreams', () => {
  test('a configuration of Claude Desktop works as it is', () => {
    write('claude_desktop_config.json', {
      mcpServers: {
        filesystem: { command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '/home/ann/Desktop'] },
        github: { command: 'docker', args: ['run', '-i', '--rm'], env: { GITHUB_PERSONAL_ACCESS_TOKEN: 'ghp_1', RETRIES: 3 } },
      },
    })
    const { config, origins } = load({ flags: { config: 'claude_desktop_config.json' } })
    expect(config.upstreams).toEqual([
      {
        name: 'filesystem',
        kind: 'mcp',
        prefix: 'filesystem_',
        timeout: 30,
        disabled: false,
        maxConcurrent: null,
        sessions: 'client',
        protocol: 'auto',
        transport: {
          type: 'stdio',
          command: 'npx',
          args: ['-y', '@modelcontextprotocol/server-filesystem', '/home/ann/Desktop'],
          env: {},
          cwd: null,
        },
      },
      expect.objectContaining({
        name: 'github',
        transport: expect.objectContaining({ env: { GITHUB_PERSONAL_ACCESS_TOKEN: 'ghp_1', RETRIES: '3' } }),
      }),
    ])
    expect(origins.get('upstreams.github')).toBe('file claude_desktop_config.json')
  })

  test('a configuration of Cursor works as it is, with the members that clients add for themselves', () => {
    write('.cursor/mcp.json', {
      mcpServers: {
        local: {
          type: 'stdio',
          command: 'node',
          args: ['${workspaceFolder}/s.js'],
          envFile: '.env',
          cwd: 'work',
          autoApprove: ['x'],
        },
        remote: {
          url: 'https://docs.example/mcp',
          headers: { Authorization: 'Bearer ${env:TOKEN}' },
          alwaysAllow: [],
          timeout: 60,
        },
        old: { url: 'https://old.example/v1/sse?x=1', disabled: true },
        told: { type: 'sse', url: 'https://told.example/events' },
        streamable: { type: 'streamableHttp', url: 'https://s.example/sse', timeout: 600_000 },
        windsurf: { serverUrl: 'https://w.example/mcp' },
      },
    })
    const { config } = load({ flags: { config: '.cursor/mcp.json' }, env: { TOKEN: 't' } })
    expect(servers(config).map(({ name, transport, timeout, disabled }) => ({ name, transport, timeout, disabled }))).toEqual([
      {
        name: 'local',
        transport: { type: 'stdio', command: 'node', args: [join(cwd, '.cursor/s.js')], env: {}, cwd: join(cwd, '.cursor/work') },
        timeout: 30,
        disabled: false,
      },
      {
        name: 'remote',
        transport: { type: 'http', url: 'https://docs.example/mcp', headers: { Authorization: 'Bearer t' } },
        timeout: 60,
        disabled: false,
      },
      {
        name: 'old',
        transport: { type: 'sse', url: 'https://old.example/v1/sse?x=1', headers: {} },
        timeout: 30,
        disabled: true,
      },
      { name: 'told', transport: { type: 'sse', url: 'https://told.example/events', headers: {} }, timeout: 30, disabled: false },
      {
        name: 'streamable',
        transport: { type: 'http', url: 'https://s.example/sse', headers: {} },
        timeout: 600,
        disabled: false,
      },
      { name: 'windsurf', transport: { type: 'http', url: 'https://w.example/mcp', headers: {} }, timeout: 30, disabled: false },
    ])
  })

  test.each([
    ['http://x/sse', 'sse'],
    ['http://x/v1/sse/?key=1', 'sse'],
    ['http://x/sse/more', 'http'],
    ['http://x/mcp?from=/sse', 'http'],
  ])('%s is %s unless it says something else', (url, type) => {
    write('switchyard.json', { mcpServers: { a: { url } } })
    expect(servers(load().config)[0]?.transport.type).toBe(type)
  })

  describe('oauth', () => {
    const withOAuth = (oauth: string, more = 'url: https://docs.example/mcp') =>
      yaml(`upstreams: [{ name: docs, kind: mcp, ${more}, oauth: ${oauth} }]`)
    const none = {
      grant: 'authorization_code',
      clientId: null,
      clientSecret: null,
      scope: null,
      clientMetadataUrl: null,
      redirectUrl: null,
    }

    test.each([
      ['true', none],
      ['{}', none],
      ['false', false],
      ['null', undefined],
      ['{ client_id: one, scope: read write }', { ...none, clientId: 'one', scope: 'read write' }],
      // As some AI clients write it.
      ['{ clientId: one, callbackPort: 8080 }', { ...none, clientId: 'one' }],
      [
        '{ grant: client_credentials, client_id: one, client_secret: "${A_SECRET}" }',
        { ...none, grant: 'client_credentials', clientId: 'one', clientSecret: 'hush' },
      ],
    ])('%s', (written, read) => {
      withOAuth(written)
      expect(servers(load({ env: { A_SECRET: 'hush' } }).config)[0]?.oauth).toEqual(read)
    })

    test.each([
      ['yes please', 'oauth must be false, or a mapping with some of grant, client_id'],
      ['{ client_idd: one }', 'unknown key oauth.client_idd: did you mean client_id?'],
      ['{ grant: password }', 'oauth.grant must be authorization_code or client_credentials, got password'],
      ['{ grant: client_credentials, client_id: one }', 'needs client_id and client_secret'],
      ['{ client_secret: hush }', 'oauth.client_secret needs client_id'],
      ['{ client_id: one, client_secret: [hush] }', 'oauth.client_secret must be text, got a list'],
      ['{ client_metadata_url: "http://a.example/c" }', 'oauth.client_metadata_url must be an https:// URL with a path'],
      ['{ redirect_url: "javascript:x" }', 'oauth.redirect_url must be an http:// or https:// URL'],
    ])('%s is a problem', (written, problem) => {
      withOAuth(written)
      expect(problemsOf()).toEqual([expect.stringContaining(problem)])
    })

    test.each([
      ['a program', 'command: docs', 'oauth is for servers with a url'],
      [
        'a header of its own',
        'url: "https://docs.example/mcp", headers: { authorization: x }',
        'has both oauth and a header Authorization',
      ],
    ])('and %s is a problem', (_, more, problem) => {
      withOAuth('{}', more)
      expect(problemsOf()).toEqual([expect.stringContaining(problem)])
    })

    test('is shown without its secret', () => {
      withOAuth('{ client_id: one, client_secret: hush-hush-hush }')
      const shown = JSON.stringify(showConfig(load()))
      expect(shown).toContain('"clientId":"one","clientSecret":"******"')
      expect(shown).not.toContain('hush')
    })
  })

  test('upstreams are the same in our words; the timeout is the one for calls unless given, an empty prefix keeps names', () => {
    yaml(`
limits: { call_timeout: 45 }
upstreams:
  - { name: docs, kind: mcp, url: https://docs.example/mcp, prefix: "" }
  - { name: files, kind: mcp, command: files, timeout: 2m }
mcpServers: { more: { command: more, prefix: m_ } }`)
    const { upstreams } = load().config
    expect(upstreams.map(({ name, prefix, timeout }) => [name, prefix, timeout])).toEqual([
      ['docs', '', 45],
      ['files', 'files_', 120],
      ['more', 'm_', 45],
    ])
  })

  test.each([
    ['upstreams: { a: { kind: mcp } }', 'upstreams must be a list of entries with name and kind, got a mapping'],
    ['upstreams: [x]', 'upstreams[0] must be a mapping with name and kind, got text'],
    ['mcpServers: [x]', 'mcpServers must be a mapping from names to servers, got a list'],
    ['mcpServers: { a: x }', 'mcpServers.a must be a mapping with command or url, got text'],
    [
      'upstreams: [{ name: erp, kind: soap, url: http://srv/base }]',
      'upstreams[0] erp: kind must be mcp, onec, openapi or jsonrpc, got soap',
    ],
    ['upstreams: [{ name: erp, url: http://x }]', 'upstreams[0] erp: kind must be mcp, onec, openapi or jsonrpc, got nothing'],
    [
      'mcpServers: { My Server: { command: x } }',
      'mcpServers.My Server: name must be 1 to 32 letters, digits, _ or -, and start with a letter or digit, got My Server',
    ],
    [
      'upstreams: [{ kind: mcp, command: x }]',
      'upstreams[0]: name must be 1 to 32 letters, digits, _ or -, and start with a letter or digit, got nothing',
    ],
    [
      'mcpServers: { switchyard: { command: x } }',
      'mcpServers.switchyard: the name switchyard belongs to this server, choose another one',
    ],
    [
      'upstreams: [{ name: a, kind: mcp, command: x }]\nmcpServers: { a: { command: x } }',
      'two upstreams are called a: upstreams[0] a and mcpServers.a; give one of them another name',
    ],
    [
      'mcpServers: { a: { args: [x] } }',
      'mcpServers.a must have either command (a program to start) or url (a server to connect to)',
    ],
    [
      'mcpServers: { a: { command: x, url: http://x } }',
      'mcpServers.a must have either command (a program to start) or url (a server to connect to)',
    ],
    ['mcpServers: { a: { type: sse, command: x } }', 'mcpServers.a: type sse needs url'],
    ['mcpServers: { a: { type: stdio, url: http://x } }', 'mcpServers.a: type stdio needs command'],
    ['mcpServers: { a: { type: ws, url: http://x } }', 'mcpServers.a: type must be stdio, http or sse, got ws'],
    [
      'mcpServers: { a: { url: "ftp://ann:hush@x/" } }',
      'mcpServers.a: url must be an http:// or https:// URL, got ftp://ann:******@x/',
    ],
    [
      'mcpServers: { a: { command: x, prefix: "ä b" } }',
      'mcpServers.a: prefix must be at most 40 letters, digits, _ or -, got ä b',
    ],
    ['mcpServers: { a: { command: x, args: -y } }', 'mcpServers.a: args must be a list of nothing but text, got text'],
    [
      'mcpServers: { a: { command: x, env: { T: [hush] } } }',
      'mcpServers.a: env must be a mapping from names to nothing but text, got a mapping',
    ],
    [
      'mcpServers: { a: { command: x, timeout: soon } }',
      'mcpServers.a: timeout must be 100ms to 1d (seconds, or with a unit such as 500ms or 30m), got soon',
    ],
  ])('%s is refused', (content, problem) => {
    yaml(content)
    expect(problemsOf()).toEqual([`${problem} (file switchyard.yaml)`])
  })
})

test('all problems are named at once, one a line', () => {
  yaml('server: { prot: 1, port: 99999 }\nmcpServers: { a: { url: x, headers: { A: "${GONE}" } } }')
  const problems = problemsOf({ flags: { host: '0.0.0.0', 'log-level': 'loud' }, env: { MCP_AUDIT: 'no' } })
  expect(problems.map((problem) => problem.split(/ must| needs|: /)[0])).toEqual([
    'mcpServers.a.headers.A',
    'unknown key server.prot',
    'server.port',
    'logging.level',
    'audit',
    'mcpServers.a',
    'secret_key',
  ])
  expect(new ConfigError(['a', 'b']).message).toBe('the configuration has 2 problems:\n  a\n  b')
})

describe('showing it', () => {
  test('every setting and upstream is there, with its origin and without a secret', () => {
    write('switchyard.json', {
      mcpServers: {
        program: {
          command: 'x',
          args: [
            '--api-key',
            'hush',
            '--token=hush',
            '--header',
            'X-Own: hush',
            'Authorization: Bearer hush',
            'postgres://u:hush@h/d',
            'plain',
          ],
          env: { ANY: 'hush' },
        },
        remote: { url: 'https://ann:hush@x.example/mcp?api_key=hush&page=2', headers: { Any: 'hush' } },
        token: { url: 'https://hush@x.example/mcp' },
      },
    })
    const env = { SECRET_KEY: `hush${goodKey}`, DATABASE_URL: 'postgres://ann:hush@db/tools', REDIS_URL: 'rediss://:hush@r/0' }
    const shown = showConfig(load({ env }))
    expect(JSON.stringify(shown)).not.toContain('hush')
    expect(shown.map(({ key }) => key)).toEqual([
      ...rows.map((row) => row.path),
      'upstreams.program',
      'upstreams.remote',
      'upstreams.token',
    ])
    const byKey = new Map(shown.map((entry) => [entry.key, entry]))
    expect(byKey.get('server.port')).toEqual({ key: 'server.port', value: 9090, origin: 'default' })
    expect(byKey.get('secret_key')).toEqual({ key: 'secret_key', value: '******', origin: 'SECRET_KEY' })
    expect(byKey.get('database.url')?.value).toBe('postgres://ann:******@db/tools')
    expect(byKey.get('redis.url')?.value).toBe('rediss://:******@r/0')
    expect(byKey.get('upstreams.program')).toMatchObject({
      origin: 'file switchyard.json',
      value: {
        name: 'program',
        transport: {
          command: 'x',
          args: [
            '--api-key',
            '******',
            '--token=******',
            '--header',
            '******',
            'Authorization: ******',
            'postgres://u:******@h/d',
            'plain',
          ],
          env: { ANY: '******' },
        },
      },
    })
    expect(byKey.get('upstreams.remote')?.value).toMatchObject({
      transport: { url: 'https://ann:******@x.example/mcp?api_key=******&page=2', headers: { Any: '******' } },
    })
  })

  test('a secret that is not set is shown as null', () => {
    expect(showConfig(load()).find(({ key }) => key === 'secret_key')?.value).toBeNull()
  })
})

describe('the command line', () => {
  const parser = (args: string[]) =>
    yargs(args).options(flagOptions).strictOptions().exitProcess(false).help(false).version(false).wrap(null)

  test('what was not asked for stays open, so that a file can still say it', () => {
    yaml('server: { port: 7, admin: false }')
    const { config } = load({ flags: parser(['--host', '::1']).parseSync() })
    expect(config.server).toMatchObject({ host: '::1', port: 7, admin: false })
  })

  test('--no-admin, --port 0 and --data-dir arrive', () => {
    const { config, origins } = load({ flags: parser(['--no-admin', '--port', '0', '--data-dir', '/d']).parseSync() })
    expect(config.server).toMatchObject({ admin: false, port: 0 })
    expect(config.dataDir).toBe('/d')
    expect(origins.get('server.admin')).toBe('--no-admin')
  })

  test('a flag given twice is refused', () => {
    expect(problemsOf({ flags: parser(['--port', '1', '--port', '2']).parseSync() })).toEqual([
      'server.port must be 0 to 65535, got a list (--port)',
    ])
  })

  test('an unknown flag is refused', () => {
    expect(() =>
      parser(['--prot', '1'])
        .fail((message) => {
          throw new Error(message)
        })
        .parseSync(),
    ).toThrow('Unknown argument: prot')
  })

  test('--help tells every flag with its default and its variable', async () => {
    const help = await parser([]).getHelp()
    expect(help).toMatch(/--port .*free one.* \(MCP_PORT\).*\[default: 9090\]/)
    expect(help).toMatch(/--admin .*\[boolean\] \[default: true\]/)
    for (const flag of ['config', 'env-file', ...rows.flatMap(({ setting }) => setting.flag ?? [])])
      expect(help).toContain(`--${flag} `)
  })

  test('no secret has a flag, because a command line can be read by others', () => {
    // A URL is one only where somebody has put a password into it.
    expect(rows.filter(({ setting }) => setting.secret === 'key' && setting.flag)).toEqual([])
  })

  test('no two settings share a flag or a variable', () => {
    const names = rows.flatMap(({ setting }) => [
      setting.variable,
      ...(setting.aliases ?? []),
      ...(setting.flag ? [`--${setting.flag}`] : []),
    ])
    // With proxies for 1C it says how the base is reached, in words that mean nothing to us.
    const shared = names.filter((name, index) => names.indexOf(name) !== index)
    expect(shared).toEqual(['MCP_TRANSPORT'])
  })
})

test('docs/settings.md is what its generator makes', () => {
  expect(readFileSync(pageUrl, 'utf8')).toBe(settingsPage())
})
