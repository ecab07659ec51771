/** What is promised about servers that want a sign-in: against a real authorization server, a small one. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { look } from '../app/cli/probe.ts'
import { upstreamProbes } from '../app/cli/probe-upstream.ts'
import { createBox } from '../app/keys/box.ts'
import { keyFileIn } from '../app/keys/key-file.ts'
import { carefulFetch } from '../app/upstreams/oauth/careful-fetch.ts'
import { connect, textOf } from './clients.ts'
import { startAuthorizationServer } from './fakes/authorization-server.ts'
import { type GuardedMcp, startGuardedMcp } from './fakes/guarded-mcp.ts'
import { type SigningIn, startSigningIn } from './fakes/signing-in.ts'
import type { StartOptions } from './start.ts'
import { until } from './until.ts'

// Each starts a whole system with a database.
vi.setConfig({ testTimeout: 60_000 })

const secretKey = 'vK3n9ZcX8fQ2mB7tR5wY1pL6sD4hJ0gATq5Xw8Kd2Nf7'

/** Undone after each test, last first. */
const undo: (() => Promise<unknown>)[] = []
let server: GuardedMcp
beforeEach(async () => {
  server = await startGuardedMcp()
  undo.push(() => server.stop())
})
afterEach(async () => {
  for (let step = undo.pop(); step; step = undo.pop()) await step()
})

async function begun(options: StartOptions = {}, oauth?: object): Promise<SigningIn> {
  const docs = { url: server.url, ...(oauth === undefined ? {} : { oauth }) }
  const started = await startSigningIn({ file: { mcpServers: { docs } }, env: { SECRET_KEY: secretKey }, ...options })
  undo.push(() => started.system.stop())
  return started
}

async function signedIn(options?: StartOptions, oauth?: object): Promise<SigningIn> {
  const started = await begun(options, oauth)
  await started.becomes('sign_in')
  expect((await started.signIn()).status).toBe(303)
  await started.becomes('connected')
  return started
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'switchyard-oauth-'))
  undo.push(() => rm(made, { recursive: true, force: true }))
  return made
}

async function clientOf({ system }: SigningIn) {
  const client = await connect('http', system.url)
  undo.push(() => client.close())
  const echo = (n = 1) => client.callTool({ name: 'docs_echo', arguments: { n } })
  /** What a call is told that does not get through. */
  const refusal = async () => {
    const answer = await echo()
    expect(answer.isError).toBe(true)
    return textOf(answer)
  }
  return { client, echo, refusal }
}

const tokenRequests = () => server.authorization.asked.filter((each) => each.startsWith('token'))

