import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, textOf, wires } from './clients.ts'
import { start, type TestSystem } from './start.ts'
import { until } from './until.ts'

const everything = {
  command: process.execPath,
  args: ['node_modules/@modelcontextprotocol/server-everything/dist/index.js'],
  cwd: process.cwd(),
}

describe('official clients', () => {
  let system: TestSystem
  beforeAll(async () => {
    system = await start({ file: { mcpServers: { everything } } })
    await until('the upstream is connected', () => system.yard.catalog.find('tool', 'everything_echo'))
  })
  afterAll(() => system.stop())

  test.each(wires)('list and call tools over %s', async (wire) => {
    const client = await connect(wire, system.url)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['echo', 'help', 'everything_echo', 'everything_get-sum']),
    )
    expect(JSON.parse(textOf(await client.callTool({ name: 'echo', arguments: { message: 'hello' } })))).toEqual({
      message: 'hello',
    })
    expect(textOf(await client.callTool({ name: 'everything_get-sum', arguments: { a: 2, b: 3 } }))).toContain('5')
    await client.close()
  })
})
