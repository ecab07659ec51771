/** What holds for every message, not only for those that somebody thought of. A failure prints its seed and the smallest case. */
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { call, type Message, notification, request } from './fakes/wire.ts'
import { brokenLaw } from './hostile/laws.ts'
import { nothingSeen } from './hostile/seen.ts'
import { anyMessage, json, mutant, mutatedModern, rpcLike } from './properties/arbitrary.ts'
import { dueTo } from './properties/due.ts'
import { answersOf, openRoom, type Room, type Sitting } from './properties/sitting.ts'

let room: Room

beforeAll(async () => {
  room = await openRoom()
})
afterEach(() => expect(room.complaints()).toEqual([]))
afterAll(() => room.stop())

/** Runs that take a second or two. */
const runs = { numRuns: 400 }

/** What everything that comes must be, whatever it answers. */
function isLawful(messages: readonly unknown[]): void {
  const seen = { ...nothingSeen(), messages: messages as Message[], texts: messages.map((message) => JSON.stringify(message)) }
  expect(brokenLaw(seen)).toBeUndefined()
}

function isDue(message: unknown, answers: readonly Message[]): void {
  const { least, most, id, request: asks } = dueTo(message)
  expect(answers.length).toBeGreaterThanOrEqual(least)
  expect(answers.length).toBeLessThanOrEqual(most)
  for (const answer of answers) {
    expect(answer.id).toBe(id)
    if (!asks) expect(answer.error).toBeDefined()
  }
}

describe('one message', () => {
  let sitting: Sitting

  beforeEach(async () => {
    sitting = await room.open()
  })
  afterEach(() => sitting.conversation.close())

  test.each([
    ['of any JSON', json],
    ['that looks like JSON-RPC', rpcLike],
    ['that is almost right', mutant],
  ])('%s gets as many answers as it should, with its own id, and the session goes on', async (_, messages) => {
    const property = fc.asyncProperty(messages, async (message) => {
      const heard = await sitting.say(message)
      isLawful(heard)
      // In this revision a list is refused whole.
      isDue(Array.isArray(message) ? 'no message' : message, answersOf(heard))
      expect(await sitting.say(request('ping', {}, 'still there'))).toEqual([{ jsonrpc: '2.0', id: 'still there', result: {} }])
    })
    await fc.assert(property, runs)
  })

  test('of 2026-07-28 that is almost right gets one answer, in the words of that revision', async () => {
    const property = fc.asyncProperty(mutatedModern, async (message) => {
      const heard = await sitting.say(message)
      isLawful(heard)
      const answers = answersOf(heard)
      isDue(message, answers)
      for (const { result, error } of answers.filter(() => isOfThatRevision(message))) {
        if (result) expect(result.resultType).toEqual(expect.any(String))
        else expect(isCodeOfThatRevision(error!.code)).toBe(true)
      }
    })
    await fc.assert(property, runs)
  })
})

function isOfThatRevision(message: unknown): boolean {
  const { params } = message as { params?: { _meta?: object } }
  return typeof params?._meta === 'object' && params._meta !== null && 'io.modelcontextprotocol/protocolVersion' in params._meta
}

/** Codes of JSON-RPC itself, the three that the revision defines, and what lies outside of JSON-RPC's range (basic, error codes). */
const isCodeOfThatRevision = (code: number): boolean =>
  [-32700, -32600, -32601, -32602, -32603, -32020, -32021, -32022].includes(code) || code > -32000 || code < -32768

describe('a batch', () => {
  test('of 2025-03-26 gets as many answers as its messages should, in one list', async () => {
    const sitting = await room.open('2025-03-26')
    const property = fc.asyncProperty(fc.array(anyMessage, { minLength: 1, maxLength: 12 }), async (batch) => {
      // A handshake would end the revision that has batches.
      fc.pre(!batch.some((message) => (message as { method?: unknown } | null)?.method === 'initialize'))
      const lists = (await sitting.say(batch)).filter((message) => Array.isArray(message)) as Message[][]
      const due = batch.map((message) => dueTo(Array.isArray(message) ? 'no message' : message))
      const count = lists.flat().length
      expect(lists.length).toBeLessThanOrEqual(1)
      expect(count).toBeGreaterThanOrEqual(due.reduce((sum, { least }) => sum + least, 0))
      expect(count).toBeLessThanOrEqual(due.reduce((sum, { most }) => sum + most, 0))
      isLawful(lists.flat())
      // What may be answered with an error, or not at all, is no part of the comparison.
      const certain = due.filter(({ least }) => least === 1).map(({ id }) => String(id))
      const came = lists.flat().map(({ id }) => String(id))
      for (const id of certain) expect(came).toContain(id)
    })
    await fc.assert(property, runs)
    await sitting.conversation.close()
  })
})

describe('several sessions at once', () => {
  const step = fc.record({
    who: fc.nat(2),
    id: fc.constantFrom<string | number>(0, 1, 2, '0', '1', ''),
    what: fc.constantFrom('echo', 'later', 'later', 'ping', 'unknown', 'cancel', 'answer'),
    turns: fc.nat(4),
  })

  test('with the same ids never hear each other, and lose nothing', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const sittings = await Promise.all([room.open(), room.open(), room.open()])
      const owed: string[][] = [[], [], []]
      const mayMiss: Set<string>[] = [new Set(), new Set(), new Set()]
      for (const [at, { who, id, what, turns }] of steps.entries()) {
        const mark = `${who}-${at}`
        const sitting = sittings[who]!
        const told = (answer: string) => owed[who]!.push(`${JSON.stringify(id)} ${answer}`)
        if (what === 'echo' || what === 'later') {
          sitting.tell(call(what, what === 'echo' ? { message: mark } : { message: mark, turns }, id))
          told(mark)
        } else if (what === 'cancel') {
          sitting.tell(notification('notifications/cancelled', { requestId: id }))
          for (const before of owed[who]!) if (before.startsWith(`${JSON.stringify(id)} `)) mayMiss[who]!.add(before)
        } else if (what === 'answer') sitting.tell({ jsonrpc: '2.0', id, result: { message: mark } })
        else {
          sitting.tell(request(what === 'ping' ? 'ping' : 'tools/juggle', {}, id))
          told(what)
        }
      }
      await Promise.all(sittings.map(({ conversation }) => conversation.quiet()))
      for (const [who, sitting] of sittings.entries()) {
        const came = answersOf(sitting.heard()).map(saidBy)
        const missing = [...owed[who]!]
        for (const one of came) {
          expect(missing).toContain(one)
          missing.splice(missing.indexOf(one), 1)
        }
        for (const one of missing) expect(mayMiss[who]).toContain(one)
        await sitting.conversation.close()
      }
    })
    await fc.assert(property, { numRuns: 150 })
  })

  /** An answer in the words of what it must be: the message that was sent, or the kind of request. */
  function saidBy({ id, result, error }: Message): string {
    const { structuredContent } = (result ?? {}) as { structuredContent?: { message: string } }
    return `${JSON.stringify(id)} ${structuredContent?.message ?? (error ? 'unknown' : 'ping')}`
  }
})
