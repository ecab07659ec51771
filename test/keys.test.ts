/** What is promised of API keys, on either database. */
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createSeal } from '../app/keys/seal.ts'
import { idIn, newKeyText } from '../app/keys/text.ts'
import type { KeyWish } from '../app/keys/wish.ts'
import { day } from '../app/keys/wish.ts'
import { silent } from '../app/log.ts'
import { openDatabase } from '../app/store/database.ts'
import { openKeys, secretKey } from './fakes/keys.ts'
import { type OpenStore, stores } from './fakes/stores.ts'
import { freshDatabase, withPostgres } from './services.ts'
import { until } from './until.ts'

const made = fc.constant(null).map(newKeyText)
const characters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-']

describe('the text of a key', () => {
  test('every key that is made can be read', () => {
    fc.assert(
      fc.property(made, ({ id, text }) => {
        expect(text).toMatch(/^swk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/)
        expect(idIn(text)).toBe(id)
      }),
    )
  })

  test('one wrong, missing or added character makes it no key', () => {
    fc.assert(
      fc.property(made, fc.nat(50), fc.constantFrom(...characters), ({ text }, place, character) => {
        const [before, after] = [text.slice(0, place), text.slice(place + 1)]
        if (text[place] !== character) expect(idIn(before + character + after)).toBeUndefined()
        expect(idIn(before + after)).toBeUndefined()
        expect(idIn(before + character + text.slice(place))).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  test('the checksum is CRC-32 in base 62, so that a scanner can check it', () => {
    // Reckoned with Python's zlib.
    expect(idIn('swk_AAAAAAAA_000000000000000000000000000000001IMGme')).toBe('AAAAAAAA')
  })

  test('a seal fits its own text alone, under its own secret alone', () => {
    const seal = createSeal(secretKey)
    const [{ text }, other] = [newKeyText(), newKeyText()]
    expect(seal.of(text)).toMatch(/^[0-9a-f]{64}$/)
    expect(seal.fits(text, seal.of(text))).toBe(true)
    expect(seal.fits(other.text, seal.of(text))).toBe(false)
    expect(createSeal(`${secretKey}2`).fits(text, seal.of(text))).toBe(false)
    expect(seal.fits(text, '')).toBe(false)
  })
})

const wish = (more: Partial<KeyWish> = {}): KeyWish => ({
  name: `key-${nth++}`,
  scopes: ['read', 'call'],
  life: 90 * day,
  ...more,
})
let nth = 1

describe.each(stores)('keys in $name', ({ open, test }) => {
  let store: OpenStore
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store?.close())

  const rowsOf = async (query: ReturnType<typeof sql>) => (await store.database.db.execute(query)).rows

  test('a new key calls under its name, with its scopes', async () => {
    const keys = openKeys(store.database)
    const { text, key } = await keys.create(wish({ name: 'claude', scopes: ['call', 'read', 'read'] }), 'anna')
    expect(key).toMatchObject({ name: 'claude', scopes: ['read', 'call'], state: 'active', created_by: 'anna', last_used: null })
    expect(await keys.verify(text)).toEqual({ id: `key:${key.id}`, name: 'claude', scopes: ['read', 'call'] })
    expect(await openKeys(store.database).verify(text)).toMatchObject({ name: 'claude' })
  })

  test('the text of a key is kept nowhere', async () => {
    const { text } = await openKeys(store.database).create(wish(), 'anna')
    const rows = JSON.stringify(await rowsOf(sql`select * from mcp.api_keys`))
    expect(rows).toContain(idIn(text))
    expect(rows).not.toContain(text.slice(-38))
  })

  test('a key that nobody made is refused, and so is one with a typo, which the database is not asked for', async () => {
    const keys = openKeys(store.database)
    const { text } = await keys.create(wish(), 'anna')
    expect(await keys.verify(newKeyText().text)).toBeUndefined()
    expect(keys.asked()).toBe(1)
    await expect(keys.verify(text.slice(0, -1))).rejects.toMatchObject({ code: 'unauthorized', message: /typo/ })
    expect(await keys.verify('some-other-credential')).toBeUndefined()
    expect(keys.asked()).toBe(1)
  })

  test('knowing the id of a key is of no use, and neither is a key made under another SECRET_KEY', async () => {
    const keys = openKeys(store.database)
    const { key } = await keys.create(wish(), 'anna')
    const forged = newKeyText()
    await rowsOf(sql`update mcp.api_keys set id = ${forged.id} where id = ${key.id}`)
    expect(await keys.verify(forged.text)).toBeUndefined()
    const elsewhere = await openKeys(store.database, 'q8Rk2VxT5nW9cB4mJ7hL0pZ3sD6fG1yATq5Xw8Kd2Nf7').create(wish(), 'mallory')
    expect(await keys.verify(elsewhere.text)).toBeUndefined()
  })

  test('an expired key is refused to the millisecond, and says so', async () => {
    const keys = openKeys(store.database)
    const { text, key } = await keys.create(wish({ life: 3_000 }), 'anna')
    keys.later(2_999)
    expect(await keys.verify(text)).toBeDefined()
    keys.later(1)
    await expect(keys.verify(text)).rejects.toMatchObject({ code: 'unauthorized', message: /expired/ })
    expect((await keys.list()).find(({ id }) => id === key.id)).toMatchObject({ state: 'expired' })
  })

  test('a key that never expires is good in a hundred years', async () => {
    const keys = openKeys(store.database)
    const { text, key } = await keys.create(wish({ life: null }), 'anna')
    expect(key.expires_at).toBeNull()
    keys.later(36_500 * day)
    expect(await keys.verify(text)).toBeDefined()
  })

  test('a revoked key is refused here at once and on another replica after two seconds, by name, id or text', async () => {
    const [keys, replica] = [openKeys(store.database), openKeys(store.database)]
    for (const by of ['name', 'id', 'text'] as const) {
      const { text, key } = await keys.create(wish(), 'anna')
      await Promise.all([keys.verify(text), replica.verify(text)])
      expect(await keys.revoke({ name: key.name, id: key.id, text }[by], 'anna')).toMatchObject({ id: key.id, state: 'revoked' })
      await expect(keys.verify(text)).rejects.toMatchObject({ code: 'unauthorized', message: /revoked/ })
      replica.later(1_999)
      expect(await replica.verify(text)).toBeDefined()
      replica.later(1)
      await expect(replica.verify(text)).rejects.toMatchObject({ code: 'unauthorized', message: /revoked/ })
    }
  })

  test('a key is looked up once in two seconds, however many ask, whether it exists or not', async () => {
    const keys = openKeys(store.database)
    const { text } = await keys.create(wish(), 'anna')
    for (const each of [text, newKeyText().text]) {
      const before = keys.asked()
      await Promise.all(Array.from({ length: 20 }, () => keys.verify(each)))
      keys.later(1_999)
      await keys.verify(each)
      expect(keys.asked()).toBe(before + 1)
      keys.later(1)
      await keys.verify(each)
      expect(keys.asked()).toBe(before + 2)
    }
  })

  test('a name is in use once, until its key is revoked or has expired', async () => {
    const keys = openKeys(store.database)
    const { name } = (await keys.create(wish(), 'anna')).key
    await expect(keys.create(wish({ name }), 'anna')).rejects.toMatchObject({ code: 'conflict' })
    await keys.revoke(name, 'anna')
    const { key } = await keys.create(wish({ name, life: 1 }), 'anna')
    await until('it has expired', () => Date.now() > Date.parse(key.expires_at ?? ''))
    await keys.create(wish({ name }), 'anna')
    const states = (await keys.list()).filter((each) => each.name === name).map(({ state }) => state)
    expect(states).toEqual(['active', 'revoked', 'revoked'])
    await expect(keys.revoke('nobody', 'anna')).rejects.toMatchObject({ code: 'invalid_arguments' })
  })

  test('of two replicas that want the same name at once, one gets it', async () => {
    const same = wish()
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => openKeys(store.database).create(same, 'anna')))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('every key made or revoked has its row in the audit log', async () => {
    const keys = openKeys(store.database)
    const { key } = await keys.create(wish({ name: 'audited' }), 'anna')
    await keys.revoke('audited', 'boris')
    const rows = await rowsOf(
      sql`select actor, action, details from admin.audit_log where target = ${`key:${key.id}`} order by id`,
    )
    expect(rows).toEqual([
      {
        actor: 'anna',
        action: 'key_created',
        details: { name: 'audited', scopes: ['read', 'call'], tools: null, rate: null, expires_at: key.expires_at },
      },
      { actor: 'boris', action: 'key_revoked', details: { name: 'audited' } },
    ])
  })

  test('no key is made whose audit row cannot be written, and none is revoked', async () => {
    const keys = openKeys(store.database)
    const { key } = await keys.create(wish(), 'anna')
    const unwritable = 'a text with a \0 in it'
    const refused = wish()
    await expect(keys.create(refused, unwritable)).rejects.toThrow()
    await expect(keys.revoke(key.id, unwritable)).rejects.toThrow()
    const list = await keys.list()
    expect(list.find(({ name }) => name === refused.name)).toBeUndefined()
    expect(list.find(({ id }) => id === key.id)).toMatchObject({ state: 'active' })
  })

  test('that a key is used is noted, once a minute', async () => {
    const keys = openKeys(store.database)
    const { text, key } = await keys.create(wish(), 'anna')
    const lastUsed = async () => (await keys.list()).find(({ id }) => id === key.id)?.last_used
    await keys.verify(text)
    await until('the use is noted', lastUsed)
    const first = await lastUsed()
    keys.later(59_999)
    await keys.verify(text)
    keys.later(1)
    await keys.verify(text)
    await until('the next use is noted', async () => (await lastUsed()) !== first)
    expect(Date.parse((await lastUsed())!) - Date.parse(first!)).toBe(60_000)
  })

  test('what a key may call and how often comes with whoever holds it, the same object as long as nothing changes', async () => {
    const keys = openKeys(store.database)
    const { text, key } = await keys.create(wish({ tools: ['shop_*'], rate: 5 }), 'anna')
    const holder = await keys.verify(text)
    expect(holder).toEqual({ id: `key:${key.id}`, name: key.name, scopes: key.scopes, tools: ['shop_*'], rate: 5 })
    expect(await keys.verify(text)).toBe(holder)
    expect(await keys.list()).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: key.id, tools: ['shop_*'], rate: 5 })]),
    )
  })

  test.each([
    ['a name with a space', { name: 'a b' }, /name of a key must be/],
    ['no name', { name: '' }, /name of a key must be/],
    ['no scope', { scopes: [] }, /scopes of a key must be some of read, call, admin/],
    ['an unknown scope', { scopes: ['write' as 'read'] }, /scopes of a key must be/],
    ['a pattern with a space', { tools: ['a b'] }, /tools of a key must be 1 to 100 names or patterns/],
    ['no pattern', { tools: [] }, /tools of a key must be/],
    ['a rate of nothing', { rate: 0 }, /rate of a key must be 1 to 1000000 calls a window, got 0/],
    ['half a call', { rate: 0.5 }, /rate of a key must be/],
    ['no life', { life: 0 }, /within 3650 days, or never/],
    ['a life of centuries', { life: 40_000 * day }, /within 3650 days, or never/],
  ])('%s is refused with what would be right', async (_, more, message) => {
    const asked = openKeys(store.database).create(wish(more), 'anna')
    await expect(asked).rejects.toMatchObject({ code: 'invalid_arguments', message })
  })

  test('without a SECRET_KEY no key is made, and none is right', async () => {
    const { text } = await openKeys(store.database).create(wish(), 'anna')
    const keys = openKeys(store.database, null)
    await expect(keys.create(wish(), 'anna')).rejects.toThrow(/openssl rand -base64 48/)
    expect(await keys.verify(text)).toBeUndefined()
  })
})

