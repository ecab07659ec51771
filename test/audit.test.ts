/** Every deed and its row in the audit log are one transaction: what cannot be written down is not done, whichever store it is a deed of. */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test as plainTest } from 'vitest'
import { newKeyText } from '../app/keys/text.ts'
import type { Pin } from '../app/pins/words.ts'
import { packageRoot } from '../app/root.ts'
import { createApprovalStore } from '../app/store/approvals.ts'
import type { Database } from '../app/store/database.ts'
import { createGrantStore, type NewGrant } from '../app/store/grants.ts'
import { createKeyStore } from '../app/store/keys.ts'
import { createPeopleStore, type NewSession } from '../app/store/people.ts'
import { createPinStore } from '../app/store/pins.ts'
import { createRegistrationStore, type NewRegistration } from '../app/store/registrations.ts'
import { createSubjectStore, type Newcomer } from '../app/store/subjects.ts'
import { createUpstreamSecrets } from '../app/store/upstream-secrets.ts'
import { type Change, createUserStore } from '../app/store/users.ts'
import { type OpenStore, stores } from './fakes/stores.ts'

const actor = { name: 'ada', address: '127.0.0.1' }
const later = () => new Date(Date.now() + 3_600_000)

/** Does what has to be there before the deed, and gives the deed. */
type Begin = (database: Database) => Promise<() => Promise<unknown>>

interface Deed {
  /** The file in app/store/ whose deed it is. */
  readonly store: string
  readonly deed: string
  readonly begin: Begin
}

const deedsOf = (store: string, deeds: Record<string, Begin>): Deed[] =>
  Object.entries(deeds).map(([deed, begin]) => ({ store, deed, begin }))

const decide =
  (approve: boolean): Begin =>
  async (database) => {
    const store = createApprovalStore(database)
    const id = randomUUID()
    const wanted = { callerId: 'key:aaaaaaaa', callerName: 'agent', toolName: 'drop', owner: 'shop', arguments: {}, hash: 'h' }
    await store.ask(id, wanted, 600)
    return () => store.decide(id, { approve, reason: 'why not', actor: 'ada' }, 600)
  }

const pin = (more: Partial<Pin>): Pin => ({
  ...{ id: undefined, upstream: 'shop', kind: 'tool', name: 'find', hash: 'one', form: { definition: { name: 'find' } } },
  ...{ approvedAt: new Date(), approvedBy: 'first sight', pendingHash: null, pendingForm: null, changedAt: null, marks: [] },
  ...more,
})

const newGrant = (): NewGrant => ({
  ...{ id: randomUUID(), realm: 'erp', username: 'eve', sealed: 'sealed', clientId: 'client', challenge: 'challenge' },
  ...{ redirectUri: 'http://127.0.0.1:1/', codeHash: randomUUID(), codeExpiresAt: later(), refreshExpiresAt: later() },
})
const granted = async (database: Database) => {
  const store = createGrantStore(database)
  const grant = { ...newGrant(), accessHash: randomUUID(), refreshHash: randomUUID(), codeUsedAt: new Date() }
  await store.add(grant, '127.0.0.1')
  return { store, grant }
}

const newKey = () => {
  const { id } = newKeyText()
  const life = { createdBy: 'ada', expiresAt: later() }
  return { id, hash: randomUUID(), name: 'claude', scopes: ['read' as const], allowedTools: null, rateLimit: null, ...life }
}

const newSession = (): NewSession => ({
  ...{ tokenHash: randomUUID(), csrfToken: randomUUID(), address: '127.0.0.1', userAgent: 'test', expiresAt: later() },
})
const account = async (database: Database, name = 'bob') => {
  const users = createUserStore(database)
  return { users, user: (await users.add({ name, role: 'viewer', passwordHash: 'hash' }, actor))! }
}
const signedIn = async (database: Database) => {
  const { users, user } = await account(database)
  const people = createPeopleStore(database)
  const session = newSession()
  await people.openSession(user, session)
  return { users, people, user, session }
}
const change =
  (what: Change): Begin =>
  async (database) => {
    const { users, user } = await signedIn(database)
    return () => users.change(user.id, what, actor)
  }

const server: NewRegistration = {
  ...{ serverId: 'shop', serverUrl: 'http://127.0.0.1:1', serverName: 'shop', description: '', version: null, uuid: null },
  ...{ capabilities: [], metadata: {} },
}
const [owner, admin, limits] = [{ id: 'local' }, { id: 'user:ada', admin: 'ada' }, { lease: 600, most: 10 }]
const registered = async (database: Database) => {
  const store = createRegistrationStore(database)
  await store.put(server, owner, limits)
  return store
}

const newcomer: Newcomer = { subject: 'https://id.example eve', name: 'eve', role: 'viewer', roleRequired: true }

