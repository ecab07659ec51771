/** What tokens are promised to be good for that people get for their password. */
import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { decodeJwt, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../app/call.ts'
import { createAccountStore } from '../app/store/accounts.ts'
import { auditLog, users } from '../app/store/schema.ts'
import { createTokens } from '../app/tokens.ts'
import { addUser, password } from './fakes/admin.ts'
import { collectedLog } from './fakes/collected-log.ts'
import { secretKey } from './fakes/keys.ts'
import { unsigned } from './fakes/oidc-keys.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

let dataDir: string
let system: TestSystem
let store: OpenStore
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'switchyard-tokens-'))
  system = await start({ env: { SECRET_KEY: secretKey }, flags: { auth: 'required' }, dataDir })
  store = await openEmbedded(undefined, dataDir)
  await addUser(store.database, 'ada', 'admin')
  await addUser(store.database, 'oscar', 'operator')
  await addUser(store.database, 'vera', 'viewer')
})
afterAll(async () => {
  await store?.close()
  await system?.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const ask = (base: string, body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  fetch(`${base}/api/v1/auth/token`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })

const given = new Map<string, string>()
/** One for each name: who asks more than ten times in a quarter of an hour has to wait. */
async function tokenOf(name: string): Promise<string> {
  const had = given.get(name)
  if (had) return had
  const response = await ask(system.url, { name, password })
  expect(response.status).toBe(200)
  const { access_token: token } = (await response.json()) as { access_token: string }
  given.set(name, token)
  return token
}

async function call(token: string, command: string, params: Json = {}) {
  const response = await fetch(`${system.url}/cmd`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ command, params }),
  })
  return { status: response.status, text: await response.text() }
}

const onAdmin = (token: string, path: string, init: RequestInit = {}) =>
  fetch(`${system.adminUrl}/api/v1/${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })

describe('asking for one', () => {
  test.each(['url', 'adminUrl'] as const)('a name and a password give a token, at %s', async (port) => {
    const response = await ask(system[port], { username: 'oscar', password })
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { access_token: token, ...rest } = (await response.json()) as { access_token: string }
    expect(rest).toEqual({ token_type: 'Bearer', expires_in: 1800, role: 'operator' })
    const claims = decodeJwt(token)
    expect(claims).toMatchObject({ iss: 'switchyard', aud: 'switchyard', name: 'oscar', role: 'operator' })
    expect(claims.exp! - claims.iat!).toBe(1800)
    expect(claims.jti).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('a form will do, as libraries of OAuth send it', async () => {
    const form = new URLSearchParams({ grant_type: 'password', username: 'oscar', password })
    const response = await ask(system.url, form.toString(), { 'content-type': 'application/x-www-form-urlencoded' })
    expect([response.status, ((await response.json()) as Json).role]).toEqual([200, 'operator'])
  })

  test('it stands in the audit log', async () => {
    await tokenOf('vera')
    const rows = await store.database.db.select().from(auditLog).where(eq(auditLog.action, 'token'))
    expect(rows.map(({ actor }) => actor)).toContain('vera')
  })

  test.each([
    ['no name', { password }, 400, 'name (or username) is required'],
    ['no password', { name: 'ada' }, 400, 'password'],
    ['no JSON', 'name=ada', 400, 'JSON'],
    ['a wrong password', { name: 'ada', password: 'wrong horse battery' }, 401, 'the name or the password is wrong'],
    ['nobody', { name: 'nobody', password }, 401, 'the name or the password is wrong'],
  ])('%s is refused with what is wrong', async (_, body, status, sentence) => {
    const response = await ask(system.url, body)
    const { error } = (await response.json()) as { error: { message: string } }
    expect([response.status, error.message]).toEqual([status, expect.stringContaining(sentence)])
  })

  test('without a SECRET_KEY the answer says how to make one', async () => {
    const log = collectedLog()
    const settings = { ...system.yard.settled.config, secretKey: null }
    const tokens = createTokens({ settings, accounts: createAccountStore(store.database), provider: undefined, log })
    const [ada] = await store.database.db.select().from(users).where(eq(users.name, 'ada'))
    await expect(tokens.issue({ id: ada!.id, name: 'ada', role: 'admin' }, '127.0.0.1')).rejects.toThrow(
      'openssl rand -base64 48',
    )
  })

  test('a page of another site cannot ask', async () => {
    const response = await ask(system.url, { name: 'ada', password }, { 'sec-fetch-site': 'cross-site' })
    expect(response.status).toBe(403)
  })
})

describe('using one', () => {
  test('it may what the role may, on both ports', async () => {
    const [ada, oscar, vera] = await Promise.all(['ada', 'oscar', 'vera'].map(tokenOf))
    expect(await call(oscar!, 'echo', { message: 'hi' })).toMatchObject({
      status: 200,
      text: expect.stringContaining('"success":true'),
    })
    expect((await call(vera!, 'echo', { message: 'hi' })).text).toContain('"error"')
    const tools = (await (await onAdmin(oscar!, 'tools')).json()) as Json
    expect(Object.keys(tools)).toContain('echo')
    expect([(await onAdmin(ada!, 'sessions')).status, (await onAdmin(oscar!, 'sessions')).status]).toEqual([200, 403])
  })

  test('it needs no CSRF token, and is in the history by its name', async () => {
    const token = await tokenOf('ada')
    const executed = await onAdmin(token, 'tools/execute', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tool_name: 'echo', parameters: { message: 'by token' } }),
    })
    expect(executed.status).toBe(200)
    await until('the call is written', async () => {
      const [row] = (await (await onAdmin(token, 'tools/executions/history?text=by token')).json()) as { caller: Json }[]
      return row?.caller.name === 'ada' && String(row.caller.id).startsWith('user:')
    })
  })

  test('a token that was changed, or signed with another secret, or by nobody, gets one and the same 401', async () => {
    const right = await tokenOf('ada')
    const [header, body, signature] = right.split('.')
    const claims = decodeJwt(right)
    const other = (secret: string, more = {}) =>
      new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'HS256' }).sign(createSecretKey(Buffer.from(secret)))
    const wrong = [
      `${header}.${Buffer.from(JSON.stringify({ ...claims, role: 'admin', sub: 'x' })).toString('base64url')}.${signature}`,
      `${header}.${body}.${signature!.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `${header}.${body}.`,
      unsigned({ alg: 'none' }, claims),
      unsigned({ alg: 'HS256' }, claims, signature),
      await other(secretKey),
      await other('another secret, of which nobody here knows anything'),
      unsigned({ alg: 'RS256', kid: 'x' }, claims, signature),
      'eyJhbGciOiJIUzI1NiJ9',
      'eyJ.eyJ.x',
    ]
    const answers = await Promise.all(wrong.map((token) => call(token, 'echo', { message: 'x' })))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 401, text: expect.stringContaining('this credential is not valid here') })
    for (const { fields } of system.log.of('token refused')) expect(JSON.stringify(fields)).not.toContain('eyJ')
  })
})