describe('a person signs in', () => {
  test('at a server that nothing is said about: it waits, says so, and connects by itself afterwards', async () => {
    const started = await begun()
    const waiting = await started.becomes('sign_in')
    expect(waiting.signIn).toEqual({ signedIn: false, needed: 'wants a sign-in' })
    const sentence = 'docs wants a sign-in: press Sign in on the page Upstreams of the panel'
    expect(waiting.error).toBe(sentence)
    const health = await (await fetch(`${started.system.url}/health`)).json()
    expect(health).toMatchObject({
      status: 'degraded',
      components: { 'upstream:docs': { status: 'degraded', detail: sentence } },
    })
    // Nobody was told of us before a person wanted it.
    expect(server.authorization.asked).toEqual([])

    const back = await started.signIn()
    expect([back.status, back.headers.get('location')]).toEqual([303, '../#/upstreams'])
    const connected = await started.becomes('connected')
    expect(connected).toMatchObject({ error: null, signIn: { signedIn: true, needed: null } })
    expect(server.authorization.asked).toEqual(['register', 'authorize', 'token authorization_code'])
    const { echo } = await clientOf(started)
    expect(textOf(await echo(7))).toContain('7')
  })

  test('and the server gets its own token, nobody else does, and no client gives theirs', async () => {
    const started = await signedIn()
    const made = await started.admin.post('tools/execute', { tool_name: 'key_create', parameters: { name: 'one' } })
    const { result } = (await made.json()) as { result: { structuredContent: { api_key: string } } }
    const key = result.structuredContent.api_key
    const client = await connect('http', started.system.url, { Authorization: `Bearer ${key}` })
    undo.push(() => client.close())
    await client.callTool({ name: 'docs_echo', arguments: {} })
    const access = server.authorization.given.filter((each) => each.startsWith('access'))
    expect([...server.shown]).toEqual(access.map((each) => `Bearer ${each}`))
    expect(server.authorization.shown.every((each) => each.startsWith('Basic '))).toBe(true)
  })

  test('at a server of the older transport too', async () => {
    const started = await signedIn({ file: { mcpServers: { docs: { url: `${server.mcp.url}/sse` } } } })
    const { echo } = await clientOf(started)
    server.authorization.expire()
    expect(textOf(await echo(7))).toContain('7')
    expect(tokenRequests()).toEqual(['token authorization_code', 'token refresh_token'])
  })

  test('with the client id of the configuration, without registering', async () => {
    const { known } = server.authorization
    const started = await begun({}, { client_id: known.id, client_secret: known.secret })
    await started.becomes('sign_in')
    // It was registered for no such redirect: the authorization server does not send anybody back.
    await expect(started.signIn()).rejects.toThrow('answers 400')
    expect(server.authorization.asked).toEqual(['authorize'])
  })

  test('once with each state; another state, or none, is no sign-in', async () => {
    const started = await begun()
    await started.becomes('sign_in')
    const back = await started.authorize(await started.begin())
    const other = new URL(back)
    other.searchParams.set('state', 'x'.repeat(43))
    const none = new URL(back)
    none.searchParams.delete('state')
    for (const url of [other, none]) {
      const refused = await fetch(url)
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('was not begun here')])
    }
    expect(tokenRequests()).toEqual([])
    expect((await fetch(back, { redirect: 'manual' })).status).toBe(303)
    expect((await fetch(back, { redirect: 'manual' })).status).toBe(400)
    expect(tokenRequests()).toEqual(['token authorization_code'])
  })

  test('and an answer of another issuer is not believed, nor is what it says', async () => {
    const started = await begun()
    await started.becomes('sign_in')
    server.authorization.iss = 'https://evil.example'
    for (const denial of [undefined, 'believe_me']) {
      server.authorization.denial = denial
      const refused = await fetch(await started.authorize(await started.begin()))
      const text = await refused.text()
      expect([refused.status, text]).toEqual([422, expect.stringContaining('Issuer mismatch')])
      expect(text).not.toContain('believe_me')
    }
    expect(tokenRequests()).toEqual([])
    expect((await started.upstream()).state).toBe('sign_in')
  })

  test('and who is turned away reads why', async () => {
    const started = await begun()
    await started.becomes('sign_in')
    server.authorization.denial = 'access_denied'
    const refused = await fetch(await started.authorize(await started.begin()))
    expect(await refused.text()).toContain('the authorization server says access_denied')
    expect(refused.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('only as an admin, and never to a place that is no callback', async () => {
    const started = await begun()
    await started.becomes('sign_in')
    const asked = (path: string, body: object, headers = {}) => started.admin.post(`upstreams/${path}`, body, headers)
    expect((await asked('docs/sign-in', { callback: 'javascript:alert(1)' })).status).toBe(400)
    expect((await asked('docs/sign-in', { callback: 'https://evil.example/take' })).status).toBe(400)
    expect((await asked('nowhere/sign-in', {})).status).toBe(400)
    expect((await asked('docs/sign-in', {}, { 'X-CSRF-Token': '' })).status).toBe(403)
    expect((await asked('docs/sign-in', {}, { Cookie: '' })).status).toBe(401)
    const { client } = await clientOf(started)
    await expect(client.callTool({ name: 'upstream_sign_in', arguments: { upstream: 'docs' } })).rejects.toThrow('admin')
  })

  test('out again: everything is forgotten, and the server waits for the next one', async () => {
    const started = await signedIn()
    expect((await started.admin.post('upstreams/docs/sign-out', {})).status).toBe(204)
    await started.becomes('sign_in')
    const { refusal } = await clientOf(started)
    expect(await refusal()).toBe('docs wants a sign-in: press Sign in on the page Upstreams of the panel')
    await started.signIn()
    await started.becomes('connected')
    const { rows } = await databaseOf(started, "select action, actor, target from admin.audit_log where target like 'upstream:%'")
    expect(rows).toEqual([
      { action: 'upstream_sign_in_begun', actor: 'ada', target: 'upstream:docs' },
      { action: 'upstream_sign_in', actor: 'ada', target: 'upstream:docs' },
      { action: 'upstream_sign_out', actor: 'ada', target: 'upstream:docs' },
      { action: 'upstream_sign_in_begun', actor: 'ada', target: 'upstream:docs' },
      { action: 'upstream_sign_in', actor: 'ada', target: 'upstream:docs' },
    ])
  })
})

describe('a token that has ended', () => {
  test('is renewed once for twenty callers, who notice nothing', async () => {
    const started = await signedIn()
    const { echo } = await clientOf(started)
    await echo()
    server.authorization.expire()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => echo(n)))
    expect(answers.map(textOf).every((text, n) => text.includes(String(n)))).toBe(true)
    expect(tokenRequests()).toEqual(['token authorization_code', 'token refresh_token'])
  })

  test('is renewed before its end where that is known', async () => {
    server.authorization.life = 5
    const started = await signedIn()
    const { echo } = await clientOf(started)
    await echo()
    expect(tokenRequests()).toContain('token refresh_token')
    expect(server.authorization.asked.filter((each) => each.startsWith('refused'))).toEqual([])
  })

  test('and cannot be renewed any more leads back to the sign-in, and calls say so', async () => {
    const started = await signedIn()
    const { echo, refusal } = await clientOf(started)
    await echo()
    server.authorization.revoke()
    expect(await refusal()).toContain('docs wants a new sign-in: press Sign in')
    const waiting = await started.becomes('sign_in')
    expect(waiting.signIn).toEqual({ signedIn: false, needed: 'wants a new sign-in' })
    await started.signIn()
    await started.becomes('connected')
    await echo()
    // We are still known there.
    expect(server.authorization.asked.filter((each) => each === 'register')).toHaveLength(1)
  })

  test('is not renewed for another client id than it was given to', async () => {
    const dataDir = await folder()
    const first = await signedIn({ dataDir })
    await first.system.stop()
    server.authorization.expire()
    const { known } = server.authorization
    const second = await begun({ dataDir }, { client_id: known.id, client_secret: known.secret })
    expect((await second.becomes('sign_in')).signIn?.needed).toBe('wants a new sign-in')
    expect(tokenRequests()).toEqual(['token authorization_code'])
  })

  test('stays when the authorization server is away for a while', async () => {
    const started = await signedIn()
    const { echo, refusal } = await clientOf(started)
    await echo()
    server.authorization.expire()
    server.authorization.broken = true
    expect(await refusal()).toBe('docs: the sign-in could not be renewed: HTTP 503')
    expect((await started.upstream()).signIn).toEqual({ signedIn: true, needed: null })
    server.authorization.broken = false
    await until('it is renewed', async () => !(await echo()).isError)
    expect(server.authorization.asked.filter((each) => each === 'authorize')).toHaveLength(1)
  })
})