const deeds: Deed[] = [
  ...deedsOf('approvals', { 'a call is approved': decide(true), 'a call is denied': decide(false) }),
  ...deedsOf('pins', {
    'a changed tool is approved': async (database) => {
      const store = createPinStore(database)
      await store.keep([pin({})])
      await store.keep([pin({ pendingHash: 'two', pendingForm: { definition: { name: 'find', description: 'more' } } })])
      const [{ id }] = (await store.list()) as [Pin]
      return () => store.approve(id!, 'two', 'ada')
    },
  }),
  ...deedsOf('grants', {
    'a client is given something': async (database) => () => createGrantStore(database).add(newGrant(), '127.0.0.1'),
    'what was given ends, because a token came twice': async (database) => {
      const { store, grant } = await granted(database)
      return () => store.decide('refresh', grant.refreshHash, () => ({ answer: undefined, end: 'it came twice' }))
    },
    'the client gives it back': async (database) => {
      const { store, grant } = await granted(database)
      return () => store.end(grant.accessHash)
    },
    'somebody takes it back': async (database) => {
      const { store, grant } = await granted(database)
      return () => store.revoke(grant.id, 'ada')
    },
  }),
  ...deedsOf('upstream-secrets', {
    'an admin signs in at an upstream': async (database) => () =>
      createUpstreamSecrets(database).put('far 1234', 'account', 'sealed', {
        deed: { actor: 'ada', action: 'upstream_sign_in', target: 'far' },
      }),
    'an admin signs in once more': async (database) => {
      const store = createUpstreamSecrets(database)
      await store.put('far 1234', 'account', 'sealed before')
      return () =>
        store.put('far 1234', 'account', 'sealed', { deed: { actor: 'ada', action: 'upstream_sign_in', target: 'far' } })
    },
    'an admin signs out there': async (database) => {
      const store = createUpstreamSecrets(database)
      await store.put('far 1234', 'account', 'sealed')
      return () => store.forget('far 1234', { actor: 'ada', action: 'upstream_sign_out', target: 'far' })
    },
  }),
  ...deedsOf('keys', {
    'a key is made': async (database) => () => createKeyStore(database).add(newKey()),
    'a key is made in the place of one that has run out': async (database) => {
      const store = createKeyStore(database)
      await store.add({ ...newKey(), expiresAt: new Date(0) })
      return () => store.add(newKey())
    },
    'a key is revoked': async (database) => {
      const store = createKeyStore(database)
      const key = newKey()
      await store.add(key)
      return () => store.revoke(key.id, 'ada')
    },
  }),
  ...deedsOf('users', {
    'an account is made': async (database) => () =>
      createUserStore(database).add({ name: 'bob', role: 'viewer', passwordHash: null }, actor),
    'a role changes': change({ action: 'role_changed', role: 'operator' }),
    'a password changes': change({ action: 'password_changed', passwordHash: 'other' }),
    'an account is disabled': change({ action: 'user_disabled', isActive: false }),
    'somebody is signed out everywhere': change({ action: 'signed_out_everywhere' }),
    'somebody ends one of their own sessions': async (database) => {
      const { users, user, session } = await signedIn(database)
      return () => users.endSession(user.id, session.tokenHash, { name: user.name })
    },
  }),
  ...deedsOf('people', {
    'the first admin chooses a password': async (database) => () =>
      createPeopleStore(database).createFirst('ada', 'hash', newSession()),
    'somebody signs in': async (database) => {
      const { user } = await account(database)
      return () => createPeopleStore(database).openSession(user, newSession())
    },
    'somebody signs out': async (database) => {
      const { people, user, session } = await signedIn(database)
      return () => people.closeSession(session.tokenHash, user, '127.0.0.1')
    },
  }),
  ...deedsOf('registrations', {
    'an admin takes over what somebody else has registered': async (database) => {
      const store = await registered(database)
      return () => store.put(server, admin, limits)
    },
    'an admin unregisters what somebody else has registered': async (database) => {
      const store = await registered(database)
      return () => store.remove(['shop_1'], admin)
    },
  }),
  ...deedsOf('subjects', {
    'somebody comes with a provider for the first time': async (database) => () =>
      createSubjectStore(database).signIn(newcomer, newSession()),
    'somebody comes with another role': async (database) => {
      const store = createSubjectStore(database)
      await store.signIn(newcomer, newSession())
      return () => store.signIn({ ...newcomer, role: 'operator' }, newSession())
    },
  }),
]

describe.each(stores)('on $name', ({ open, test }) => {
  let store: OpenStore
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())

  const run = async <T extends Record<string, unknown>>(text: string) => (await store.database.db.execute<T>(sql.raw(text))).rows
  const audited = async () => (await run<{ n: number }>('select count(*)::int as n from admin.audit_log'))[0]!.n

  /** All that is kept, but for the audit log. */
  async function everything(): Promise<Record<string, unknown>> {
    const tables = await run<{ name: string }>(`
      select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
      where table_schema in ('mcp', 'admin', 'agents', 'analytics') and table_type = 'BASE TABLE' and table_name <> 'audit_log'`)
    const kept: Record<string, unknown> = {}
    for (const { name } of tables)
      kept[name] = (await run(`select to_jsonb(one) as row from ${name} one order by to_jsonb(one)::text`)).map(({ row }) => row)
    return kept
  }

  beforeEach(async () => {
    await run('alter table admin.audit_log drop constraint if exists nothing_more')
    await run(`truncate ${Object.keys(await everything()).join(', ')} cascade`)
  })

  test.each(deeds)('$store: where $deed, nothing is done that cannot be written down', async ({ begin }) => {
    const act = await begin(store.database)
    const [before, written] = [await everything(), await audited()]

    // Whoever it is and whatever they do: no row is taken any more.
    await run('alter table admin.audit_log add constraint nothing_more check (false) not valid')
    const refused = await act().then(
      (answer) => ({ answer }),
      (error: Error) => `${error.message} ${String(error.cause)}`,
    )
    expect(refused).toContain('nothing_more')
    expect(await everything()).toEqual(before)

    await run('alter table admin.audit_log drop constraint nothing_more')
    await act()
    expect(await everything()).not.toEqual(before)
    expect(await audited()).toBeGreaterThan(written)
  })
})

plainTest('the deeds here are those of all stores that write to the audit log', () => {
  const folder = join(packageRoot, 'app', 'store')
  const source = (name: string) => readFileSync(join(folder, name), 'utf8')
  const writes = (name: string) => name !== 'audit.ts' && /\bnoteDeed\(|\binsertSession\(/.test(source(name))
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && writes(name))
  expect(files.map((name) => name.replace(/\.ts$/, '')).sort()).toEqual([...new Set(deeds.map(({ store }) => store))].sort())
})
