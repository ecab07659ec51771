/** What the settings of tokens and of a provider may be, and what is said of those that do not fit together. */
import { describe, expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../app/config.ts'
import { secretKey } from './fakes/keys.ts'

const load = (env: Record<string, string>) => loadConfig({ flags: {}, env, cwd: '/nowhere', home: '/nowhere' }).config.auth

function problemsOf(env: Record<string, string>): string[] {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const provider = {
  MCP_OIDC_ISSUER: 'https://id.example/realm',
  MCP_OIDC_AUDIENCE: 'switchyard',
  MCP_OIDC_SCOPE_MAP: '{"staff": ["call", "read"], "bosses": "admin read"}',
}

test('a provider needs an issuer, an audience and what its claims mean, and no more', () => {
  const { oidc } = load(provider)
  expect(oidc.scopeMap).toEqual({ staff: ['read', 'call'], bosses: ['read', 'admin'] })
})

test.each([
  ['30', 30 * 60],
  ['60', 3_600],
  ['90s', 90],
])('ACCESS_TOKEN_EXPIRE_MINUTES=%s is %i seconds', (text, ttl) => {
  expect(load({ ACCESS_TOKEN_EXPIRE_MINUTES: text }).tokenTtl).toBe(ttl)
})

test('MCP_TOKEN_TTL counts seconds, as everything here does', () => {
  expect(load({ MCP_TOKEN_TTL: '120' }).tokenTtl).toBe(120)
  expect(problemsOf({ MCP_TOKEN_TTL: '5' })).toEqual([expect.stringContaining('auth.token_ttl must be 1m to 1d')])
})

describe('refused with what would be right', () => {
  test.each<[string, Record<string, string>, string]>([
    ['an issuer without an audience', { ...provider, MCP_OIDC_AUDIENCE: '' }, 'auth.oidc.audience must be what tokens'],
    [
      'an audience without an issuer',
      { MCP_OIDC_AUDIENCE: 'x' },
      'auth.oidc.issuer must be given, because auth.oidc.audience is',
    ],
    ['a provider for nothing', { ...provider, MCP_OIDC_SCOPE_MAP: '' }, 'auth.oidc.scope_map must say what'],
    ['plain HTTP', { ...provider, MCP_OIDC_ISSUER: 'http://id.example' }, 'auth.oidc.issuer must begin with https://'],
    ['a password in it', { ...provider, MCP_OIDC_ISSUER: 'https://a:b@id.example' }, 'have no password in it'],
    ['keys over plain HTTP', { ...provider, MCP_OIDC_JWKS_URL: 'http://id.example/k' }, 'auth.oidc.jwks_url must begin with'],
    ['a query in the issuer', { ...provider, MCP_OIDC_ISSUER: 'https://id.example/?a=b' }, 'must have no ? and no #'],
    ['a secret without a client', { ...provider, MCP_OIDC_CLIENT_SECRET: 'x' }, 'auth.oidc.client_id must be given'],
    ['a client without a SECRET_KEY', { ...provider, MCP_OIDC_CLIENT_ID: 'x' }, 'openssl rand -base64 48'],
    ['a way back elsewhere', { ...provider, MCP_OIDC_REDIRECT_URL: 'https://mcp.example/back' }, 'must end in /api/v1/auth/oidc'],
    [
      'a scope that there is not',
      { ...provider, MCP_OIDC_SCOPE_MAP: '{"a": ["write"]}' },
      'the scopes are read, call, admin, register',
    ],
    ['a map that is none', { ...provider, MCP_OIDC_SCOPE_MAP: 'staff=read' }, 'auth.oidc.scope_map must be a mapping'],
    ['a role that there is not', { ...provider, MCP_OIDC_ROLES: '{"a": "root"}' }, 'the roles are admin, operator, viewer'],
    ['a skew of an hour', { ...provider, MCP_OIDC_CLOCK_SKEW: '1h' }, 'auth.oidc.clock_skew must be 0s to 5m'],
  ])('%s', (_, env, sentence) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(sentence)])
  })

  test.each(['http://localhost:8080/realm', 'http://127.0.0.1:8080', 'http://[::1]:8080'])('but not %s', (issuer) => {
    expect(problemsOf({ ...provider, MCP_OIDC_ISSUER: issuer })).toEqual([])
  })

  test('nor a client with everything that it needs', () => {
    const client = { MCP_OIDC_CLIENT_ID: 'panel', MCP_OIDC_CLIENT_SECRET: 'x', SECRET_KEY: secretKey }
    const back = { MCP_OIDC_REDIRECT_URL: 'https://mcp.example/admin/api/v1/auth/oidc/callback' }
    expect(problemsOf({ ...provider, ...client, ...back, MCP_OIDC_SCOPE_MAP: '' })).toEqual([])
  })
})