test('more rights are asked for when a call needs them, on top of those there are, and not in a circle', async () => {
  const started = await signedIn()
  const { echo, refusal } = await clientOf(started)
  await echo()
  server.demand = 'write'
  expect(await refusal()).toContain('docs wants a sign-in with more rights (write): press Sign in')
  expect((await started.upstream()).signIn).toEqual({ signedIn: true, needed: 'wants a sign-in with more rights (write)' })
  const page = await started.begin()
  expect(new URL(page).searchParams.get('scope')).toBe('read write')
  await fetch(await started.authorize(page), { redirect: 'manual' })
  await until('the call is let through', async () => !(await echo()).isError)
  expect((await started.upstream()).signIn).toEqual({ signedIn: true, needed: null })

  server.demand = 'read write'
  expect(await refusal()).toContain('HTTP 403')
  expect((await started.upstream()).signIn?.needed).toBeNull()
})

describe('what is kept', () => {
  test('survives a restart, in a database that says nothing without the key', async () => {
    const dataDir = await folder()
    const first = await signedIn({ dataDir, env: {} })
    const { rows } = await databaseOf(first, 'select * from mcp.upstream_secrets')
    expect(rows).toHaveLength(1)
    const text = JSON.stringify(rows)
    for (const secret of server.authorization.given) expect(text).not.toContain(secret)
    expect(text).not.toContain(server.authorization.url)
    expect((await stat(join(dataDir, 'secret.key'))).mode & 0o777).toBe(0o600)
    await first.system.stop()

    const second = await begun({ dataDir, env: {} })
    await second.becomes('connected')
    expect(tokenRequests()).toEqual(['token authorization_code'])
    await second.system.stop()

    const other = await begun({ dataDir, env: { SECRET_KEY: secretKey } })
    await other.becomes('sign_in')
  })

  test('is shared by processes on one database: each connects, and one renews for all', async () => {
    const dataDir = await folder()
    const first = await begun({ dataDir })
    const second = await begun({ dataDir })
    await Promise.all([first.becomes('sign_in'), second.becomes('sign_in')])
    // Begun by one, finished by the other.
    const back = await first.authorize(await first.begin())
    const elsewhere = new URL(back.pathname + back.search, second.system.adminUrl)
    expect((await fetch(elsewhere, { redirect: 'manual' })).status).toBe(303)
    await Promise.all([first.becomes('connected'), second.becomes('connected')])
    const [one, two] = [await clientOf(first), await clientOf(second)]
    await Promise.all([one.echo(), two.echo()])
    server.authorization.expire()
    await Promise.all([one.echo(), two.echo(), one.echo(), two.echo()])
    expect(tokenRequests()).toEqual(['token authorization_code', 'token refresh_token'])
  })

  test('stands in no log, no history and no view of the configuration', async () => {
    const { known } = server.authorization
    const oauth = { grant: 'client_credentials', client_id: known.id, client_secret: known.secret, scope: 'read' }
    const file = { mcpServers: { docs: { url: server.url }, robot: { url: server.url, oauth } } }
    const started = await begun({ file })
    await started.becomes('sign_in')
    await started.becomes('connected', 'robot')
    const page = await started.begin()
    await fetch(await started.authorize(page), { redirect: 'manual' })
    await started.becomes('connected')
    server.authorization.revoke()
    const { echo } = await clientOf(started)
    await echo().catch(() => {})
    await started.becomes('sign_in')
    const history = () => started.admin.get('tools/executions/history?limit=100').then((answer) => answer.text())
    await until('the calls stand in the history', async () => (await history()).includes('upstream_sign_in'))
    const texts = {
      history: await history(),
      log: JSON.stringify(started.system.log.lines, (_, value) =>
        value instanceof Error ? `${value.stack} ${value.cause}` : value,
      ),
      config: await (await started.admin.get('config')).text(),
      upstreams: await (await started.admin.get('upstreams')).text(),
    }
    expect(texts.config).toContain(known.id)
    const secrets = [...server.authorization.given, new URL(page).searchParams.get('state')!]
    for (const [where, text] of Object.entries(texts)) {
      for (const secret of secrets) expect([where, text.includes(secret)]).toEqual([where, false])
    }
  })
})

