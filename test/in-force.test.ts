/** What waits for a place or for a person's word does not begin when whoever called may not call any more; what runs already goes on. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Caller, Json } from '../app/call.ts'
import { secretKey } from './fakes/keys.ts'
import { historyOf } from './insider.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const source = `
const common = { description: 'D', returns: 'R', params: { who: { type: 'string', description: 'Who', required: true } } }
const note = ({ who }) => void globalThis.noted.ran.push(who)
export default [
  { ...common, name: 'hold', use_queue: true, run: ({ who }) => new Promise((end) => {
    globalThis.noted.held.push(() => { note({ who }); end(1) })
  }) },
  { ...common, name: 'later', use_queue: true, run: note },
  { ...common, name: 'wipe', run: note },
  { ...common, name: 'wipe_later', use_queue: true, run: note },
]`

/** What the commands have done in this process. */
const noted = { ran: [] as string[], held: [] as (() => void)[] }
Object.assign(globalThis, { noted })

let folder: string
let system: TestSystem
let staying: Caller
let made = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-in-force-'))
  await writeFile(join(folder, 'all.mjs'), source)
  system = await start({
    env: { SECRET_KEY: secretKey },
    file: { commands: { commands_directory: folder, jobs: 1 }, approval: { tools: ['wipe*'], by: ['panel'] } },
  })
  staying = await aKey()
})
afterAll(async () => {
  await system?.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  noted.ran.length = 0
  noted.held.length = 0
})

const root: Caller = { id: 'root', name: 'root', scopes: ['read', 'call', 'admin'] }
const call = async (name: string, given: Json, caller = root) =>
  (await system.yard.switch.call({ kind: 'tool', name, arguments: given, caller, via: 'admin' })).structuredContent as Json
const job = (name: string, caller: Caller) => system.yard.jobs!.add({ name, arguments: { who: caller.name }, caller, via: 'cmd' })

async function aKey(): Promise<Caller> {
  const { id, name } = await call('key_create', { name: `key-${++made}` })
  return { id: `key:${id}`, name: String(name), scopes: ['read', 'call'] }
}

async function aPerson(): Promise<Caller> {
  const { id, name } = await call('user_create', { name: `person-${++made}`, role: 'operator' })
  return { id: `user:${id}`, name: String(name), scopes: ['read', 'call'], role: 'operator' }
}

const ends: [string, () => Promise<Caller>, (name: string) => Promise<unknown>][] = [
  ['whose key was revoked', aKey, (key) => call('key_revoke', { key })],
  ['whose account was disabled', aPerson, (user) => call('user_disable', { user })],
  ['who has another role by now', aPerson, (user) => call('user_set_role', { user, role: 'viewer' })],
]

/** How the call of this caller ended, by the history. */
async function refusal(name: string, { id }: Caller) {
  const row = async () => (await historyOf(system, { name })).find(({ callerId }) => callerId === id)
  await until('the call is over', row)
  const { status, errorCode } = (await row())!
  return { status, errorCode }
}

const refused = { status: 'refused', errorCode: 'unauthorized' }

/** Approves so many calls, as they come: jobs wait for their place before they wait for a word. */
async function approve(count: number): Promise<void> {
  let approved = 0
  await until('all of them are approved', async () => {
    for (const { id } of (await call('approvals', {})).pending as { id: string }[]) {
      await call('approval_decide', { id, approve: true })
      approved++
    }
    return approved === count
  })
}

describe.each(ends)('somebody %s', (_, make, end) => {
  test('has a job that waits for a place: it does not begin, and the next one does', async () => {
    const leaving = await make()
    await job('hold', staying)
    await until('it runs', () => noted.held.length === 1)
    for (const caller of [leaving, staying]) await job('later', caller)
    await until('both wait', () => system.yard.jobs!.counts().pending === 2)
    await end(leaving.name)
    noted.held[0]!()
    await until('the next one has run', () => noted.ran.length === 2)
    expect(await refusal('later', leaving)).toEqual(refused)
    expect(noted.ran).toEqual([staying.name, staying.name])
  })

  test('has a call and a job that wait for a word: approved, they do not begin; those of others do', async () => {
    const leaving = await make()
    const calls = [leaving, staying].map((caller) => call('wipe', { who: caller.name }, caller).catch((error: unknown) => error))
    for (const caller of [leaving, staying]) await job('wipe_later', caller)

    const waiting = async () => ((await call('approvals', {})).pending as Json[]).length
    await until('both calls and a job wait', async () => (await waiting()) === 3)
    await end(leaving.name)
    await approve(4)
    expect(await calls[0]).toMatchObject({ code: 'unauthorized' })
    await calls[1]
    expect(await refusal('wipe_later', leaving)).toEqual(refused)
    await until('the others have run', () => noted.ran.length === 2)
    expect(noted.ran).toEqual([staying.name, staying.name])
  })

  test('has a job that runs already: it goes on to its end', async () => {
    const leaving = await make()
    await job('hold', leaving)
    await until('it runs', () => noted.held.length === 1)
    await end(leaving.name)
    noted.held[0]!()
    expect(await refusal('hold', leaving)).toEqual({ status: 'ok', errorCode: null })
    expect(noted.ran).toEqual([leaving.name])
  })
})
