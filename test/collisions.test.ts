/** Fifty clients whose requests, progress tokens and cancellations all carry the same ids never see anything of each other. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Command } from '../app/call.ts'
import { connect, textOf, wires } from './clients.ts'
import { type McpYard, startMcpYard } from './fakes/mcp-yard.ts'
import { until } from './until.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const many = 50

let yard: McpYard
let clients: Client[]
/** Calls that wait, by what they were told, until the test lets them go. */
const held = new Map<string, (text: string) => void>()

/** Says back what it was told when it is let go, and tells on the way how far it is. */
const parrot: Command = {
  kind: 'tool',
  name: 'parrot',
  owner: 'test',
  scope: 'call',
  definition: { name: 'parrot', inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] } },
  async run(call) {
    const word = String(call.arguments.word)
    const progressToken = call.meta?.progressToken
    if (progressToken !== undefined)
      call.notify('notifications/progress', { progressToken, progress: 1, message: `heard ${word}` })
    const text = await new Promise<string>((resolve, reject) => {
      held.set(word, resolve)
      call.signal.addEventListener('abort', () => reject(new Error('cancelled')))
    })
    return { content: [{ type: 'text', text }] }
  },
}

beforeAll(async () => {
  yard = await startMcpYard({ MCP_MAX_SESSIONS_PER_KEY: '1000' })
  yard.catalog.offer('test', [parrot])
  clients = await Promise.all(Array.from({ length: many }, (_, nth) => connect(wires[nth % wires.length]!, yard.url)))
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await yard.stop()
})

/** Lets all calls go, the last one first, so that no order helps. */
function letGo(): void {
  for (const [word, say] of [...held].reverse()) say(`you said ${word}`)
  held.clear()
}

test('each gets its own answers and its own progress, with every id taken by all of them at once', async () => {
  const heard = clients.map(() => new Set<string | undefined>())
  for (const round of [1, 2, 3]) {
    // Official clients number their requests, and their progress tokens, from the same number on: in each round all fifty are equal.
    const answers = clients.map((client, nth) =>
      client.callTool({ name: 'parrot', arguments: { word: `${nth}/${round}` } }, undefined, {
        onprogress: ({ message }) => void heard[nth]!.add(message),
      }),
    )
    await until('all of them are being called', () => held.size === many)
    // An official client drops what it hears of a call together with its answer.
    await until('all have heard how far it is', () => heard.every(({ size }) => size >= round))
    letGo()
    expect((await Promise.all(answers)).map(textOf)).toEqual(clients.map((_, nth) => `you said ${nth}/${round}`))
  }
  expect(heard.map((messages) => [...messages].sort())).toEqual(
    clients.map((_, nth) => [1, 2, 3].map((round) => `heard ${nth}/${round}`)),
  )
})

test('a cancellation ends the call of whoever sends it, and none that has the same id', async () => {
  const leaving = new AbortController()
  const outcomes = clients.map((client, nth) =>
    client
      .callTool(
        { name: 'parrot', arguments: { word: `cancel ${nth}` } },
        undefined,
        nth % 2 === 0 ? { signal: leaving.signal } : {},
      )
      .then(textOf, () => 'cancelled'),
  )
  await until('all of them are being called', () => held.size === many)
  leaving.abort()
  await Promise.all(outcomes.filter((_, nth) => nth % 2 === 0))
  letGo()
  expect(await Promise.all(outcomes)).toEqual(clients.map((_, nth) => (nth % 2 === 0 ? 'cancelled' : `you said cancel ${nth}`)))
})
