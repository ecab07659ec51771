/** What is promised of tokens that an OpenID provider signed: which are taken, what they may do, and what happens when the provider changes or is away. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../app/call.ts'
import { loadConfig } from '../app/config.ts'
import { createProvider } from '../app/oidc/index.ts'
import { createTokens, type Tokens } from '../app/tokens.ts'
import { connect, textOf } from './clients.ts'
import { type CollectedLog, collectedLog } from './fakes/collected-log.ts'
import { secretKey } from './fakes/keys.ts'
import { algorithms, jwkOf, newKey, seconds, unsigned } from './fakes/oidc-keys.ts'
import { type OidcProvider, startOidcProvider } from './fakes/oidc-provider.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

const minute = 60_000

let provider: OidcProvider
let system: TestSystem
const oidc = () => ({
  issuer: provider.url,
  audience: 'switchyard',
  scope_claims: ['scope', 'groups', 'realm_access.roles'],
  scope_map: { staff: ['read', 'call'], boss: ['admin', 'read'], 'tools:call': ['call'] },
  roles: { boss: 'admin', staff: 'operator' },
})
beforeAll(async () => {
  provider = await startOidcProvider()
  system = await start({ file: { auth: { mode: 'required', oidc: oidc() } }, env: { SECRET_KEY: secretKey } })
})
afterAll(async () => {
  await system?.stop()
  await provider?.stop()
})
afterEach(() => {
  provider.away = false
  provider.hostileKeys = undefined
  provider.metadata = {}
})

interface Here extends Tokens {
  readonly log: CollectedLog
  readonly clock: { now: number }
  reason(): unknown
}

/** Somebody who checks tokens, with a clock of their own and nothing known yet. */
function checker(more: Record<string, unknown> = {}): Here {
  const clock = { now: Date.now() }
  const log = collectedLog()
  const flags = { config: undefined }
  const env = { MCP_OIDC_SCOPE_MAP: JSON.stringify(oidc().scope_map), MCP_OIDC_ROLES: JSON.stringify(oidc().roles) }
  const named = {
    MCP_OIDC_ISSUER: provider.url,
    MCP_OIDC_AUDIENCE: 'switchyard',
    MCP_OIDC_SCOPE_CLAIMS: oidc().scope_claims.join(),
  }
  const { config } = loadConfig({ flags, env: { ...env, ...named, SECRET_KEY: secretKey, ...more }, cwd: '/', home: '/' })
  const now = () => clock.now
  const from = createProvider(config.auth.oidc, log, now)
  const accounts = { find: async () => undefined, noteToken: async () => {} }
  const tokens = createTokens({ settings: config, accounts, provider: from, log, now })
  return { ...tokens, log, clock, reason: () => log.of('token refused').at(-1)?.fields.reason }
}

async function call(token: string) {
  const response = await fetch(`${system.url}/cmd`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command: 'echo', params: { message: 'hi' } }),
  })
  return `${response.status} ${await response.text()}`
}

