/**
 * What an admin changes stands in the audit log, or is not done. The commands are those of the running server: one that is new, changes something
 * and is not in the table fails this.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { desc } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Caller, Json } from '../app/call.ts'
import { createPinStore } from '../app/store/pins.ts'
import { auditLog } from '../app/store/schema.ts'
import { addUser, password } from './fakes/admin.ts'
import { type GuardedMcp, startGuardedMcp } from './fakes/guarded-mcp.ts'
import { openKeys, secretKey } from './fakes/keys.ts'
import { startMiddle } from './fakes/proxies/middle.ts'
import type { FakeProxy } from './fakes/proxies/proxy.ts'
import { type OpenStore, openEmbedded } from './fakes/stores.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const root: Caller = { id: 'key:rrrrrrrr', name: 'root', scopes: ['read', 'call', 'admin'] }
const actor = 'root (key:rrrrrrrr)'
const local: Caller = { id: 'local', name: 'local', scopes: ['read', 'call'] }

/** The arguments of a call that changes something, made when they are needed, and how the audit log names that. */
const deeds: Record<string, { given: () => Json | Promise<Json>; action: string }> = {
  key_create: { given: () => ({ name: `made-${++made}` }), action: 'key_created' },
  key_revoke: { given: async () => ({ key: await aKey() }), action: 'key_revoked' },
  user_create: { given: () => ({ name: `new-${++made}`, role: 'viewer' }), action: 'user_created' },
  user_set_role: { given: async () => ({ user: await aUser(), role: 'operator' }), action: 'role_changed' },
  user_set_password: { given: async () => ({ user: await aUser(), password: `${password} 2` }), action: 'password_changed' },
  user_disable: { given: async () => ({ user: await aUser() }), action: 'user_disabled' },
  user_enable: { given: async () => ({ user: await aUser() }), action: 'user_enabled' },
  user_sign_out: { given: async () => ({ user: await aUser() }), action: 'signed_out_everywhere' },
  upstream_sign_in: {
    given: () => ({ upstream: 'docs', callback: `${system.adminUrl}/oauth/callback` }),
    action: 'upstream_sign_in_begun',
  },
  upstream_sign_out: { given: () => ({ upstream: 'docs' }), action: 'upstream_sign_out' },
  pin_approve: { given: aChangedPin, action: 'pin_approved' },
  approval_decide: { given: async () => ({ id: await aWaitingCall(), approve: true }), action: 'call_approved' },
  reload: { given: () => ({}), action: 'commands_reload' },
  load: { given: () => ({ file: '_hidden.ts' }), action: 'command_file_load' },
  unload: { given: () => ({ name: 'plain' }), action: 'command_unload' },
  proxy_registration: { given: () => ({ action: 'register' }), action: 'proxy_register' },
}

let place: string
let system: TestSystem
let store: OpenStore
let docs: GuardedMcp
let proxy: FakeProxy

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'switchyard-audit-'))
  const folder = await mkdtemp(join(place, 'commands-'))
  const source = (name: string) => `export default { name: '${name}', description: 'D', returns: 'R', run: () => 1 }`
  for (const [file, name] of Object.entries({ 'plain.ts': 'plain', '_hidden.ts': 'hidden' }))
    await writeFile(join(folder, file), source(name))
  docs = await startGuardedMcp()
  proxy = await startMiddle()
  const dataDir = join(place, 'data')
  system = await start({
    dataDir,
    env: { SECRET_KEY: secretKey },
    flags: { commands: folder },
    file: {
      mcpServers: { docs: { url: docs.url } },
      approval: { tools: ['echo'], by: ['panel'] },
      proxy_registration: { enabled: true, proxy_url: proxy.url, server_id: 'here', auto_register_on_startup: false },
    },
  })
  store = await openEmbedded(undefined, dataDir)
})
afterAll(async () => {
  await store?.close()
  await system?.stop()
  await docs?.stop()
  await proxy?.stop()
  await rm(place, { recursive: true, force: true })
})

const call = async (name: string, given: Json = {}, caller = root) =>
  (await system.yard.switch.call({ kind: 'tool', name, arguments: given, caller, via: 'cli' })).structuredContent as Json
const rows = () => store.database.db.select().from(auditLog).orderBy(desc(auditLog.id))
const offered = () => system.yard.catalog.list('tools', { caller: local, via: 'cli' }).map(({ name }) => name)
const loads = () => system.log.of('commands loaded').length

/** Those of the running server that need the scope admin and do not say that they change nothing. */
const changing = () =>
  system.yard.catalog
    .list('tools', { caller: root, via: 'cli' })
    .filter(({ owner, scope }) => owner === 'switchyard' && scope === 'admin')
    .filter(({ definition }) => (definition.annotations as Json | undefined)?.readOnlyHint !== true)
    .map(({ name }) => name)

let made = 0
async function aKey(): Promise<string> {
  const { key } = await openKeys(store.database).create({ name: `key-${++made}`, scopes: ['read'], life: 60_000 }, 'test')
  return key.id
}

async function aUser(): Promise<string> {
  const name = `user-${++made}`
  await addUser(store.database, name, 'viewer')
  return name
}

async function aChangedPin(): Promise<Json> {
  const pins = createPinStore(store.database)
  const name = `tool_${++made}`
  const form = { definition: { name, description: 'D' } }
  const base = { upstream: 'elsewhere', kind: 'tool' as const, name, approvedAt: new Date(), approvedBy: '', marks: [] }
  await pins.keep([
    { ...base, id: undefined, hash: null, form: null, pendingHash: 'now', pendingForm: form, changedAt: new Date() },
  ])
  return { id: (await pins.list()).find((pin) => pin.name === name)!.id, hash: 'now' }
}

async function aWaitingCall(): Promise<string> {
  void call('echo', { message: `${++made}` }, local).catch(() => {})
  let id: string | undefined
  await until('a call waits', async () => {
    id = ((await call('approvals')).pending as { id: string }[]).at(-1)?.id
    return id
  })
  return id!
}

test('every command that changes something as an admin writes who did what into the audit log', async () => {
  expect(changing().sort()).toEqual(Object.keys(deeds).sort())
  for (const [name, { given, action }] of Object.entries(deeds)) {
    const values = await given()
    const before = (await rows())[0]?.id ?? 0
    await call(name, values)
    const written = (await rows()).filter(({ id, actor: by }) => id > before && by === actor)
    expect({ [name]: written.map((row) => row.action) }).toEqual({ [name]: [action] })
  }
  await call('proxy_registration', { action: 'unregister' })
  expect((await rows())[0]).toMatchObject({ actor, action: 'proxy_unregister' })
  const count = (await rows()).length
  await call('proxy_registration', { action: 'status' })
  expect(await rows()).toHaveLength(count)
})

test('where the audit log cannot be written, none of it is done', async () => {
  const given = await Promise.all(Object.entries(deeds).map(async ([name, deed]) => [name, await deed.given()] as const))
  await call('reload')
  const before = { offered: offered(), loads: loads(), proxy: proxy.paths() }
  expect(before.offered).toContain('plain')
  expect(before.offered).not.toContain('hidden')
  await store.database.pool.query('alter table admin.audit_log rename to away')
  try {
    for (const [name, values] of given) await expect(call(name, values), name).rejects.toThrow('internal error')
    await expect(call('proxy_registration', { action: 'unregister' })).rejects.toThrow('internal error')
    expect({ offered: offered(), loads: loads(), proxy: proxy.paths() }).toEqual(before)
  } finally {
    await store.database.pool.query('alter table admin.away rename to audit_log')
  }
})
