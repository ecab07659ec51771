/** The people who may sign in: made, changed and signed out by admins and by themselves, with a row in the audit log for everything. */
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { OwnSessionView } from '../admin/wire.ts'
import { silent } from '../app/log.ts'
import { createPeople } from '../app/people.ts'
import { createLocalWindows } from '../app/store/local-windows.ts'
import { createPeopleStore } from '../app/store/people.ts'
import { createSubjectStore } from '../app/store/subjects.ts'
import { createUserStore } from '../app/store/users.ts'
import { createUsers, type UserView } from '../app/users.ts'
import { addUser, password, signIn, startAdmin, type TestAdmin, Visitor } from './fakes/admin.ts'
import { secretKey } from './fakes/keys.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { type Home, openHome } from './program.ts'
import { start, type TestSystem } from './start.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const ada = { name: 'ada' }
const other = 'another good password'

describe.each(stores)('accounts on $name', ({ open, test }) => {
  let store: OpenStore
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())

  const usersOn = () => createUsers({ store: createUserStore(store.database) })
  const auditOf = async (user: string) =>
    (
      await store.database.db.execute(
        sql`select actor, action, details from admin.audit_log where target = ${`user:${user}`} order by id`,
      )
    ).rows
  const origin = { address: '127.0.0.1', userAgent: 'test' }
  const peopleOn = () =>
    createPeople({
      log: silent,
      store: createPeopleStore(store.database),
      subjects: createSubjectStore(store.database),
      windows: createLocalWindows(),
    })

  test('are made, changed and signed out, each with its row in the audit log', async () => {
    const users = usersOn()
    expect(await users.create({ name: 'olga', role: 'operator', password: other }, ada)).toMatchObject({
      role: 'operator',
      has_password: true,
    })
    const people = peopleOn()
    const { token } = await people.signIn({ name: 'olga', password: other }, origin)
    expect((await users.list()).find(({ name }) => name === 'olga')).toMatchObject({
      sessions: 1,
      last_sign_in_at: expect.any(String),
    })
    await users.setRole('olga', 'viewer', ada)
    // Whatever was open was open for the earlier role.
    expect(await people.visit(token)).toBeUndefined()
    await users.setPassword('olga', password, ada)
    await expect(people.signIn({ name: 'olga', password: other }, origin)).rejects.toMatchObject({ code: 'unauthorized' })
    await people.signIn({ name: 'olga', password }, origin)
    await users.setActive('olga', false, ada)
    await expect(people.signIn({ name: 'olga', password }, origin)).rejects.toMatchObject({ code: 'unauthorized' })
    await users.setActive('olga', true, ada)
    await users.signOut('olga', ada)
    expect(await auditOf('olga')).toEqual([
      { actor: 'ada', action: 'user_created', details: { role: 'operator' } },
      { actor: 'ada', action: 'role_changed', details: { to: 'viewer' } },
      { actor: 'ada', action: 'password_changed', details: null },
      { actor: 'ada', action: 'user_disabled', details: null },
      { actor: 'ada', action: 'user_enabled', details: null },
      { actor: 'ada', action: 'signed_out_everywhere', details: null },
    ])
  })

  test('keep their last admin, also when two demote each other at the same moment', async () => {
    const users = usersOn()
    await users.create({ name: 'anton', role: 'admin', password }, ada)
    await users.create({ name: 'berta', role: 'admin', password }, ada)
    const outcomes = await Promise.allSettled([users.setRole('anton', 'viewer', ada), users.setActive('berta', false, ada)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const left = (await users.list()).filter(({ role, is_active }) => role === 'admin' && is_active)
    expect(left).toHaveLength(1)
    await expect(users.setActive(left[0]!.name, false, ada)).rejects.toMatchObject({ code: 'conflict', message: /last admin/ })
    // One who cannot sign in saves nobody.
    await users.create({ name: 'clara', role: 'admin' }, ada)
    await expect(users.setActive(left[0]!.name, false, ada)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('are not changed where the row of the audit log cannot be written', async () => {
    const users = usersOn()
    await users.create({ name: 'dora', role: 'viewer', password }, ada)
    const unwritable = { name: 'a text with a \0 in it' }
    await expect(users.setRole('dora', 'operator', unwritable)).rejects.toThrow()
    await expect(users.create({ name: 'emil', role: 'viewer', password }, unwritable)).rejects.toThrow()
    const all = await users.list()
    expect(all.find(({ name }) => name === 'dora')?.role).toBe('viewer')
    expect(all.some(({ name }) => name === 'emil')).toBe(false)
  })

  test('are found by their id before they are found by their name, because somebody may be called like an id', async () => {
    const users = usersOn()
    const { id } = await users.create({ name: 'frida', role: 'viewer' }, ada)
    await users.create({ name: id, role: 'viewer' }, ada)
    expect(await users.setActive(id, false, ada)).toMatchObject({ name: 'frida', is_active: false })
  })

  test('are told when there is no password that they could change', async () => {
    const users = usersOn()
    const { id } = await users.create({ name: 'gustav', role: 'viewer' }, ada)
    const change = users.changeOwn(id, { current: 'anything', password: other }, '', { name: 'gustav' })
    await expect(change).rejects.toMatchObject({ code: 'conflict', message: /an admin can set one/ })
  })

  test.each([
    ['a name with a space', { name: 'a b', role: 'viewer', password }, 'invalid_params'],
    ['an unknown role', { name: 'x', role: 'boss', password }, 'invalid_params'],
    ['a short password', { name: 'x', role: 'viewer', password: 'short' }, 'invalid_params'],
    ['a name that is taken', { name: 'dora', role: 'viewer', password }, 'conflict'],
  ])('are not made with %s', async (_, wish, code) => {
    await expect(usersOn().create(wish, ada)).rejects.toMatchObject({ code })
  })
})

describe('over HTTP', () => {
  let system: TestSystem
  let store: OpenStore
  let admin: TestAdmin
  let boss: Visitor
  beforeAll(async () => {
    system = await start({ env: { SECRET_KEY: secretKey } })
    store = await stores[0]!.open()
    admin = await startAdmin(system.yard, store.database)
    await addUser(store.database, 'ada', 'admin')
    await addUser(store.database, 'oscar', 'operator')
    boss = await signIn(admin.url, 'ada')
  })
  afterAll(async () => {
    await admin.stop()
    await store.close()
    await system.stop()
  })

  test('people change their own password: their other browsers are signed out, this one is not', async () => {
    const [here, there] = [await signIn(admin.url, 'oscar'), await signIn(admin.url, 'oscar')]
    expect((await here.post('auth/password', { current: 'not this one', password: other })).status).toBe(403)
    expect((await here.post('auth/password', { current: password, password: 'short' })).status).toBe(400)
    expect((await here.post('auth/password', { current: password, password: other })).status).toBe(204)
    expect((await here.get('auth/me')).status).toBe(200)
    expect((await there.get('auth/me')).status).toBe(401)
    expect((await new Visitor(admin.url).post('auth/login', { name: 'oscar', password })).status).toBe(401)
  })

  test('whoever finds a browser open can guess its password ten times, and no more', async () => {
    // Another replica, so that the tries of the other tests are not counted.
    const replica = await startAdmin(system.yard, store.database)
    const found = await signIn(replica.url, 'ada')
    const guess = async () => (await found.post('auth/password', { current: 'a wrong guess', password: other })).status
    const statuses = [await guess()]
    while (statuses.length < 10) statuses.push(await guess())
    expect(new Set(statuses.slice(0, 9))).toEqual(new Set([403]))
    expect(statuses[9]).toBe(429)
    await replica.stop()
  })

  test('people see their own browsers, end one of them, and sign out everywhere', async () => {
    const enter = async () => {
      const visitor = new Visitor(admin.url)
      await visitor.keep(await visitor.post('auth/login', { name: 'oscar', password: other }))
      return visitor
    }
    const [here, there] = [await enter(), await enter()]
    const sessions = async () => ((await (await here.get('auth/sessions')).json()) as { sessions: OwnSessionView[] }).sessions
    expect((await sessions()).filter((one) => one.this)).toHaveLength(1)
    const headers = { Cookie: here.cookie, 'X-CSRF-Token': here.csrf }
    const end = (id: string) => fetch(`${admin.url}/api/v1/auth/sessions/${id}`, { method: 'DELETE', headers })
    for (const { id } of (await sessions()).filter((one) => !one.this)) expect((await end(id)).status).toBe(204)
    expect((await there.get('auth/me')).status).toBe(401)
    expect((await end('0000000000000000')).status).toBe(404)
    expect((await here.post('auth/sign-out-everywhere', {})).status).toBe(204)
    expect((await here.get('auth/me')).status).toBe(401)
  })

  test('whoever signs out everywhere has no token any more, at once', async () => {
    // Another replica, because tries to sign in are counted.
    const replica = await startAdmin(system.yard, store.database)
    const oscar = new Visitor(replica.url)
    await oscar.keep(await oscar.post('auth/login', { name: 'oscar', password: other }))
    const given = await new Visitor(replica.url).post('auth/token', { name: 'oscar', password: other })
    const { access_token: token } = (await given.json()) as { access_token: string }
    const statusOf = async () => (await new Visitor(replica.url).get('tools', { Authorization: `Bearer ${token}` })).status
    expect(await statusOf()).toBe(200)
    expect((await oscar.post('auth/sign-out-everywhere', {})).status).toBe(204)
    expect(await statusOf()).toBe(401)
    await replica.stop()
  })

  test('admins look after people, and nobody else does', async () => {
    // What is called here is a command of the system, whose database is another than that of this admin side.
    const made = await boss.post('users', { name: 'piet', role: 'viewer', password: other })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as UserView
    const headers = { Cookie: boss.cookie, 'X-CSRF-Token': boss.csrf, 'content-type': 'application/json' }
    const patch = (body: object) =>
      fetch(`${admin.url}/api/v1/users/${id}`, { method: 'PATCH', headers, body: JSON.stringify(body) })
    expect(await (await patch({ role: 'operator', is_active: false })).json()).toMatchObject({
      role: 'operator',
      is_active: false,
    })
    expect((await patch({})).status).toBe(400)
    expect((await boss.post(`users/${id}/sign-out`, {})).status).toBe(200)
    const { users } = (await (await boss.get('users')).json()) as { users: UserView[] }
    expect(users).toEqual([expect.objectContaining({ name: 'piet', role: 'operator' })])
    const { entries } = (await (await boss.get('audit?limit=2')).json()) as { entries: { action: string; actor: string }[] }
    expect(entries.map(({ actor, action }) => [actor, action])).toEqual([
      ['ada', 'signed_out_everywhere'],
      ['ada', 'user_disabled'],
    ])
    await addUser(store.database, 'vera', 'viewer')
    const vera = await signIn(admin.url, 'vera')
    for (const path of ['users', 'audit']) expect((await vera.get(path)).status).toBe(403)
    expect((await vera.post('users', { name: 'x', role: 'admin', password })).status).toBe(403)
  })

  test('the audit log tells a key from the person that it is called like', async () => {
    const caller = { id: 'key:Ab3dE6gH', name: 'ada', scopes: ['admin'] } as const
    const call = (name: string, parameters: Record<string, unknown>) =>
      system.yard.switch.call({ kind: 'tool', name, arguments: parameters, caller, via: 'cmd' })
    await call('user_create', { name: 'henri', role: 'viewer' })
    await call('key_create', { name: 'of-a-key' })
    const { structuredContent } = await call('audit_log', { actor: 'ada (key:Ab3dE6gH)' })
    expect(structuredContent).toMatchObject({ entries: [{ action: 'key_created' }, { action: 'user_created' }] })
  })
})

describe('the command line', () => {
  let home: Home
  const run = (words: string[], input = '') => home.run(['users', ...words], { input })
  beforeAll(async () => {
    home = await openHome()
  })
  afterAll(() => home?.remove())

  test('makes an account from a password on stdin, lists it, changes it, and keeps the last admin', async () => {
    const made = await run(['create', 'ada', '--role', 'admin', '--password-stdin'], `${password}\n`)
    expect(made).toEqual({ code: 0, stdout: '', stderr: 'ada may sign in, as admin.\n' })
    await run(['create', 'bob', '--role', 'viewer', '--password-stdin'], other)
    expect(await run(['role', 'bob', '--role', 'operator'])).toMatchObject({ code: 0, stderr: 'bob is operator now.\n' })
    expect(await run(['password', 'bob', '--password-stdin'], 'yet another password\n')).toMatchObject({ code: 0 })
    expect(await run(['sign-out', 'bob'])).toMatchObject({ code: 0, stderr: 'bob is signed out everywhere.\n' })
    expect(await run(['disable', 'ada'])).toMatchObject({ code: 1, stderr: expect.stringContaining('ada is the last admin') })
    expect((await run(['list'])).stdout).toMatch(/^bob +operator +password +0 +not yet +active$/m)
    expect(JSON.parse((await run(['list', '--json'])).stdout)).toMatchObject([{ name: 'ada' }, { name: 'bob' }])
  })

  test.each([
    [['create', 'x'], 78, /users create needs --role admin, operator, viewer, got none/],
    [['create', '--role', 'viewer'], 78, /users create needs the name of a user/],
    [['create', 'x', '--role', 'viewer'], 78, /no terminal to ask for the password: send it on stdin with --password-stdin/],
    [['create', 'x', '--role', 'viewer', '--password-stdin'], 78, /nothing came on stdin/],
    [['list', 'x'], 78, /users list takes no word after it/],
    [['disable', 'x', '--json'], 78, /users disable takes no --json/],
    [['disable', 'nobody'], 1, /there is no user "nobody"/],
    [['destroy', 'x'], 78, /users takes create, password, role/],
  ])('%j is refused in a sentence', async (words, code, message) => {
    const refused = await run(words)
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code, stdout: '' })
    expect(refused.stderr).toMatch(message)
  })
})