describe('a right token', () => {
  test.each(algorithms)('signed with %s is taken', async (alg) => {
    expect(await call(await provider.token({}, provider.key(alg)))).toContain('200 {"result":{"success":true')
  })

  test('is a caller with its subject, name, scopes, role and claims, the same object each time', async () => {
    const { verify } = checker()
    const token = await provider.token({ preferred_username: 'Ada', groups: ['staff', 'other'], email: 'ada@id.example' })
    const caller = await verify(token)
    expect(caller).toEqual({
      id: 'oidc:ada-1',
      name: 'Ada',
      scopes: ['read', 'call'],
      role: 'operator',
      claims: {
        iss: provider.url,
        aud: 'switchyard',
        sub: 'ada-1',
        groups: ['staff', 'other'],
        preferred_username: 'Ada',
        email: 'ada@id.example',
      },
    })
    expect(await verify(token)).toBe(caller)
  })

  test.each<[string, Record<string, unknown>, Caller['scopes']]>([
    ['words of scope', { groups: undefined, scope: 'openid tools:call' }, ['call']],
    ['a list inside of a claim', { groups: undefined, realm_access: { roles: ['boss'] } }, ['read', 'admin']],
    ['all that fits together', { groups: ['boss', 'staff'] }, ['read', 'call', 'admin']],
  ])('gets its scopes from %s', async (_, claims, scopes) => {
    expect((await checker().verify(await provider.token(claims)))?.scopes).toEqual(scopes)
  })

  test.each<[string, () => Record<string, unknown>, Record<string, unknown>]>([
    ['for several audiences', () => ({ aud: ['other', 'switchyard'] }), {}],
    ['of the type at+jwt', () => ({}), { typ: 'at+jwt' }],
    ['without a type', () => ({}), { typ: undefined }],
    ['that has just expired, within the skew', () => ({ exp: seconds() - 30 }), {}],
    ['of a provider whose clock is ahead, within the skew', () => ({ iat: seconds() + 30, nbf: seconds() + 30 }), {}],
    ['without a kid', () => ({}), { kid: undefined }],
  ])('%s is taken', async (_, claims, header) => {
    const { verify, reason } = checker()
    expect([await verify(await provider.token(claims(), undefined, header)), reason()]).toEqual([expect.anything(), undefined])
  })

  test.each(['sse', 'http'] as const)('lets an official client in over %s, and its calls are its own', async (wire) => {
    const token = await provider.token({ preferred_username: 'Ada' })
    const client = await connect(wire, system.url, { authorization: `Bearer ${token}` })
    try {
      expect(textOf(await client.callTool({ name: 'echo', arguments: { message: 'by token' } }))).toContain('by token')
    } finally {
      await client.close()
    }
  })

  test('opens the admin API as far as its scopes go', async () => {
    const on = async (path: string, groups: string[]) => {
      const headers = { authorization: `Bearer ${await provider.token({ groups })}` }
      return (await fetch(`${system.adminUrl}/api/v1/${path}`, { headers })).status
    }
    expect([await on('tools', ['staff']), await on('sessions', ['staff']), await on('sessions', ['boss'])]).toEqual([
      200, 403, 200,
    ])
  })

  test('keeps 4 KiB of claims, those that are mapped first, and says which had no room', async () => {
    const here = checker()
    const claims = { long: 'x'.repeat(3_000), longer: 'x'.repeat(3_500), longest: 'x'.repeat(5_000), small: 1 }
    const caller = await here.verify(await provider.token(claims))
    expect(Object.keys(caller?.claims ?? {}).sort()).toEqual(['aud', 'groups', 'iss', 'long', 'small', 'sub'])
    expect(here.log.of('claims of a token have no room')[0]?.fields.left_out).toBe('longer, longest')
  })

  test('is checked once a minute at most, and not at all after its end', async () => {
    const here = checker()
    const token = await provider.token({ exp: seconds() + 30 })
    const caller = await here.verify(token)
    here.clock.now += 59_000
    expect(await here.verify(token)).toBe(caller)
    here.clock.now += 2_000
    expect(await here.verify(token)).not.toBe(caller)
    here.clock.now += minute
    expect([await here.verify(token), here.reason()]).toEqual([undefined, expect.stringContaining('exp')])
  })
})

