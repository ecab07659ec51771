/** What the store promises of people who come with a provider, on both kinds of database. */
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { NewSession } from '../app/store/people.ts'
import { auditLog, sessions, users } from '../app/store/schema.ts'
import { createSubjectStore, type Newcomer, type SubjectStore } from '../app/store/subjects.ts'
import { type OpenStore, stores } from './fakes/stores.ts'

let nth = 0
const newSession = (): NewSession => ({
  tokenHash: `hash-${nth++}`,
  csrfToken: 'csrf',
  address: '127.0.0.1',
  userAgent: '',
  expiresAt: new Date(Date.now() + 60_000),
})
const newcomer = (name: string, more: Partial<Newcomer> = {}): Newcomer => ({
  subject: `https://id.example|${name}`,
  name,
  role: 'viewer',
  roleRequired: true,
  ...more,
})

describe.each(stores)('people of a provider, on $name', ({ test, open }) => {
  let store: OpenStore
  let subjects: SubjectStore
  beforeAll(async () => {
    store = await open()
    subjects = createSubjectStore(store.database)
  })
  afterAll(() => store?.close())
  const rowsOf = (name: string) => store.database.db.select().from(users).where(eq(users.name, name))
  const deedsOf = async (actor: string) =>
    (await store.database.db.select().from(auditLog).where(eq(auditLog.actor, actor)).orderBy(auditLog.id)).map(
      ({ action, details }) => [action, details],
    )

  test('ten windows of one person at once make one account and ten sessions', async () => {
    const signedIn = await Promise.all(Array.from({ length: 10 }, () => subjects.signIn(newcomer('ten'), newSession())))
    const ids = new Set(signedIn.map((user) => user?.id))
    expect(ids.size).toBe(1)
    const [id] = ids
    expect(await store.database.db.select().from(sessions).where(eq(sessions.userId, id!))).toHaveLength(10)
    expect((await deedsOf('ten')).filter(([action]) => action === 'user_created')).toHaveLength(1)
  })

  test('two people whom the provider calls the same, at once, are two accounts', async () => {
    const two = ['a', 'b'].map((subject) => subjects.signIn(newcomer('same', { subject }), newSession()))
    expect((await Promise.all(two)).map((user) => user?.name).sort()).toEqual(['same', 'same-2'])
  })

  test('where roles are not the business of the provider, an account keeps its own', async () => {
    await subjects.signIn(newcomer('keeps', { role: 'operator' }), newSession())
    const kept = await subjects.signIn(newcomer('keeps', { role: undefined, roleRequired: false }), newSession())
    expect(kept?.role).toBe('operator')
    expect(await subjects.signIn(newcomer('nobody', { role: undefined, roleRequired: false }), newSession())).toBeUndefined()
  })

  test('a change of the role says in the audit log from what to what, and whose word it was', async () => {
    await subjects.signIn(newcomer('riser'), newSession())
    await subjects.signIn(newcomer('riser', { role: 'admin' }), newSession())
    const by = 'https://id.example|riser'
    expect(await deedsOf('riser')).toEqual([
      ['user_created', { role: 'viewer', by }],
      ['sign_in', { subject: by }],
      ['role_changed', { from: 'viewer', to: 'admin', by }],
      ['sign_in', { subject: by }],
    ])
  })

  test('a session that cannot be opened leaves nothing behind', async () => {
    const session = newSession()
    await subjects.signIn(newcomer('first'), session)
    await expect(subjects.signIn(newcomer('second'), session)).rejects.toThrow()
    expect([await rowsOf('second'), await deedsOf('second')]).toEqual([[], []])
  })
})
