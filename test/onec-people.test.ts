/** What is promised about a 1C base that everybody uses in their own name: what it shows to one person nobody else sees. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { connect, textOf } from './clients.ts'
import { type OnecBase, startOnecBase } from './fakes/onec-base.ts'
import { orders } from './fakes/onec-dispatcher.ts'
import { connectSigningIn, Program, reconnect } from './fakes/person.ts'
import { type StartOptions, start, type TestSystem } from './start.ts'
import { until } from './until.ts'

const anna = { username: 'Анна Петрова', password: 'секрет: 1' }
const boris = { username: 'boris', password: '' }
const stock = { name: 'stock', description: 'Остатки', inputSchema: {} }

const left: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const leave of left.splice(0).reverse()) await leave()
})

async function startBoth(more: Partial<StartOptions> = {}): Promise<{ base: OnecBase; system: TestSystem }> {
  const base = await startOnecBase(
    {
      tools: [orders, stock],
      rights: { [anna.username]: ['list_orders', 'stock'], boris: ['list_orders'] },
      results: {
        list_orders: () => ({ content: [{ type: 'text', text: 'orders' }] }),
        stock: () => ({ content: [{ type: 'text', text: 'stock' }] }),
      },
    },
    { users: { [anna.username]: anna.password, boris: '' } },
  )
  left.push(() => base.stop())
  const system = await start({ file: { upstreams: [entry(base)] }, ...more })
  left.push(() => system.stop())
  return { base, system }
}

const entry = ({ url }: OnecBase) => ({ name: 'erp', kind: 'onec', url, auth_mode: 'oauth2', prefix: '', check_every: 0.2 })
const namesOf = async (client: Awaited<ReturnType<typeof connect>>) => {
  const names = (await client.listTools()).tools.map(({ name }) => name)
  return names.filter((name) => name === 'list_orders' || name === 'stock')
}

test('each sees what their account may see, and calls in their own name', async () => {
  const { base, system } = await startBoth()
  const hers = await connectSigningIn(system.url, anna)
  const his = await connectSigningIn(system.url, boris, { wire: 'sse' })
  expect(await namesOf(hers.client)).toEqual(['list_orders', 'stock'])
  expect(await namesOf(his.client)).toEqual(['list_orders'])
  expect(textOf(await hers.client.callTool({ name: 'stock' }))).toBe('stock')
  const refused = await his.client.callTool({ name: 'stock' }).then(
    ({ isError }) => isError,
    () => true,
  )
  expect(refused).toBe(true)
  expect(base.of('tools/call').map(({ user }) => user)).toEqual([anna.username])
  const upstream = system.yard.catalog.all().filter(({ owner }) => owner === 'erp')
  expect(upstream).toEqual([])
  await Promise.all([hers.client.close(), his.client.close()])
})

test('nobody gets in without signing in, on a loopback address neither', async () => {
  const { system } = await startBoth()
  await expect(connect('http', system.url)).rejects.toThrow()
  await expect(connectSigningIn(system.url, { ...anna, password: 'wrong' })).rejects.toThrow('401')
})

test('a sign-in outlives a restart', async () => {
  const dataDir = await dataDirectory()
  const { base, system } = await startBoth({ dataDir })
  const { client, program } = await connectSigningIn(system.url, anna)
  await client.close()
  await system.stop()
  left.pop()
  const again = await start({ file: { upstreams: [entry(base)] }, dataDir })
  left.push(() => again.stop())
  const resumed = await reconnect(again.url, program)
  expect(await namesOf(resumed)).toEqual(['list_orders', 'stock'])
  await resumed.close()
})

test('whose password the base takes no longer has to sign in again, and then goes on', async () => {
  const { base, system } = await startBoth()
  const { client } = await connectSigningIn(system.url, boris)
  base.web.users.boris = 'changed'
  const failed = await client.callTool({ name: 'list_orders' }).then(
    (result) => ({ isError: result.isError, text: textOf(result) }),
    (error: Error) => ({ isError: true, text: error.message }),
  )
  expect(failed.isError).toBe(true)
  expect(failed.text).not.toBe('')
  await expect(client.listTools()).rejects.toThrow()
  const anew = await connectSigningIn(system.url, { ...boris, password: 'changed' }, { program: new Program() })
  expect(await namesOf(anew.client)).toEqual(['list_orders'])
  await Promise.all([client.close(), anew.client.close()])
})

test('a base that is away refuses with a reason, keeps what was given, and comes back by itself', async () => {
  const { base, system } = await startBoth()
  const { client, program } = await connectSigningIn(system.url, anna)
  await base.stop()
  await until('health tells', async () => (await fetch(`${system.url}/health`)).status === 503)
  const result = await client.callTool({ name: 'stock' }).then(
    (answer) => textOf(answer),
    (error: Error) => error.message,
  )
  expect(result).toMatch(/erp: .*tools\/call.*(\d s|cannot be reached)/)
  await base.start()
  await until('health tells', async () => (await fetch(`${system.url}/health`)).status === 200)
  const again = await reconnect(system.url, program)
  await until('calls again', async () => textOf(await again.callTool({ name: 'stock' })) === 'stock')
  await Promise.all([client.close(), again.close()])
})

/** One that is kept over a restart. */
async function dataDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'switchyard-people-'))
  left.push(() => rm(path, { recursive: true, force: true }))
  return path
}
