/** What is promised about when people can let clients in, and that a server on somebody's own machine asks nobody for anything. */
import { afterEach, expect, test } from 'vitest'
import { letsClientsIn, loadConfig } from '../app/config.ts'
import { connect } from './clients.ts'
import { secretKey } from './fakes/keys.ts'
import { type StartOptions, start, type TestSystem } from './start.ts'

const settle = (env: Record<string, string>, flags: Record<string, unknown> = {}) =>
  loadConfig({ flags, env, cwd: '/', home: '/' }).config

const key = { SECRET_KEY: secretKey }
const base = { MCP_ONEC_URL: 'http://srv/base', MCP_AUTH_MODE: 'oauth2' }

test.each<[string, Record<string, string>, boolean]>([
  ['nothing is said', {}, false],
  ['there is a key, on this machine alone', key, false],
  ['everybody must sign in', { ...key, MCP_AUTH: 'required' }, true],
  ['others reach it', { ...key, MCP_HOST: '0.0.0.0' }, true],
  ['it has an address for others', { ...key, MCP_PUBLIC_URL: 'https://mcp.example' }, true],
  ['it has an address for others and no key', { MCP_PUBLIC_URL: 'https://mcp.example' }, false],
  ['a 1C base has accounts', base, true],
  ['somebody says yes', { MCP_OAUTH2_ENABLED: 'true' }, true],
  ['somebody says no', { ...key, MCP_HOST: '0.0.0.0', MCP_OAUTH2_ENABLED: 'no' }, false],
  ['nobody can come', { ...key, MCP_AUTH: 'required', MCP_TRANSPORT: 'stdio' }, false],
])('where %s', (_, env, expected) => {
  expect(letsClientsIn(settle(env))).toBe(expected)
})

test.each<[Record<string, string>, string]>([
  [
    { ...base, MCP_OAUTH2_ENABLED: 'false' },
    'upstream onec has auth_mode oauth2, so oauth2.enabled (MCP_OAUTH2_ENABLED) must be auto or true',
  ],
  [
    { MCP_OAUTH2_ENABLED: 'true', MCP_TRANSPORT: 'stdio' },
    'oauth2.enabled (MCP_OAUTH2_ENABLED) needs HTTP, where people sign in: server.transport must be sse or both',
  ],
])('%j is refused with a reason', (env, problem) => {
  expect(() => settle(env)).toThrow(problem)
})

let system: TestSystem | undefined
afterEach(() => system?.stop())
const begin = async (options: StartOptions) => {
  system = await start(options)
  return system
}

test.each<[string, StartOptions]>([
  ['as it comes', {}],
  ['with people who may let clients in', { env: { ...key, MCP_OAUTH2_ENABLED: 'true' } }],
])('a server on this machine answers without a credential, %s', async (_, options) => {
  const { url } = await begin(options)
  const client = await connect('http', url)
  expect((await client.listTools()).tools.length).toBeGreaterThan(0)
  await client.close()
})

test('where nobody can let a client in, no client is sent anywhere', async () => {
  const { url } = await begin({ env: { ...key, MCP_AUTH: 'required', MCP_OAUTH2_ENABLED: 'false' } })
  const answer = await fetch(`${url}/mcp`, { method: 'POST' })
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-authorization-server', '/authorize'])
    expect((await fetch(url + path)).status).toBe(404)
})