test('every wrong token gets one and the same 401, and the log says why, without the token', async () => {
  const rsa = provider.key('RS256')
  const stranger = { ...newKey('stranger', 'RS256'), kid: rsa.kid }
  const claims = { iss: provider.url, aud: 'switchyard', sub: 'ada-1', groups: ['staff'], exp: seconds() + 300 }
  const right = await provider.token()
  const [header, body, signature] = right.split('.')
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' })
  const { SignJWT } = await import('jose')
  const asSecret = (secret: string | Buffer) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: rsa.kid }).sign(Buffer.from(secret))
  const wrong: Record<string, string> = {
    'for somebody else': await provider.token({ aud: 'another' }),
    'for nobody': await provider.token({ aud: undefined }),
    'of another issuer': await provider.token({ iss: 'https://id.example' }),
    'of nearly the issuer': await provider.token({ iss: `${provider.url}/` }),
    expired: await provider.token({ exp: seconds() - 61 }),
    'without an end': await provider.token({ exp: undefined }),
    'with an end that is a text': await provider.token({ exp: '9999999999' }),
    'not valid yet': await provider.token({ nbf: seconds() + 90 }),
    'issued in the future': await provider.token({ iat: seconds() + 90 }),
    'without a subject': await provider.token({ sub: undefined }),
    'with a subject of several lines': await provider.token({ sub: 'ada\nadmin' }),
    'for another purpose': await provider.token({}, rsa, { typ: 'logout+jwt' }),
    'with nothing that is mapped': await provider.token({ groups: ['visitors'] }),
    'with the name of something that every object has': await provider.token({ groups: ['constructor', '__proto__'] }),
    'signed by a stranger': await provider.token({}, stranger),
    'signed with a key of another kind': await provider.token({}, provider.key('ES256'), { kid: rsa.kid }),
    'signed with the public key as a secret': await asSecret(pem),
    'signed with the public key as a secret (DER)': await asSecret(rsa.publicKey.export({ type: 'spki', format: 'der' })),
    'signed with an empty secret': await asSecret('\0'),
    'not signed': unsigned({ alg: 'none' }, claims),
    'not signed, in other letters': unsigned({ alg: 'NoNe', kid: rsa.kid }, claims),
    'without its signature': `${header}.${body}.`,
    'with the signature of another': `${header}.${(await provider.token({ groups: ['boss'] })).split('.')[1]}.${signature}`,
    'with a key of its own': await provider.token({}, stranger, { jwk: await jwkOf(stranger) }),
    'with an extension that nobody knows': unsigned({ alg: 'RS256', kid: rsa.kid, crit: ['x'], x: 1 }, claims, signature),
    'that is none': 'eyJhbGciOiJSUzI1NiJ9.eyJ.x',
  }
  const answers: Record<string, string> = {}
  for (const [which, token] of Object.entries(wrong)) answers[which] = await call(token)
  const refused = answers.expired
  expect(refused).toMatch(/^401 .*this credential is not valid here, or not any more/)
  expect(answers).toEqual(Object.fromEntries(Object.keys(wrong).map((which) => [which, refused])))
  const lines = system.log.of('token refused')
  expect(lines.length).toBe(Object.keys(wrong).length)
  for (const { level, fields } of lines) {
    expect([level, typeof fields.reason]).toEqual(['info', 'string'])
    expect(JSON.stringify(fields)).not.toContain('eyJ')
  }
  const unmapped = lines.find(({ fields }) => String(fields.reason).includes('auth.oidc.scope_map'))
  expect(unmapped?.fields).toMatchObject({ claims: 'iss, aud, sub, groups, iat, exp', values: '["visitors"]' })
})