describe('without a person', () => {
  test('a machine signs in with its own credentials, and again when the token has ended, and with more rights', async () => {
    const { known } = server.authorization
    const started = await begun({}, { grant: 'client_credentials', client_id: known.id, client_secret: known.secret })
    const connected = await started.becomes('connected')
    expect(connected.signIn).toEqual({ signedIn: false, needed: null })
    const { echo } = await clientOf(started)
    await echo()
    server.authorization.expire()
    await Promise.all(Array.from({ length: 5 }, () => echo()))
    expect(tokenRequests()).toEqual(Array(2).fill('token client_credentials'))
    server.demand = 'write'
    await echo()
    expect(tokenRequests()).toEqual(Array(3).fill('token client_credentials'))
  })

  test('and shows them to the authorization server that it has used, not to one that the server names later', async () => {
    const { known } = server.authorization
    const started = await begun({}, { grant: 'client_credentials', client_id: known.id, client_secret: known.secret })
    await started.becomes('connected')
    const { echo, refusal } = await clientOf(started)
    await echo()
    const other = await startAuthorizationServer()
    undo.push(() => other.stop())
    server.announced = other.url
    server.authorization.expire()
    expect(await refusal()).toContain('Authorization server mismatch')
    expect([other.shown, other.asked]).toEqual([[], []])
  })

  test('and with wrong ones it stays away and says why', async () => {
    const oauth = { grant: 'client_credentials', client_id: 'machine', client_secret: 'not the secret of it' }
    const started = await begun({}, oauth)
    const away = await started.becomes('stale')
    expect(away.error).toContain('docs: no sign-in with client_credentials: ')
    expect(away.error).not.toContain('not the secret')
  })
})

