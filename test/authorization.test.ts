/** What is promised about signing in with an account of a system behind us: the official client finds its way, and nobody else gets in. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createIdentify } from '../app/auth.ts'
import type { Realm, Welcome } from '../app/authorization/words.ts'
import { type Authorization, openAuthorization } from '../app/authorization.ts'
import { loadConfig } from '../app/config.ts'
import { silent } from '../app/log.ts'
import { createHandlers } from '../app/mcp/handlers.ts'
import { createGrantStore } from '../app/store/grants.ts'
import { createWindows } from '../app/store/windows.ts'
import { cmd } from '../app/surfaces/cmd.ts'
import { endpoints } from '../app/surfaces/oauth/endpoints.ts'
import { metadata as describing } from '../app/surfaces/oauth/metadata.ts'
import { signIn } from '../app/surfaces/oauth/sign-in.ts'
import { sse } from '../app/surfaces/sse.ts'
import { streamable } from '../app/surfaces/streamable.ts'
import type { Surface } from '../app/yard.ts'
import { textOf } from './clients.ts'
import { secretKey } from './fakes/keys.ts'
import { connectSigningIn, fillIn, Program, reconnect } from './fakes/person.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { startYard, type TestYard, upstreamTool } from './fakes/yard.ts'

const accounts: Record<string, string> = { 'Анна Петрова': 'пароль', bob: '' }
const redirect = 'http://127.0.0.1:18999/callback'

let opened: OpenStore
beforeAll(async () => {
  opened = await openEmbedded()
})
afterAll(() => opened.close())

let yard: TestYard
let authorization: Authorization
let mood: Welcome | undefined
beforeEach(async () => {
  mood = undefined
  const env = { SECRET_KEY: secretKey, MCP_OAUTH2_ALLOWED_REDIRECT_URIS: 'https://app.example/back,https://wide.example/*' }
  const { config } = loadConfig({ flags: {}, env, cwd: '/', home: '/' })
  const store = createGrantStore(opened.database)
  const windows = createWindows({ client: undefined, ready: () => false } as never)
  authorization = await openAuthorization({ realms: ['erp', 'till'], store, windows, settings: config, log: silent })
  const { verify, metadata } = authorization
  const surface =
    (open: typeof sse): Surface =>
    (it, closing) =>
      open(createHandlers(it.catalog, it.switch))(it, closing)
  yard = await startYard(
    [surface(streamable), surface(sse), cmd, describing(authorization), endpoints(authorization), signIn(authorization)],
    () => {},
    {
      env,
      identify: createIdentify({ open: () => false, verifiers: [verify], metadata }),
    },
  )
  for (const name of ['erp', 'till']) authorization.realms.add(realm(name))
})
afterEach(() => yard.stop())

/** A system with a tool for each of its accounts. */
const realm = (name: string): Realm => ({
  name,
  check: async ({ username, password }) => mood ?? (accounts[username] === password ? 'welcome' : 'wrong'),
  async greet(caller, account) {
    const { username } = account()
    const tool = upstreamTool('whoami', { inputSchema: { type: 'object' } }, async () => ({
      content: [{ type: 'text', text: `${username} at ${name}` }],
    }))
    yard.catalog.offer(name, [tool], caller.id)
  },
})

const pageFor = (more: Record<string, string> = {}) => {
  const page = new URL('/authorize', yard.url)
  const usual = {
    response_type: 'code',
    client_id: 'mcp-public-client',
    redirect_uri: redirect,
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    state: 'a state',
  }
  page.search = String(new URLSearchParams({ ...usual, ...more }))
  return page
}
const post = (path: string, form: Record<string, string>) =>
  fetch(new URL(path, yard.url), { method: 'POST', body: new URLSearchParams(form) })

describe.each(['http', 'sse'] as const)('the official client over %s', (wire) => {
  test('is sent to sign in, comes back, and acts in the name of the person', async () => {
    const anna = await connectSigningIn(yard.url, { username: 'Анна Петрова', password: 'пароль', realm: 'erp' }, { wire })
    const bob = await connectSigningIn(yard.url, { username: 'bob', password: '', realm: 'till' }, { wire })
    expect(textOf(await anna.client.callTool({ name: 'whoami' }))).toBe('Анна Петрова at erp')
    expect(textOf(await bob.client.callTool({ name: 'whoami' }))).toBe('bob at till')
    await Promise.all([anna.client.close(), bob.client.close()])
  })
})

test('the official client refreshes by itself', async () => {
  const { client, program } = await connectSigningIn(yard.url, { username: 'bob', password: '', realm: 'erp' })
  await client.close()
  const before = program.kept!
  program.kept = { ...before, access_token: `swt_${'x'.repeat(43)}` }
  const again = await reconnect(yard.url, program)
  expect(textOf(await again.callTool({ name: 'whoami' }))).toBe('bob at erp')
  expect(program.kept.refresh_token).not.toBe(before.refresh_token)
  await again.close()
})

