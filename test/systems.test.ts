/** One configuration with a system of every kind: an official client sees and calls them all, and each fails and comes back alone. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Finding } from '../app/cli/probe.ts'
import { connect, textOf } from './clients.ts'
import { startCmdService } from './fakes/cmd-services.ts'
import { startHttpFake } from './fakes/mcp-http.ts'
import { type OnecBase, startOnecBase } from './fakes/onec-base.ts'
import { startClinic } from './fakes/openapi-services/clinic.ts'
import { depotClient, startDepot } from './fakes/openapi-services/depot.ts'
import { shopKey, startShop } from './fakes/openapi-services/shop.ts'
import { type Home, openHome } from './program.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

// A whole system, and the program that checks it, on a machine that others use too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let base: OnecBase
let server: TestProcess
let client: Client
let home: Home
let file: { upstreams: readonly ({ readonly name: string } & Record<string, unknown>)[] }
const running: { stop(): Promise<unknown> }[] = []

async function kept<T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  running.push(started)
  return started
}

beforeAll(async () => {
  base = await kept(startOnecBase({ generation: 'old' }, { users: { robot: 'секрет' }, mark: true }))
  const trade = await kept(startOnecBase({ generation: 'new' }))
  const shop = await kept(startShop())
  const depot = await kept(startDepot())
  const clinic = await kept(startClinic())
  const [four, six, registry, simple] = await Promise.all(
    (['4', '6', 'registry', 'simple'] as const).map((generation) => kept(startCmdService(generation))),
  )
  const docs = await kept(startHttpFake())
  const often = { check_every: 0.3 }
  const byKey = { type: 'header', name: 'X-API-Key', value: shopKey }
  const byToken = {
    type: 'oauth2',
    token_url: `${depot.url}/token`,
    client_id: depotClient.id,
    client_secret: depotClient.secret,
  }
  const byName = { type: 'basic', username: 'vet', password: 'secret-of-vets' }
  file = {
    upstreams: [
      { name: 'erp', kind: 'onec', url: base.url, username: 'robot', password: 'секрет', ...often },
      { name: 'trade', kind: 'onec', url: trade.url, ...often },
      { name: 'shop', kind: 'openapi', url: `${shop.url}/openapi.json`, auth: byKey, ...often },
      { name: 'depot', kind: 'openapi', url: `${depot.url}/api/openapi.yaml`, base_url: depot.url, auth: byToken, ...often },
      { name: 'clinic', kind: 'openapi', url: `${clinic.url}/swagger.json`, auth: byName, ...often },
      { name: 'four', kind: 'jsonrpc', url: `${four!.url}cmd`, ...often },
      { name: 'six', kind: 'jsonrpc', url: `${six!.url}cmd`, ...often },
      { name: 'registry', kind: 'jsonrpc', url: `${registry!.url}cmd`, ...often },
      { name: 'simple', kind: 'jsonrpc', url: `${simple!.url}cmd`, ...often },
      { name: 'docs', kind: 'mcp', url: `${docs.url}/mcp` },
    ],
  }
  server = await startProcess([], { file })
  client = await connect('sse', server.url())
  home = await openHome()
})
afterAll(async () => {
  await client?.close()
  await server?.clean()
  await home?.remove()
  await Promise.all(running.map((each) => each.stop()))
})

test('every tool is there, with a name and a schema that clients take', async () => {
  const { tools } = await client.listTools()
  const ajv = new Ajv2020({ strict: false })
  for (const { name, inputSchema, outputSchema } of tools) {
    expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    ajv.compile(inputSchema)
    if (outputSchema) ajv.compile(outputSchema)
  }
  const wanted = [
    'erp_list_orders',
    'erp_list_metadata_objects',
    'trade_list_orders',
    'echo',
    'docs_echo',
    'trade_list_metadata_objects',
    'clinic_addPet',
    'six_sum_values',
    'docs_sum',
    'help',
  ]
  const names = new Set(tools.map(({ name }) => name))
  expect(wanted.filter((name) => !names.has(name))).toEqual([])
})

test.each([
  ['a 1C base with the older handler', 'erp_list_orders', { limit: 7 }, '7 rows'],
  ['a 1C base with the newer one', 'trade_list_orders', { limit: 7 }, '7 rows'],
  ['a service with OpenAPI 3.0', 'shop_getOrder', { id: '7' }, '7'],
  ['a service with OpenAPI 3.1', 'depot_listItems', {}, ''],
  ['a service with Swagger 2.0', 'clinic_findPets', { kind: ['cat'] }, 'cat'],
  ['a command adapter', 'four_echo', { message: 'hi' }, 'hi'],
  ['a newer one', 'six_echo', { message: 'hi' }, 'hi'],
  ['a command registry', 'registry_sum_values', { a: 1, b: 2 }, '3'],
  ['a service that knows the simple form alone', 'simple_echo', { message: 'hi' }, 'hi'],
  ['an MCP server', 'docs_echo', { message: 'hi' }, 'hi'],
  ['this server', 'echo', { message: 'hi' }, 'hi'],
])('a tool of %s answers', async (_, name, values, text) => {
  const result = await client.callTool({ name, arguments: values })
  expect(result.isError ?? false).toBe(false)
  expect(textOf(result)).toContain(text)
})

test('check is green, one that is away is red alone, and it comes back by itself', async () => {
  const green = Object.fromEntries(file.upstreams.map(({ name }) => [name, 'ok']))
  expect(await states()).toEqual(green)
  await base.stop()
  expect(await states()).toEqual({ ...green, erp: 'failed' })
  await until('health names it', async () => (await healthOf('erp')) === 'degraded')
  const failed = await client.callTool({ name: 'erp_list_orders' })
  expect(failed.isError).toBe(true)
  expect(textOf(failed)).toMatch(/^erp: tools\/call/)
  expect(textOf(await client.callTool({ name: 'four_echo', arguments: { message: 'still here' } }))).toContain('still here')
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('erp_list_orders')
  await base.start()
  await until('it is back', async () => (await healthOf('erp')) === 'ok')
  await until('it answers', async () => textOf(await client.callTool({ name: 'erp_list_orders' })).includes('3 rows'))
  expect(await states()).toEqual(green)
})

async function states(): Promise<Record<string, string>> {
  const { stdout } = await home.run(['check', '--json', '--no-server'], { file })
  const { rows } = JSON.parse(stdout) as { rows: Finding[] }
  const upstreams = rows.filter(({ what }) => what.startsWith('upstream'))
  return Object.fromEntries(upstreams.map(({ name, state }) => [name, state]))
}

async function healthOf(name: string): Promise<string | undefined> {
  const report = (await (await fetch(`${server.url()}/health`)).json()) as { components: Record<string, { status: string }> }
  return report.components[`upstream:${name}`]?.status
}