describe('a server that refuses', () => {
  test('and says nothing of a sign-in, or is given a credential of ours, wants what stands in its headers', async () => {
    const file = {
      mcpServers: {
        never: { url: server.url, oauth: false },
        own: { url: server.url, headers: { Authorization: 'Bearer of-our-own' } },
      },
    }
    const started = await begun({ file })
    expect((await started.becomes('stale', 'never')).error).toContain('configure it in its headers')
    expect((await started.becomes('stale', 'own')).error).toContain('does not accept what is configured in its headers')
    expect((await started.upstream('own')).signIn).toBeNull()
  })

  test('is found by check, which says where to sign in, and that it is well afterwards', async () => {
    const started = await begun()
    await started.becomes('sign_in')
    const { config } = started.system.yard.settled
    const [probe] = upstreamProbes(config, process.env)
    const before = await look(probe!, new AbortController().signal)
    expect(before).toMatchObject({
      state: 'failed',
      detail: 'docs wants a sign-in: press Sign in on the page Upstreams of the panel, http://127.0.0.1:0/#/upstreams',
    })
    await started.signIn()
    await started.becomes('connected')
    expect(await look(probe!, new AbortController().signal)).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('tools'),
    })
  })
})

test('a server on https cannot send us to a page without TLS, and nobody makes us read without end', async () => {
  await expect(carefulFetch('https://docs.example/mcp')(`${server.mcp.url}/token`)).rejects.toThrow('must not send us there')
  const allowed = await carefulFetch(server.url)(`${server.authorization.url}/.well-known/oauth-authorization-server`)
  expect(await allowed.json()).toMatchObject({ issuer: server.authorization.url })
})

test('a box opens under its own key and for its own thing alone', () => {
  const box = createBox(secretKey, 'one purpose')
  const sealed = box.seal('to be kept', 'docs')
  expect(box.open(sealed, 'docs')).toBe('to be kept')
  expect(box.seal('to be kept', 'docs')).not.toBe(sealed)
  expect(box.open(sealed, 'other')).toBeUndefined()
  expect(createBox(secretKey, 'another').open(sealed, 'docs')).toBeUndefined()
  for (let at = 0; at < sealed.length; at++) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
    expect(box.open(changed, 'docs'), `another character at ${at}`).toBeUndefined()
  }
  for (const more of ['A', 'AAAA', '=', '.', '.A', ' ']) expect(box.open(sealed + more, 'docs')).toBeUndefined()
  expect(box.open('v1.', 'docs')).toBeUndefined()
})

test('the key file is made once, however many want it', async () => {
  const directory = join(await folder(), 'new')
  const keys = await Promise.all(Array.from({ length: 8 }, () => keyFileIn(directory)))
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1)
})

/** As somebody who can read the database. */
async function databaseOf({ system }: SigningIn, query: string) {
  const { openDatabase } = await import('../app/store/index.ts')
  const { config } = system.yard.settled
  const database = await openDatabase({ ...config.database, dataDir: config.dataDir, log: system.log })
  try {
    return await database.pool.query(query)
  } finally {
    await database.stop()
  }
}