describe('keys of the provider', () => {
  test('a new one is looked for when a token has it, but every 30 seconds at most', async () => {
    const { verify, clock } = checker()
    expect(await verify(await provider.token())).toBeDefined()
    const reads = () => provider.asked.filter((what) => what === 'keys').length
    const before = reads()
    provider.keys = provider.keys.map(({ alg }) => newKey(`${alg}-2`, alg))
    const rotated = await provider.token()
    expect([await verify(rotated), reads()]).toEqual([undefined, before])
    clock.now += 30_000
    expect([await verify(rotated), reads()]).toEqual([expect.anything(), before + 1])
    for (let nth = 0; nth < 20; nth++) await verify(await provider.token({}, newKey(`made-up-${nth}`, 'ES256')))
    expect(reads()).toBe(before + 1)
  })

  test('one that is gone is not believed any longer than eleven minutes', async () => {
    const { verify, clock } = checker()
    const old = provider.key('RS256')
    const token = () => provider.token({ exp: seconds() + 3_600 }, old)
    expect(await verify(await token())).toBeDefined()
    provider.keys = provider.keys.map(({ alg }) => newKey(`${alg}-3`, alg))
    clock.now += 10 * minute
    // Read again meanwhile, and nobody waits for that.
    await verify(await token())
    await until(
      'the keys are read again',
      async () => !(await verify(await provider.token({ jti: String(Math.random()), exp: seconds() + 3_600 }, old))),
    )
  })

  test('are read once for all who come at the same time', async () => {
    const { verify } = checker()
    const before = provider.asked.length
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, nth) => provider.token({ sub: `user-${nth}` })))
    expect((await Promise.all(tokens.map(verify))).every(Boolean)).toBe(true)
    expect(provider.asked.slice(before)).toEqual(['discovery', 'keys'])
  })

  test('go on for a day when the provider is away, and then the answer is 503', async () => {
    const { verify, clock, log } = checker()
    expect(await verify(await provider.token())).toBeDefined()
    provider.away = true
    clock.now += 23 * 60 * minute
    expect(await verify(await provider.token({ exp: seconds() + 2 * 86_400 }))).toBeDefined()
    expect(log.of('keys of the provider cannot be read').length).toBe(1)
    clock.now += 61 * minute
    const late = await provider.token({ exp: seconds() + 2 * 86_400 })
    await expect(verify(late)).rejects.toMatchObject({ code: 'unavailable', data: { retry_after: 5 } })
    provider.away = false
    clock.now += 30_000
    expect(await verify(late)).toBeDefined()
  })

  test('that were never there are a 503, too, which says that it is the provider', async () => {
    provider.away = true
    await expect(checker().verify(await provider.token())).rejects.toThrow('the identity provider does not answer')
  })

  test.each<[string, () => string | Promise<string>]>([
    ['too long', () => JSON.stringify({ keys: [], more: 'x'.repeat(300_000) })],
    ['too many', () => JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) })],
    ['no JSON', () => '<html>'],
    ['a list', () => '[]'],
    ['something else', () => '{"keys": "none"}'],
    ['secrets', async () => JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', kid: 'RS256-1' }] })],
    ['broken', () => JSON.stringify({ keys: [null, 1, { kty: 'RSA' }, { kty: 'EC', crv: 'P-256' }] })],
    ['so large that a check takes long', () => JSON.stringify({ keys: [{ kty: 'RSA', e: 'AQAB', n: 'x'.repeat(20_000) }] })],
  ])('that are %s are not taken, and those from before go on', async (_, keys) => {
    const { verify, clock } = checker()
    expect(await verify(await provider.token())).toBeDefined()
    provider.hostileKeys = await keys()
    clock.now += 2 * 60 * minute
    expect(await verify(await provider.token({ exp: seconds() + 86_400 }))).toBeDefined()
    await expect(checker().verify(await provider.token())).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('one that is broken does not spoil the others, and two of one name are both tried', async () => {
    const rsa = provider.key('RS256')
    const twin = { ...newKey('twin', 'RS256'), kid: rsa.kid }
    const keys = [null, { kty: 'RSA', kid: 'half' }, await jwkOf(twin), await jwkOf(rsa), { kty: 'brand-new' }]
    provider.hostileKeys = JSON.stringify({ keys })
    const { verify } = checker()
    expect(await verify(await provider.token())).toBeDefined()
    expect(await verify(await provider.token({}, twin))).toBeDefined()
  })

  test.each<[string, () => Record<string, unknown>, string]>([
    ['speaks for another issuer', () => ({ issuer: 'https://id.example' }), 'it says that it is "https://id.example"'],
    ['sends us over plain HTTP', () => ({ jwks_uri: 'http://id.example/keys' }), 'not a https:// URL'],
    ['has no keys', () => ({ jwks_uri: undefined }), 'its jwks_uri is missing'],
    ['sends us to a file', () => ({ jwks_uri: 'file:///etc/passwd' }), 'not a https:// URL'],
  ])('are not read from a provider that %s', async (_, metadata, reason) => {
    provider.metadata = metadata()
    const { verify, log } = checker()
    await expect(verify(await provider.token())).rejects.toMatchObject({ code: 'unavailable' })
    expect(log.lines.map(({ fields }) => String(fields.reason)).join()).toContain(reason)
  })

  test('are read where the settings say, without asking where that is', async () => {
    const { verify } = checker({ MCP_OIDC_JWKS_URL: `${provider.url}/keys` })
    const before = provider.asked.length
    expect(await verify(await provider.token())).toBeDefined()
    expect(provider.asked.slice(before)).toEqual(['keys'])
  })
})
