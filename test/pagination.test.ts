/** What is promised about lists that are longer than a page, also while they change. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command, Json } from '../app/call.ts'
import { type CommandYard, startCommandYard } from './fakes/command-yard.ts'
import { type Hand, shakeHands } from './fakes/hand.ts'
import { askModern, modern } from './fakes/modern.ts'
import { type Message, request } from './fakes/wire.ts'
import { upstreamTool } from './fakes/yard.ts'

const tool = (name: string): Command => upstreamTool(name, { inputSchema: { type: 'object' } }, async () => ({ content: [] }))
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `tool_${from + index}`)
const names = numbered(0, 2_500)

let yard: CommandYard
let hand: Hand
beforeAll(async () => {
  yard = await startCommandYard([])
  hand = await shakeHands(yard, 'http')
})
afterAll(async () => {
  await hand.leave()
  await yard.stop()
})

const eras: Record<string, (method: string, params: Json) => Promise<Message>> = {
  'a client with a session': (method, params) => hand.ask(request(method, params, ++asked)),
  'a client of 2026-07-28': async (method, params) => (await askModern(yard.url, modern(method, params))).answer,
}
let asked = 0

interface Page {
  readonly names: readonly string[]
  readonly next: string | undefined
}

describe.each(Object.entries(eras))('%s', (_, ask) => {
  const offer = (offered: readonly string[]) => yard.catalog.offer('far', offered.map(tool))

  async function page(cursor?: string): Promise<Page> {
    const { result, error } = await ask('tools/list', cursor === undefined ? {} : { cursor })
    expect(error).toBeUndefined()
    const { tools, nextCursor } = result as { tools: { name: string }[]; nextCursor?: string }
    return { names: tools.map(({ name }) => name), next: nextCursor }
  }

  test('gets more than 1,000 tools in pages, each once and in their order', async () => {
    offer(names)
    const first = await page()
    const then = await page(first.next)
    const last = await page(then.next)
    expect([first, then, last].map((one) => one.names.length)).toEqual([1_000, 1_000, 500])
    expect([first, then, last].flatMap((one) => one.names)).toEqual(names)
    expect(last.next).toBeUndefined()
  })

  test.each([999, 1_000])('gets %i in one page, and no cursor', async (count) => {
    offer(names.slice(0, count))
    expect(await page()).toEqual({ names: names.slice(0, count), next: undefined })
  })

  test('gets a page as often as it asks, also from the beginning with an empty cursor', async () => {
    offer(names)
    const { next } = await page()
    expect(await page(next)).toEqual(await page(next))
    expect(await page('')).toEqual(await page())
  })

  test('misses nothing and gets nothing twice of what was there all the time, while the list changes', async () => {
    offer(names)
    const first = await page()
    // Something new at the beginning, something gone before and behind the place that the client is at.
    offer(['fresh', ...names.slice(10, 1_500), ...names.slice(1_510), 'later'])
    const second = await page(first.next)
    offer([...numbered(5_000, 5_300), ...names.slice(10)])
    const third = await page(second.next)
    const heard = [...first.names, ...second.names, ...third.names]
    const always = [...names.slice(10, 1_500), ...names.slice(1_510)]
    expect(heard.filter((name) => always.includes(name))).toEqual(always)
    expect(new Set(heard).size).toBe(heard.length)
  })

  test('whose place is gone is told to begin again', async () => {
    offer(names)
    const { next } = await page()
    offer(names.filter((name) => name !== 'tool_999'))
    const { error } = await ask('tools/list', { cursor: next })
    expect(error).toMatchObject({ code: -32602, message: 'unknown cursor: begin the list again, without one' })
  })

  test('cannot use a cursor of another list, nor one that it has made up', async () => {
    offer(names)
    const { next = '' } = await page()
    expect((await ask('prompts/list', { cursor: next })).error?.code).toBe(-32602)
    for (const cursor of [`${next}A`, `${next}=`, next.slice(1), 'tool_999', '1000', ' ', 7, null, [next], { next }])
      expect((await ask('tools/list', { cursor })).error?.code, String(cursor)).toBe(-32602)
  })

  test('learns nothing from a cursor: what it may not see it does not get by it', async () => {
    const hidden = { ...tool('hidden'), scope: 'admin' as const }
    yard.catalog.offer('far', [...names.slice(0, 999).map(tool), hidden, ...names.slice(999).map(tool)])
    const all: string[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const one: Page = await page(cursor)
      all.push(...one.names)
      cursor = one.next
    }
    expect(all).toEqual(names)
    const madeUp = Buffer.from(JSON.stringify(['tools', 'hidden'])).toString('base64url')
    expect((await ask('tools/list', { cursor: madeUp })).error?.code).toBe(-32602)
  })
})

test('resources, templates and prompts come in pages too', async () => {
  const offered = Array.from({ length: 1_001 }, (_, index): Command[] => [
    { ...tool(`far://${index}`), kind: 'resource', scope: 'read', definition: { uri: `far://${index}`, name: `${index}` } },
    {
      ...tool(`far://{x}/${index}`),
      kind: 'resource',
      scope: 'read',
      definition: { uriTemplate: `far://{x}/${index}`, name: `${index}` },
    },
    { ...tool(`prompt_${index}`), kind: 'prompt', scope: 'read', definition: { name: `prompt_${index}` } },
  ]).flat()
  yard.catalog.offer('far', offered)
  for (const [method, member] of [
    ['resources/list', 'resources'],
    ['resources/templates/list', 'resourceTemplates'],
    ['prompts/list', 'prompts'],
  ] as const) {
    const first = (await hand.ask(request(method, {}, ++asked))).result as Json
    expect(first[member]).toHaveLength(1_000)
    const second = (await hand.ask(request(method, { cursor: first.nextCursor }, ++asked))).result as Json
    expect(second[member]).toHaveLength(1)
    expect(second).not.toHaveProperty('nextCursor')
  }
})
