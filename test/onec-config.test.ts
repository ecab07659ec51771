/** What may be said about 1C bases: in the file, and of one base by variables alone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OnecConfig } from '../app/config/upstream/onec.ts'
import { ConfigError, loadConfig, showConfig } from '../app/config.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'switchyard-onec-'))
})
afterEach(() => rm(home, { recursive: true }))

const load = (env: Record<string, string>, flags: Record<string, unknown> = {}) => loadConfig({ flags, env, cwd: home, home })
const bases = (env: Record<string, string>) => load(env).config.upstreams as OnecConfig[]

async function loadFile(file: object, env: Record<string, string> = {}) {
  await writeFile(join(home, 'switchyard.json'), JSON.stringify(file), { mode: 0o600 })
  return load(env)
}

function problemsOf(work: () => unknown): string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const url = 'http://srv/base'

describe('variables alone', () => {
  test('describe one base, whose names have no prefix', () => {
    const env = {
      MCP_ONEC_URL: url,
      MCP_ONEC_USERNAME: 'Робот',
      MCP_ONEC_PASSWORD: 'тайна',
      MCP_ONEC_SERVICE_ROOT: '/mcp2/',
      MCP_ONEC_UNLOCK_CODE: 'uc',
      MCP_HTTP_TIMEOUT: '45',
    }
    expect(bases(env)).toMatchObject([
      {
        name: 'onec',
        kind: 'onec',
        prefix: '',
        timeout: 45,
        username: 'Робот',
        password: 'тайна',
        way: { transport: 'http', serviceRoot: 'mcp2', unlockCode: 'uc', service: { url } },
      },
    ])
    const shown = JSON.stringify(showConfig(load(env)))
    expect(shown).not.toMatch(/тайна|"uc"/)
    expect(load(env).origins.get('upstreams.onec')).toBe('MCP_ONEC_URL')
  })

  test('describe none without a URL, and say so where there is a user', () => {
    expect(bases({})).toEqual([])
    expect(problemsOf(() => load({ MCP_ONEC_USERNAME: 'robot' }))).toEqual([
      'onec.url must be set, because onec.username is (MCP_ONEC_USERNAME): the URL of the base, such as http://srv/base',
    ])
  })

  test('take the password from a file, and may leave it empty', async () => {
    await writeFile(join(home, 'secret'), 'тайна\n', { mode: 0o600 })
    expect(bases({ MCP_ONEC_URL: url, MCP_ONEC_USERNAME: 'r', MCP_ONEC_PASSWORD_FILE: 'secret' })[0]?.password).toBe('тайна')
    expect(bases({ MCP_ONEC_URL: url, MCP_ONEC_USERNAME: 'r', MCP_ONEC_PASSWORD: '' })[0]?.password).toBe('')
  })

  test('wait 120 s unless they say otherwise; one of the names counts milliseconds', () => {
    expect(bases({ MCP_ONEC_URL: url })[0]?.timeout).toBe(120)
    expect(bases({ MCP_ONEC_URL: url, MCP_ONEC_TIMEOUT: '5000' })[0]?.timeout).toBe(5)
    expect(bases({ MCP_ONEC_URL: url, MCP_ONEC_TIMEOUT: '5000', MCP_HTTP_TIMEOUT: '5' })[0]?.timeout).toBe(5)
    expect(problemsOf(() => load({ MCP_ONEC_URL: url, MCP_ONEC_TIMEOUT: '5000', MCP_HTTP_TIMEOUT: '7' }))[0]).toMatch(/disagree/)
  })

  test('say by MCP_TRANSPORT how our clients connect, or how the base does', () => {
    const transports = (MCP_TRANSPORT: string) => {
      const { server, onec } = load({ MCP_TRANSPORT, MCP_FILE_EXCHANGE_DIR: '/x' }).config
      return [server.transport, onec.transport]
    }
    expect(['http', 'sse', 'stdio', 'both', 'file', 'httppoll'].map(transports)).toEqual([
      ['sse', 'http'],
      ['sse', 'http'],
      ['stdio', 'http'],
      ['both', 'http'],
      ['sse', 'file'],
      ['sse', 'httppoll'],
    ])
    expect(problemsOf(() => load({ MCP_TRANSPORT: 'pigeon' }))).toHaveLength(1)
  })

  test('describe a base over a directory, and one that asks for work', () => {
    expect(bases({ MCP_TRANSPORT: 'file', MCP_FILE_EXCHANGE_DIR: 'box', MCP_FILE_POLL_INTERVAL: '1' })).toMatchObject([
      { timeout: 30, way: { transport: 'file', directory: join(home, 'box'), pollEvery: 1 } },
    ])
    expect(bases({ MCP_TRANSPORT: 'httppoll', MCP_HTTPPOLL_TIMEOUT: '90' })).toMatchObject([
      { timeout: 90, way: { transport: 'httppoll', host: '127.0.0.1', port: 9095, token: null } },
    ])
    expect(problemsOf(() => load({ MCP_TRANSPORT: 'file' }))).toEqual(['onec: transport file needs a directory'])
  })

  test('that mean nothing here are named with the reason', () => {
    const { warnings } = load({ MCP_SERVER_NAME: 'Mine', MCP_CORS_ORIGINS: '["*"]' })
    expect(warnings).toEqual([
      'MCP_SERVER_NAME was ignored: clients are told that this is Switchyard',
      'MCP_CORS_ORIGINS was ignored: * would let every page on the web read what is answered here; list the origins that may',
    ])
    const { config } = load({ MCP_CORS_ORIGINS: '["https://app.example", "http://localhost:6274"]' })
    expect(config.server.corsOrigins).toEqual(['https://app.example', 'http://localhost:6274'])
  })
})

describe('ports', () => {
  test('at which a base asks for work are nobody else’s', async () => {
    const one = { name: 'one', kind: 'onec', transport: 'httppoll' }
    expect(problemsOf(() => load({ MCP_TRANSPORT: 'httppoll', MCP_HTTPPOLL_PORT: '9090' }))).toEqual([
      'the port of upstream onec (transport httppoll) must differ from server.port, got 9090 for both',
    ])
    await expect(loadFile({ upstreams: [one, { ...one, name: 'two' }] })).rejects.toThrow(
      'the port of upstream two (transport httppoll) must differ from that of upstream one, got 9095 for both',
    )
  })

  test('that others can reach need a token', () => {
    const env = { MCP_TRANSPORT: 'httppoll', MCP_HTTPPOLL_HOST: '0.0.0.0' }
    expect(problemsOf(() => load(env))[0]).toMatch(/others can reach 0\.0\.0\.0, so transport httppoll needs a token/)
    expect(problemsOf(() => load({ ...env, MCP_HTTPPOLL_TOKEN: 'x'.repeat(16) }))).toEqual([])
  })
})

test('what is wrong with a base in the file is told, each thing once', async () => {
  const wrong = [
    { name: 'a', kind: 'onec' },
    { name: 'b', kind: 'onec', url, username: 'a:b' },
    { name: 'c', kind: 'onec', url, transport: 'pigeon' },
    { name: 'd', kind: 'onec', url, username: 'r', password: 'x', password_file: './none' },
    { name: 'e', kind: 'onec', transport: 'file', directory: 'sftp://files/exchange' },
    { name: 'f', kind: 'onec', url, unlock_cod: 'x' },
  ]
  const error = (await loadFile({ upstreams: wrong }).catch((thrown: unknown) => thrown)) as ConfigError
  expect(error.problems.map((problem) => problem.replace(/ \(file .*/, ''))).toEqual([
    'upstreams[5] f: unknown key unlock_cod: did you mean unlock_code?',
    'upstreams[0] a needs a url',
    'upstreams[1] b: username must be a user name without a colon, got a:b',
    'upstreams[2] c: transport must be http, file or httppoll, got pigeon',
    'upstreams[3] d has both password and password_file: leave one of them out',
    expect.stringMatching(/^upstreams\[3] d: password_file \/.*none cannot be read: ENOENT/),
    'upstreams[4] e: directory must be a path, or ftp://user:password@host/path, got sftp://files/exchange',
  ])
})

