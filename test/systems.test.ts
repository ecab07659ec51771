/** One configuration with a system of every kind: an official client sees and calls them all, and each fails and comes back alone. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Finding } from '../app/cli/probe.ts'
import { connect, textOf } from './clients.ts'
import { type CmdService, startCmdService } from './fakes/cmd-services.ts'
import { type HttpFake, startHttpFake } from './fakes/mcp-http.ts'
import { type OnecBase, startOnecBase } from './fakes/onec-base.ts'
import { startWarehouse, type Warehouse } from './fakes/warehouse.ts'
import { type Home, openHome } from './program.ts'
import { startProcess, type TestProcess } from './start.ts'
import { until } from './until.ts'

// A whole system, and the program that checks it, on a machine that others use too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let base: OnecBase
let shop: Warehouse
let adapter: CmdService
let docs: HttpFake
let server: TestProcess
let client: Client
let home: Home
let file: { upstreams: object[] }

beforeAll(async () => {
  base = await startOnecBase({ generation: 'old' }, { users: { robot: 'секрет' }, mark: true })
  shop = await startWarehouse()
  adapter = await startCmdService('4')
  docs = await startHttpFake()
  const often = { check_every: 0.3 }
  file = {
    upstreams: [
      { name: 'erp', kind: 'onec', url: base.url, username: 'robot', password: 'секрет', ...often },
      { name: 'shop', kind: 'openapi', url: `${shop.url}/openapi.json`, ...often },
      { name: 'adapter', kind: 'jsonrpc', url: `${adapter.url}cmd`, ...often },
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
  await Promise.all([base?.stop(), shop?.stop(), adapter?.stop(), docs?.stop()])
})

test('every tool is there, with a name and a schema that clients take', async () => {
  const { tools } = await client.listTools()
  const ajv = new Ajv2020({ strict: false })
  for (const { name, inputSchema, outputSchema } of tools) {
    expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
    ajv.compile(inputSchema)
    if (outputSchema) ajv.compile(outputSchema)
  }
  const names = tools.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining([
      'erp_list_orders',
      'erp_list_metadata_objects',
      'shop_getStock',
      'adapter_echo',
      'docs_echo',
      'echo',
      'help',
    ]),
  )
})

test.each([
  ['a 1C base', 'erp_list_orders', { limit: 7 }, '7 rows'],
  ['an OpenAPI service', 'shop_getStock', { item: 'bolt' }, 'bolt'],
  ['a JSON-RPC service', 'adapter_echo', { message: 'hi' }, 'hi'],
  ['an MCP server', 'docs_echo', { message: 'hi' }, 'hi'],
  ['a command of our own', 'echo', { message: 'hi' }, 'hi'],
])('a tool of %s answers', async (_, name, values, text) => {
  const result = await client.callTool({ name, arguments: values })
  expect(result.isError ?? false).toBe(false)
  expect(textOf(result)).toContain(text)
})

test('check is green, one that is away is red alone, and it comes back by itself', async () => {
  expect(await states()).toEqual({ erp: 'ok', shop: 'ok', adapter: 'ok', docs: 'ok' })
  await base.stop()
  expect(await states()).toEqual({ erp: 'failed', shop: 'ok', adapter: 'ok', docs: 'ok' })
  await until('health names it', async () => (await healthOf('erp')) === 'degraded')
  const failed = await client.callTool({ name: 'erp_list_orders' })
  expect(failed.isError).toBe(true)
  expect(textOf(failed)).toMatch(/^erp: tools\/call/)
  expect(textOf(await client.callTool({ name: 'adapter_echo', arguments: { message: 'still here' } }))).toContain('still here')
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('erp_list_orders')
  await base.start()
  await until('it is back', async () => (await healthOf('erp')) === 'ok')
  await until('it answers', async () => textOf(await client.callTool({ name: 'erp_list_orders' })).includes('3 rows'))
  expect(await states()).toEqual({ erp: 'ok', shop: 'ok', adapter: 'ok', docs: 'ok' })
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