describe('its end', () => {
  /** A clock of one's own, on the same database. */
  function tokensAt(clock: { now: number }) {
    const log = collectedLog()
    const settings = system.yard.settled.config
    const accounts = createAccountStore(store.database)
    return { log, ...createTokens({ settings, accounts, provider: undefined, log, now: () => clock.now }) }
  }
  const userOf = async (name: string) => {
    const [row] = await store.database.db.select().from(users).where(eq(users.name, name))
    return { id: row!.id, name, role: row!.role as 'operator' }
  }
  const change = (name: string, set: Partial<typeof users.$inferInsert>) =>
    store.database.db
      .update(users)
      .set({ updatedAt: new Date(), ...set })
      .where(eq(users.name, name))

  test('it is good for as long as it says, and the caller is one and the same object all the time', async () => {
    const clock = { now: Date.now() }
    const tokens = tokensAt(clock)
    const { token } = await tokens.issue(await userOf('vera'), '127.0.0.1')
    const first = await tokens.verify(token)
    expect(first).toMatchObject({ name: 'vera', role: 'viewer', scopes: ['read'] })
    expect(await tokens.verify(token)).toBe(first)
    clock.now += 1_790_000
    expect(await tokens.verify(token)).toEqual(first)
    clock.now += 20_000
    expect(await tokens.verify(token)).toBeUndefined()
    expect(tokens.log.of('token refused').at(-1)?.fields.reason).toContain('exp')
  })

  test.each([
    ['is disabled', { isActive: false }, 'not in force'],
    ['has another role', { role: 'viewer' }, 'changed after'],
    ['signs out everywhere', {}, 'changed after'],
  ])('a user who %s has no token any more five seconds later', async (_, set, reason) => {
    await addUser(store.database, 'tom', 'operator')
    const clock = { now: Date.now() }
    const tokens = tokensAt(clock)
    const { token } = await tokens.issue(await userOf('tom'), '127.0.0.1')
    expect(await tokens.verify(token)).toMatchObject({ role: 'operator' })
    await change('tom', set)
    clock.now += 5_000
    expect(await tokens.verify(token)).toBeUndefined()
    expect(tokens.log.of('token refused').at(-1)?.fields.reason).toContain(reason)
    await store.database.db.delete(users).where(eq(users.name, 'tom'))
  })

  test('one under another SECRET_KEY is worth nothing', async () => {
    const clock = { now: Date.now() }
    const { token } = await tokensAt(clock).issue(await userOf('vera'), '127.0.0.1')
    const settings = { ...system.yard.settled.config, secretKey: `${secretKey}!` }
    const accounts = createAccountStore(store.database)
    const others = createTokens({ settings, accounts, provider: undefined, log: collectedLog() })
    expect(await others.verify(token)).toBeUndefined()
  })
})

test('after ten tries the sign-in and the token have the same answer: later', async () => {
  const guess = { name: 'margaret', password: 'wrong horse battery' }
  const statuses: number[] = []
  // From here on this address is locked out, so this test is the last one.
  for (let nth = 0; nth < 12; nth++) statuses.push((await ask(system.url, guess)).status)
  expect(statuses.at(-1)).toBe(429)
  const login = await fetch(`${system.adminUrl}/api/v1/auth/login`, { method: 'POST', body: JSON.stringify(guess) })
  expect([login.status, Number(login.headers.get('retry-after')) > 0]).toEqual([429, true])
})
