/** What is promised about commands that are offered to one person: nobody else sees, calls or hears of them. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Command } from '../app/call.ts'
import { connect, textOf } from './clients.ts'
import { type CommandYard, startCommandYard } from './fakes/command-yard.ts'
import { askModern, modern, modernCall } from './fakes/modern.ts'
import { upstreamTool } from './fakes/yard.ts'
import { until } from './until.ts'

const bearer = (name: string) => ({ authorization: `Bearer ${name}` })
const tool = (name: string, text: string): Command =>
  upstreamTool(name, { inputSchema: { type: 'object' } }, async () => ({ content: [{ type: 'text', text }] }))

let yard: CommandYard
beforeEach(async () => {
  yard = await startCommandYard([])
  yard.catalog.offer('far', [tool('everybodys', 'everybody')])
  yard.catalog.offer('base', [tool('orders', "Ann's orders"), tool('everybodys', 'Ann')], 'key:ann')
  yard.catalog.offer('base', [tool('orders', "Bob's orders")], 'key:bob')
})
afterEach(() => yard.stop())

const namesOf = async (client: Client) => (await client.listTools()).tools.map(({ name }) => name)

describe.each(['sse', 'http'] as const)('over %s', (wire) => {
  test('each sees and calls what is theirs, and others find nothing there', async () => {
    const [ann, bob, reader] = await Promise.all(['ann', 'bob', 'local'].map((name) => connectAs(name)))
    expect(await namesOf(ann!)).toEqual(['everybodys', 'orders'])
    expect(await namesOf(reader!)).toEqual(['everybodys'])
    expect(textOf(await ann!.callTool({ name: 'orders' }))).toBe("Ann's orders")
    expect(textOf(await bob!.callTool({ name: 'orders' }))).toBe("Bob's orders")
    expect(textOf(await ann!.callTool({ name: 'everybodys' }))).toBe('everybody')
    const nobodys = await reader!.callTool({ name: 'orders' }).catch((error: Error) => error.message)
    const unknown = await reader!.callTool({ name: 'ordersx' }).catch((error: Error) => error.message)
    expect(String(nobodys).replace('orders', 'X')).toBe(String(unknown).replace('ordersx', 'X'))
    await Promise.all([ann, bob, reader].map((client) => client!.close()))
  })

  test.each([
    ['ann', 'bob'],
    ['bob', 'ann'],
  ])('a change for %s is told to nobody else', async (person, other) => {
    const heard: string[] = []
    const clients = await Promise.all(
      [person, other].map(async (name) => {
        const client = await connectAs(name)
        client.setNotificationHandler(ToolListChangedNotificationSchema, () => void heard.push(name))
        return client
      }),
    )
    const names = ['stock', 'till']
    // Over Streamable HTTP a client opens its stream a moment after the handshake, so the first change may be too early for it.
    await until(`${person} has heard`, () => {
      yard.catalog.offer('base', [tool(names.reverse()[0]!, '')], `key:${person}`)
      return heard.includes(person)
    })
    expect(heard).not.toContain(other)
    // It does hear what is told to everybody, and that came later.
    yard.catalog.offer('far', [])
    await until(`${other} has heard`, () => heard.includes(other))
    expect(heard.filter((name) => name === other)).toEqual([other])
    await Promise.all(clients.map((client) => client.close()))
  })

  function connectAs(name: string): Promise<Client> {
    return connect(wire, yard.url, name === 'local' ? {} : bearer(name))
  }
})

test('the same for a client of 2026-07-28', async () => {
  const list = async (name: string) => {
    const { answer } = await askModern(yard.url, modern('tools/list'), bearer(name))
    return (answer.result as { tools: { name: string }[] }).tools.map((each) => each.name)
  }
  expect(await list('ann')).toEqual(['everybodys', 'orders'])
  expect(await list('reader')).toEqual([])
  const { answer } = await askModern(yard.url, modernCall('orders'), bearer('bob'))
  expect(textOf(answer.result)).toBe("Bob's orders")
})

test('the same over JSON-RPC and REST', async () => {
  const ask = async (name: string, path: string, body?: object) => {
    const response = await fetch(`${yard.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', ...bearer(name) },
      body: body && JSON.stringify(body),
    })
    return { status: response.status, text: await response.text() }
  }
  expect((await ask('ann', '/api/commands')).text).toContain('"orders"')
  expect((await ask('admin', '/api/commands')).text).not.toContain('"orders"')
  expect((await ask('ann', '/api/commands/orders', {})).text).toContain("Ann's orders")
  expect((await ask('admin', '/api/commands/orders', {})).status).toBe(404)
  expect((await ask('bob', '/cmd', { command: 'orders', params: {} })).text).toContain("Bob's orders")
})

test('what is withdrawn is gone', async () => {
  const ann = await connect('http', yard.url, bearer('ann'))
  yard.catalog.withdraw('base', 'key:ann')
  expect(await namesOf(ann)).toEqual(['everybodys'])
  await ann.close()
})