withPostgres()('a key works for half a minute while the database is away, and at once when it is back', async () => {
  const { url, drop } = await freshDatabase()
  const database = await openDatabase({ url, poolSize: 3, dataDir: '', log: silent })
  const keys = openKeys(database)
  try {
    const [known, unknown, revoked] = [
      await keys.create(wish(), 'a'),
      await keys.create(wish(), 'a'),
      await keys.create(wish(), 'a'),
    ]
    await keys.verify(known.text)
    await keys.revoke(revoked.key.id, 'a')
    await expect(keys.verify(revoked.text)).rejects.toThrow(/revoked/)
    await open(url, false)
    await expect(keys.verify(unknown.text)).rejects.toMatchObject({ code: 'unavailable', data: { retry_after: 2 } })
    for (const pause of [5_000, 5_000, 19_999]) {
      keys.later(pause)
      expect(await keys.verify(known.text)).toBeDefined()
    }
    await expect(keys.verify(revoked.text)).rejects.toThrow(/revoked/)
    keys.later(1)
    await expect(keys.verify(known.text)).rejects.toMatchObject({ code: 'unavailable' })
    await open(url, true)
    await until('the database is back', async () => (await database.check()).status === 'ok')
    keys.later(3_000)
    expect(await keys.verify(known.text)).toBeDefined()
    expect(await keys.verify(unknown.text)).toBeDefined()
  } finally {
    await database.stop()
    await drop()
  }
})

/** Lets nobody into a database any more and sends away who is in it, or opens it again. */
async function open(url: string, allowed: boolean): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  const client = new pg.Client({ connectionString: inject('postgresUrl')! })
  await client.connect()
  try {
    await client.query(`alter database ${name} allow_connections ${allowed}`)
    if (allowed) return
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
    const left = () => client.query('select 1 from pg_stat_activity where datname = $1', [name])
    await until('everybody has left', async () => (await left()).rowCount === 0)
  } finally {
    await client.end()
  }
}