test('a request without a token is told where to get one', async () => {
  for (const path of ['/mcp', '/sse', '/cmd']) {
    const answer = await fetch(yard.url + path, {
      method: path === '/sse' ? 'GET' : 'POST',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      body: path === '/sse' ? undefined : '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    })
    expect(answer.status).toBe(401)
    const suffix = path === '/cmd' ? '' : path
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer scope="read call", resource_metadata="${yard.url}/.well-known/oauth-protected-resource${suffix}"`,
    )
  }
  const resource = await (await fetch(`${yard.url}/.well-known/oauth-protected-resource/mcp`)).json()
  expect(resource).toMatchObject({ resource: `${yard.url}/mcp`, authorization_servers: [yard.url] })
})

describe('the page', () => {
  test.each<[Welcome, number]>([
    ['wrong', 401],
    ['forbidden', 403],
    ['broken', 502],
    ['away', 503],
  ])('of a system that answers %s says so under %i', async (answer, status) => {
    mood = answer
    const back = await fillIn(pageFor(), { username: 'bob', password: 'geheim', realm: 'erp' })
    expect(back.status).toBe(status)
    const text = await back.text()
    expect(text).toContain('role="alert"')
    expect(text).toContain('value="bob"')
    expect(text).not.toContain('geheim')
  })

  test('runs nothing, is framed by nobody, and is kept by nobody', async () => {
    const { headers } = await fetch(pageFor())
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("form-action 'self' http://127.0.0.1:18999")
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('shows what it was sent as text', async () => {
    const text = await (await fetch(pageFor({ state: '"><script>alert(1)</script>' }))).text()
    expect(text).not.toContain('<script>')
  })

  test.each([
    ['an unknown client', { client_id: 'x' }],
    ['a page on the web that nobody allowed', { redirect_uri: 'https://evil.example/back' }],
    ['a script', { redirect_uri: 'javascript:alert(1)' }],
    ['a longer name than what was allowed', { redirect_uri: 'https://app.example/back/else' }],
    ['another host that begins alike', { redirect_uri: 'https://wide.example.evil.example/' }],
  ])('goes nowhere for %s', async (_, wrong) => {
    const answer = await fetch(pageFor(wrong), { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  test.each([
    'https://app.example/back',
    'https://wide.example/any/where',
    'cursor://anysphere.cursor/callback',
    'http://[::1]:7/x',
  ])('leads back to %s', async (uri) => {
    expect((await fetch(pageFor({ redirect_uri: uri }))).status).toBe(200)
  })

  test.each([
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { code_challenge: '' }],
    ['invalid_target', { resource: 'https://other.example/mcp' }],
  ])('tells the client %s', async (error, wrong) => {
    const answer = await fetch(pageFor(wrong), { redirect: 'manual' })
    const { searchParams } = new URL(answer.headers.get('location')!)
    expect(searchParams.get('error')).toBe(error)
    expect(searchParams.get('state')).toBe('a state')
  })

  test('takes ten tries for an account, not more', async () => {
    const tries = []
    for (let i = 0; i < 11; i++) tries.push(await fillIn(pageFor(), { username: 'mallory', password: 'x', realm: 'erp' }))
    expect(tries.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429])
    expect(Number(tries.at(-1)!.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await tries.at(-1)!.text()).toContain('More than 10 tries in 15 minutes')
  })
})

describe('errors of the token endpoint have the shape that clients check', () => {
  test.each([
    ['unsupported_grant_type', 400, { grant_type: 'password', client_id: 'mcp-public-client' }],
    ['invalid_client', 401, { grant_type: 'refresh_token', client_id: 'x' }],
    ['invalid_grant', 400, { grant_type: 'refresh_token', client_id: 'mcp-public-client', refresh_token: 'x' }],
    ['invalid_grant', 400, { grant_type: 'authorization_code', client_id: 'mcp-public-client', code: 'x' }],
    ['invalid_target', 400, { grant_type: 'refresh_token', client_id: 'mcp-public-client', resource: 'https://x.example' }],
  ])('%s', async (error, status, form) => {
    const answer = await post('/token', form)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual({ error, error_description: expect.any(String) })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })
})

test('a program that could not be answered cannot register', async () => {
  const register = (redirect_uris: unknown) =>
    fetch(`${yard.url}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris, client_name: 'x' }),
    })
  expect((await register(['https://evil.example/back'])).status).toBe(400)
  expect((await register('x')).status).toBe(400)
  const answer = await register([new Program().redirectUrl])
  expect(answer.status).toBe(201)
  expect(await answer.json()).toMatchObject({ client_id: expect.stringMatching(/^swd_/), token_endpoint_auth_method: 'none' })
})

test('a revoked token is refused at once', async () => {
  const { client, program } = await connectSigningIn(yard.url, { username: 'bob', password: '', realm: 'erp' })
  expect((await post('/revoke', { token: program.kept!.access_token })).status).toBe(200)
  await expect(client.listTools()).rejects.toThrow()
  await client.close()
})
