/** What is promised about codes and tokens that a sign-in gives: once each, in nobody else's name, and unreadable in the database. */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest'
import { createGrants, type Grants, type Lifetimes } from '../app/authorization/grants.ts'
import { createBox } from '../app/keys/box.ts'
import { sha256 } from '../app/sha256.ts'
import { createGrantStore, type GrantStore } from '../app/store/grants.ts'
import { auditLog, grants as table } from '../app/store/schema.ts'
import { type OpenStore, stores } from './fakes/stores.ts'

const lifetimes: Lifetimes = { codeTtl: 120, accessTtl: 3600, refreshTtl: 86_400, refreshGrace: 60 }
const redirectUri = 'http://127.0.0.1:1234/callback'
const clientId = 'mcp-public-client'
const account = { username: 'Иванов', password: 'пароль: 1' }

describe.each(stores)('in $name', ({ test, open }) => {
  let opened: OpenStore
  let store: GrantStore
  let grants: Grants
  let now: number

  beforeAll(async () => {
    opened = await open()
    store = createGrantStore(opened.database)
  })
  afterAll(() => opened.close())
  beforeEach(() => {
    now = Date.now()
    grants = createGrants(store, createBox('a key', 'test'), lifetimes, () => now)
  })

  async function begin() {
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const code = await grants.begin({ realm: 'erp', account, clientId, redirectUri, challenge, address: '127.0.0.1' })
    return { code, verifier, clientId, redirectUri }
  }
  const tokens = async () => (await grants.redeem(await begin()))!
  const isLive = async (access: string) => (await store.byAccess(sha256(access))) !== undefined

  test('a code becomes tokens, and they lead back to the account', async () => {
    const { access } = await tokens()
    const grant = await store.byAccess(sha256(access))
    expect(grants.accountIn(grant!)).toEqual(account)
    expect(grant?.accessExpiresAt?.getTime()).toBe(now + 3_600_000)
  })

  test('a code that is used twice ends what came of it', async () => {
    const begun = await begin()
    const { access } = (await grants.redeem(begun))!
    expect(await grants.redeem(begun)).toBeUndefined()
    expect(await isLive(access)).toBe(false)
  })

  test('of two who bring one code at once, one at most keeps tokens', async () => {
    const begun = await begin()
    const both = await Promise.all([grants.redeem(begun), grants.redeem(begun)])
    expect(both.filter(Boolean)).toHaveLength(1)
  })

  test.each([
    ['another verifier', { verifier: 'x'.repeat(43) }],
    ['another client', { clientId: 'somebody' }],
    ['another redirect', { redirectUri: 'http://127.0.0.1:1234/else' }],
  ])('a code is worth nothing with %s', async (_, wrong) => {
    expect(await grants.redeem({ ...(await begin()), ...wrong })).toBeUndefined()
  })

  test('a program may have listened on another port of the loopback address', async () => {
    expect(await grants.redeem({ ...(await begin()), redirectUri: 'http://127.0.0.1:999/callback' })).toBeDefined()
  })

  test('a code is too old after its time', async () => {
    const begun = await begin()
    now += 121_000
    expect(await grants.redeem(begun)).toBeUndefined()
  })

  test('a refresh gives new tokens, and the old ones are worth nothing', async () => {
    const first = await tokens()
    const second = (await grants.refresh(first.refresh, clientId))!
    expect(second.refresh).not.toBe(first.refresh)
    expect([await isLive(first.access), await isLive(second.access)]).toEqual([false, true])
  })

  test('whose answer was lost gets the same one again, for a while', async () => {
    const first = await tokens()
    const second = await grants.refresh(first.refresh, clientId)
    now += 59_000
    expect(await grants.refresh(first.refresh, clientId)).toEqual(second)
    now += 2_000
    expect(await grants.refresh(first.refresh, clientId)).toBeUndefined()
    expect(await isLive(second!.access)).toBe(false)
  })

  test('a refresh token of long ago ends everything: somebody else has it too', async () => {
    const first = await tokens()
    const second = (await grants.refresh(first.refresh, clientId))!
    const third = (await grants.refresh(second.refresh, clientId))!
    expect(await grants.refresh(first.refresh, clientId)).toBeUndefined()
    expect(await isLive(third.access)).toBe(false)
    expect(await grants.refresh(third.refresh, clientId)).toBeUndefined()
  })

  test('another client cannot refresh, and does no harm', async () => {
    const { refresh, access } = await tokens()
    expect(await grants.refresh(refresh, 'somebody')).toBeUndefined()
    expect(await isLive(access)).toBe(true)
  })

  test.each(['access', 'refresh'] as const)('the %s token ends it', async (kind) => {
    const given = await tokens()
    await grants.revoke(given[kind])
    expect(await isLive(given.access)).toBe(false)
    expect(await grants.refresh(given.refresh, clientId)).toBeUndefined()
  })

  test('neither tokens nor the password can be read in the database, and another key opens nothing', async () => {
    const given = await tokens()
    const text = JSON.stringify(await opened.database.db.select().from(table))
    for (const secret of [given.access, given.refresh, account.password]) expect(text).not.toContain(secret)
    const grant = (await store.byAccess(sha256(given.access)))!
    expect(createGrants(store, createBox('another key', 'test'), lifetimes).accountIn(grant)).toBeUndefined()
    const stolen = { ...grant, username: 'Петров' }
    expect(grants.accountIn(stolen)).toBeUndefined()
  })

  test('who signed in stands in the audit log', async () => {
    await begin()
    const rows = await opened.database.db.select().from(auditLog)
    expect(rows.at(-1)).toMatchObject({ actor: 'person:erp:Иванов', action: 'sign_in', address: '127.0.0.1' })
  })
})