test.each([
  ['file', { MCP_ONEC_TRANSPORT: 'file', MCP_FILE_EXCHANGE_DIR: '/srv/exchange' }],
  ['httppoll', { MCP_ONEC_TRANSPORT: 'httppoll' }],
])('nobody calls in somebody else’s name because %s knows no accounts: it is refused', (transport, env) => {
  expect(problemsOf(() => load({ ...env, MCP_AUTH_MODE: 'oauth2' }))).toEqual([
    `onec: auth_mode oauth2 needs transport http, got ${transport}`,
  ])
})

test('an FTP server is looked at less often than a directory, unless it is said', () => {
  const pollEvery = (env: Record<string, string>) => {
    const [base] = load({ MCP_ONEC_TRANSPORT: 'file', ...env }).config.upstreams as OnecConfig[]
    return base?.way.transport === 'file' ? base.way.pollEvery : undefined
  }
  expect(pollEvery({ MCP_FILE_EXCHANGE_DIR: '/srv/exchange' })).toBe(0.2)
  expect(pollEvery({ MCP_FILE_EXCHANGE_DIR: 'ftp://files/exchange' })).toBe(1)
  expect(pollEvery({ MCP_FILE_EXCHANGE_DIR: 'ftp://files/exchange', MCP_FILE_POLL_INTERVAL: '3s' })).toBe(3)
})
