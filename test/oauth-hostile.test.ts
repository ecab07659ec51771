/** What is promised about those who want in without having been let in: each of them gets nothing, and nobody else notices. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as consent from '../app/authorization/consent.ts'
import { createBox } from '../app/keys/box.ts'
import { auditLog } from '../app/store/schema.ts'
import { secretKey } from './fakes/keys.ts'
import { type LettingIn, people, startLettingIn } from './fakes/letting-in.ts'
import { type Asked, decide, fillIn, letIn, signInAt } from './fakes/person.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'

const callback = 'http://127.0.0.1:18999/callback'
const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

let store: OpenStore
let server: LettingIn
beforeAll(async () => {
  store = await openEmbedded()
})
afterAll(() => store.close())
beforeEach(async () => {
  server = await startLettingIn(store)
})
afterEach(() => server.stop())

async function register(redirect_uris: unknown = [callback], more: object = {}): Promise<Response> {
  const body = JSON.stringify({ client_name: 'a program', redirect_uris, ...more })
  return fetch(`${server.url}/oauth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}
const clientId = async () => ((await (await register()).json()) as { client_id: string }).client_id

async function pageOf(more: Record<string, string> = {}): Promise<URL> {
  const page = new URL('/authorize', server.url)
  page.search = String(
    new URLSearchParams({
      ...{ response_type: 'code', client_id: more.client_id ?? (await clientId()), redirect_uri: callback, state: 's' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256', resource: `${server.url}/mcp` },
      ...more,
    }),
  )
  return page
}

async function redeem(code: string, client_id: string, more: Record<string, string> = {}) {
  const form = { grant_type: 'authorization_code', code, client_id, code_verifier: verifier, redirect_uri: callback, ...more }
  const answer = await fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams(form) })
  return (await answer.json()) as Record<string, string>
}

async function letInWith(more: Record<string, string> = {}) {
  const client_id = await clientId()
  const said = await letIn(await pageOf({ client_id, ...more }), people.operator)
  return { client_id, code: said.get('code')! }
}

describe('a code', () => {
  test('is good once: the second time ends what came of the first', async () => {
    const { client_id, code } = await letInWith()
    const { access_token } = await redeem(code, client_id)
    expect(await server.authorization.verify(access_token!)).toBeDefined()
    expect(await redeem(code, client_id)).toMatchObject({ error: 'invalid_grant' })
    const { status } = await fetch(`${server.url}/api/commands`, { headers: { authorization: `Bearer ${access_token}` } })
    const rows = await store.database.db.select().from(auditLog).orderBy(auditLog.id)
    expect(rows.at(-1)).toMatchObject({ action: 'grant_ended', details: { why: 'its code was used twice' } })
    // For five seconds a verdict is remembered.
    expect([200, 401]).toContain(status)
  })

  test.each([
    ['without a verifier', { code_verifier: '' }, 'invalid_grant'],
    ['with another verifier', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
    ['with the challenge as its verifier', { code_verifier: challenge }, 'invalid_grant'],
    ['for another address', { redirect_uri: 'http://127.0.0.1:18999/else' }, 'invalid_grant'],
    ['for another server', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['for a client that nobody knows', { client_id: 'swd_v1.AAAA' }, 'invalid_client'],
  ])('is worth nothing %s', async (_, wrong, error) => {
    const { client_id, code } = await letInWith()
    expect(await redeem(code, client_id, wrong)).toMatchObject({ error, error_description: expect.any(String) })
  })

  test('is worth nothing to another client', async () => {
    const { code } = await letInWith()
    expect(await redeem(code, await clientId())).toMatchObject({ error: 'invalid_grant' })
  })
})

describe('at the page', () => {
  test.each([
    ['invalid_request', { code_challenge: '' }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_target', { resource: 'https://other.example/mcp' }],
    ['unsupported_response_type', { response_type: 'token' }],
  ])('the client is told %s, and who says so', async (error, wrong) => {
    const answer = await fetch(await pageOf(wrong), { redirect: 'manual' })
    const { searchParams } = new URL(answer.headers.get('location')!)
    expect([searchParams.get('error'), searchParams.get('iss')]).toEqual([error, server.url])
  })

  test.each([
    ['an address that was not registered', { redirect_uri: 'http://127.0.0.1:18999/else' }],
    ['an address on the web', { redirect_uri: 'https://evil.example/' }],
    ['an id that was not given here', { client_id: 'swd_v1.AAAA' }],
    ['the id of those that know no better', { client_id: 'mcp-public-client' }],
  ])('%s leads nowhere', async (_, wrong) => {
    const answer = await fetch(await pageOf(wrong), { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  test('a parameter that is there twice leads nowhere', async () => {
    const page = await pageOf()
    page.searchParams.append('redirect_uri', 'http://127.0.0.1:1/')
    expect((await fetch(page, { redirect: 'manual' })).status).toBe(400)
  })

  test('nobody frames it, runs anything on it or keeps it, before the sign-in and after', async () => {
    const page = await pageOf()
    const pages = [await fetch(page), await fillIn(page, people.operator)]
    for (const { headers, status } of pages) {
      expect(status).toBe(200)
      const policy = headers.get('content-security-policy')
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("form-action 'self' http://127.0.0.1:18999")
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.getSetCookie()).toEqual([])
    }
  })

  test('what a program calls itself is text', async () => {
    const name = '"><script>alert(1)</script>\u202Egnp.exe'
    const { client_id } = (await (await register([callback], { client_name: name })).json()) as { client_id: string }
    const { text } = await signInAt(await pageOf({ client_id }), people.operator)
    expect(text).not.toContain('<script>')
    expect(text).not.toContain('\u202E')
    expect(text).toContain('nobody has checked its name')
  })

  test('a page of another site can send nothing here', async () => {
    const asked = await signInAt(await pageOf(), people.operator)
    const body = new URLSearchParams({ consent: asked.sealed, decision: 'allow', scope: 'read' })
    const headers = { origin: 'https://evil.example' }
    const answer = await fetch(`${server.url}/authorize/consent`, { method: 'POST', body, headers, redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([403, null])
  })

  test('a name and password are tried ten times from one address, whoever is asked for', async () => {
    const page = await pageOf()
    const statuses = []
    for (const each of [...Array(11).keys()])
      statuses.push((await fillIn(page, { username: `nobody${each}`, password: 'x' })).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429])
  })

  test('who is out of force is not let in', async () => {
    await server.change('olga', { isActive: false })
    expect((await fillIn(await pageOf(), people.operator)).status).toBe(401)
  })

  test('a program that asks for what the person may not give is not answered, and the person may come as another', async () => {
    const answer = await fillIn(await pageOf({ scope: 'call' }), people.viewer)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('asks for call, which vera (viewer) may not give')
  })
})

describe('the answer of a person', () => {
  const answerTo = async (asked: Asked) => {
    const answer = await decide(asked)
    return [answer.status, answer.headers.get('location')]
  }

  test('counts once', async () => {
    const asked = await signInAt(await pageOf(), people.operator)
    expect((await answerTo(asked))[0]).toBe(303)
    expect(await answerTo(asked)).toEqual([409, null])
  })

  test.each([
    ['changed', (sealed: string) => sealed.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ['another kind of secret of ours', () => ''],
  ])('is worth nothing when what was shown is %s', async (_, change) => {
    const asked = await signInAt(await pageOf(), people.operator)
    expect(await answerTo({ ...asked, sealed: change(asked.sealed) })).toEqual([400, null])
  })

  test('is worth nothing when it took ten minutes', async () => {
    const box = createBox(secretKey, 'consent of people')
    const asked = await signInAt(await pageOf(), people.operator)
    const question = consent.open(box, asked.sealed)
    expect(question.until - Date.now()).toBeLessThanOrEqual(600_000)
    expect(await answerTo({ ...asked, sealed: consent.seal(box, { ...question, until: Date.now() }) })).toEqual([400, null])
  })

  test('is not made of what a program has been given', async () => {
    const asked = await signInAt(await pageOf(), people.operator)
    const sealed = (await clientId()).replace('swd_', '')
    expect(await answerTo({ ...asked, sealed })).toEqual([400, null])
  })

  test('gives no more than was shown, whatever is ticked', async () => {
    const client_id = await clientId()
    const asked = await signInAt(await pageOf({ client_id }), people.operator)
    const answer = await decide(asked, { scopes: ['read', 'call', 'admin', 'register'] })
    const code = new URL(answer.headers.get('location')!).searchParams.get('code')!
    expect((await redeem(code, client_id)).scope).toBe('read call')
  })

  test('is in the name of whoever signed in, and of nobody else', async () => {
    const client_id = await clientId()
    const page = await pageOf({ client_id })
    const hers = await signInAt(page, people.viewer)
    await signInAt(page, people.admin)
    const answer = await decide(hers, { scopes: ['read', 'admin'] })
    const { access_token } = await redeem(new URL(answer.headers.get('location')!).searchParams.get('code')!, client_id)
    expect(await server.authorization.verify(access_token!)).toMatchObject({ name: 'vera', role: 'viewer', scopes: ['read'] })
  })

  test('is worth nothing once the account is out of force', async () => {
    const asked = await signInAt(await pageOf(), people.operator)
    await server.change('olga', { isActive: false })
    expect(await answerTo(asked)).toEqual([409, null])
  })
})

describe('a registration', () => {
  test.each([
    ['invalid_redirect_uri', ['https://evil.example/back']],
    ['invalid_redirect_uri', ['javascript:alert(1)']],
    ['invalid_redirect_uri', ['https://chatgpt.com/connector/oauth/../../evil']],
    ['invalid_redirect_uri', []],
    ['invalid_redirect_uri', Array(21).fill(callback)],
    ['invalid_redirect_uri', [`http://127.0.0.1/${'x'.repeat(3_000)}`]],
  ])('is refused with %s for %j', async (error, uris) => {
    const answer = await register(uris)
    expect([answer.status, await answer.json()]).toEqual([400, { error, error_description: expect.any(String) }])
  })

  test.each(['https://claude.ai/api/mcp/auth_callback', 'https://chatgpt.com/connector/oauth/abc'])(
    'is taken for %s without any setting',
    async (uri) => expect((await register([uri])).status).toBe(201),
  )

  test('is taken so often from one address and not more', async () => {
    const statuses = []
    for (let each = 0; each < 31; each++) statuses.push((await register()).status)
    expect(statuses).toEqual([...Array(30).fill(201), 429])
  })
})

test('a token is for calls in a header: in the address it is none', async () => {
  const { client_id, code } = await letInWith()
  const { access_token } = await redeem(code, client_id)
  const answer = await fetch(`${server.url}/api/commands?access_token=${access_token}`)
  expect(answer.status).toBe(401)
})

test('a token that is none is told so, on every way in', async () => {
  for (const path of ['/mcp', '/sse', '/api/commands']) {
    const { status, headers } = await fetch(server.url + path, {
      headers: { authorization: 'Bearer nonsense', accept: 'text/event-stream' },
    })
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(
      /^Bearer error="invalid_token", scope="read call", resource_metadata="http.+"$/,
    )
  }
})

test('metadata is there in all the places where clients look', async () => {
  const at = async (path: string) => (await (await fetch(server.url + path)).json()) as Record<string, unknown>
  for (const resource of ['', '/mcp', '/sse', '/ws']) {
    expect(await at(`/.well-known/oauth-protected-resource${resource}`)).toMatchObject({
      resource: server.url + resource,
      authorization_servers: [server.url],
      scopes_supported: ['read', 'call'],
    })
  }
  expect((await fetch(`${server.url}/.well-known/oauth-protected-resource/else`)).status).toBe(404)
  const places = [
    'oauth-authorization-server',
    'oauth-authorization-server/mcp',
    'openid-configuration',
    'openid-configuration/mcp',
  ]
  for (const place of [...places.map((each) => `/.well-known/${each}`), '/mcp/.well-known/openid-configuration']) {
    expect(await at(place)).toMatchObject({
      issuer: server.url,
      client_id_metadata_document_supported: true,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: ['read', 'call', 'admin'],
    })
  }
})
