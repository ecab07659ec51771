import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkNewPassword } from '../app/passwords.ts'
import { createPeopleStore } from '../app/store/people.ts'
import { auditLog, sessions, users } from '../app/store/schema.ts'
import { password, problemOf, signIn, startAdmin, type TestAdmin, Visitor } from './fakes/admin.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'

const hour = 3_600_000

let system: TestSystem
beforeAll(async () => {
  system = await start()
})
afterAll(() => system.stop())

test.each([
  ['short', 'too short by far', 'at least 12 characters, it has 5'],
  ['aaaaaaaaaaaaaaa', 'one letter', 'repeats the same few characters'],
  ['margaret1234', 'the name and little more', 'little more than the name'],
])('%s is no password: %s', (password, _, sentence) => {
  expect(() => checkNewPassword(password, 'Margaret')).toThrow(sentence)
})

describe.each(stores)('signing in, on $name', ({ test, open }) => {
  let store: OpenStore
  let admin: TestAdmin
  beforeAll(async () => {
    store = await open()
    admin = await startAdmin(system.yard, store.database)
  })
  afterAll(async () => {
    await admin?.stop()
    await store?.close()
  })

  test('the first link refuses another token and a password that is too short', async () => {
    const token = await tokenOf(admin)
    const visitor = new Visitor(admin.url)
    const other = await visitor.post('auth/welcome', { token: 'x'.repeat(43), name: 'ada', password })
    expect([other.status, (await problemOf(other)).code]).toEqual([401, 'AUTHENTICATION_ERROR'])
    const short = await visitor.post('auth/welcome', { token, name: 'ada', password: 'short' })
    expect(short.status).toBe(400)
    expect(await problemOf(short)).toEqual({
      code: 'VALIDATION_ERROR',
      message: 'the password must have at least 12 characters, it has 5',
      details: { field: 'password' },
    })
  })

  test('the first link makes an admin and signs them in, once', async () => {
    const token = await tokenOf(admin)
    const visitor = new Visitor(admin.url)
    const welcome = await visitor.post('auth/welcome', { token, name: 'ada', password })
    expect(welcome.status).toBe(200)
    await visitor.keep(welcome)
    expect(await (await visitor.get('auth/me')).json()).toMatchObject({
      user: { name: 'ada', role: 'admin' },
      scopes: ['read', 'call', 'admin'],
    })
    const again = await visitor.post('auth/welcome', { token, name: 'eve', password })
    expect(again.status).toBe(409)
    expect(await admin.people.firstLink(admin.url)).toBeUndefined()
  })

  test('the cookie is for this site and no script, and the database holds neither it nor the password', async () => {
    const response = await new Visitor(admin.url).post('auth/login', { name: 'ada', password })
    const cookie = response.headers.get('Set-Cookie') ?? ''
    expect(cookie).toMatch(/^switchyard_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    const [user] = await store.database.db.select().from(users).where(eq(users.name, 'ada'))
    expect(user?.passwordHash).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
    const kept = JSON.stringify([user, await store.database.db.select().from(sessions)])
    expect(kept).not.toContain(password)
    expect(kept).not.toContain(cookie.slice('switchyard_session='.length, 62))
  })

  test('a wrong password and an unknown name get the same answer', async () => {
    const visitor = new Visitor(admin.url)
    const wrong = await visitor.post('auth/login', { name: 'ada', password: 'not the password' })
    const unknown = await visitor.post('auth/login', { name: 'my secret pass phrase', password })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(await wrong.text()).toBe(await unknown.text())
  })

  test('what people do is written down, but not what they typed into the wrong field', async () => {
    const rows = await store.database.db.select().from(auditLog).orderBy(auditLog.id)
    expect(rows.map(({ action, actor }) => `${actor} ${action}`)).toEqual([
      'ada password_created',
      'ada sign_in',
      'ada sign_in',
      'ada sign_in_refused',
      '(unknown name) sign_in_refused',
    ])
    expect(rows.every(({ address }) => address === '127.0.0.1')).toBe(true)
  })

  test('signing out ends this session at once and no other', async () => {
    const one = await signIn(admin.url, 'ada')
    const other = await signIn(admin.url, 'ada')
    expect((await one.post('auth/logout', {})).status).toBe(204)
    expect((await one.get('auth/me')).status).toBe(401)
    expect((await other.get('auth/me')).status).toBe(200)
  })

  test.each([
    ['nobody came back for 12 hours', { lastSeenAt: new Date(Date.now() - 12.1 * hour) }],
    ['its 7 days are over', { expiresAt: new Date(Date.now() - 1) }],
  ])('a session ends when %s', async (_, change) => {
    const replica = await startAdmin(system.yard, store.database)
    const visitor = await signIn(replica.url, 'ada')
    await store.database.db.update(sessions).set(change)
    // Every replica remembers its verdict for some seconds; this one has none yet.
    const fresh = await startAdmin(system.yard, store.database)
    const elsewhere = new Visitor(fresh.url)
    elsewhere.cookie = visitor.cookie
    expect((await elsewhere.get('auth/me')).status).toBe(401)
    await Promise.all([replica.stop(), fresh.stop()])
  })

  test('the eleventh try in a quarter of an hour is refused, whoever it is, and says when to come again', async () => {
    const replica = await startAdmin(system.yard, store.database)
    const visitor = new Visitor(replica.url)
    const tries = Array.from({ length: 10 }, (_, index) =>
      visitor.post('auth/login', { name: `nobody${index}`, password: 'wrong' }),
    )
    expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(Array(10).fill(401))
    const refused = await visitor.post('auth/login', { name: 'ada', password })
    expect(refused.status).toBe(429)
    const { code, details } = await problemOf(refused)
    expect(code).toBe('RATE_LIMIT_EXCEEDED')
    expect(details).toMatchObject({ limit: 10, window: 900 })
    expect(Number(refused.headers.get('Retry-After'))).toBe(details?.retry_after)
    await replica.stop()
  })
})

describe.each(stores)('several replicas with a link each, on $name', ({ test, open }) => {
  test('make one first admin between them', async () => {
    const { database, close } = await open()
    const made = await Promise.all(
      ['ada', 'eve', 'joan', 'mary', 'ruth'].map((name) =>
        createPeopleStore(database).createFirst(name, 'hash', sessionOf(name)),
      ),
    )
    expect(made.filter(Boolean)).toHaveLength(1)
    expect(await database.db.select().from(users)).toHaveLength(1)
    await close()
  })
})

const sessionOf = (tokenHash: string) => ({
  tokenHash,
  csrfToken: '',
  address: '',
  userAgent: '',
  expiresAt: new Date(Date.now() + hour),
})

test('behind https the cookie is sent by https only', async () => {
  const secure = await start({ env: { MCP_PUBLIC_URL: 'https://switch.example' } })
  const [, token] = (await secure.firstLink())!.split('#')
  const response = await new Visitor(secure.adminUrl).post('auth/welcome', { token, name: 'ada', password })
  expect(response.headers.get('Set-Cookie')).toMatch(/; Secure/)
  await secure.stop()
})

const tokenOf = async (admin: TestAdmin) => (await admin.people.firstLink(admin.url))?.split('#')[1]
