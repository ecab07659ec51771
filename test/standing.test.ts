/** What stays open is asked for again: when it ends, when it does not, and what that costs. */
import { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Credentials } from '../app/auth.ts'
import type { Caller } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { silent } from '../app/log.ts'
import { openStanding, type Standing } from '../app/standing.ts'
import { until } from './until.ts'

let standing: Standing | undefined
afterEach(() => standing?.stop())

const ann: Caller = { id: 'key:ann', name: 'ann', scopes: ['read', 'call'], tools: ['shop_*'] }
const person: Caller = { id: 'user:1', name: 'pat', scopes: ['read', 'call'], role: 'operator' }
const shows = (key: string): Credentials => ({ headers: { 'x-api-key': key }, socket: new Socket() })
const wrong = new Failure('unauthorized', 'this key is revoked: ask for another')
const away = new Failure('unavailable', 'the database does not answer')

/** Verdicts by credential, as they are now; and how often each was asked for. */
function open(verdicts: Record<string, Caller | Error>, every = 5) {
  const asked: string[] = []
  const identify = async ({ headers }: Credentials) => {
    const key = headers['x-api-key'] as string
    asked.push(key)
    const verdict = verdicts[key]
    if (verdict instanceof Error || !verdict) throw verdict ?? wrong
    return verdict
  }
  standing = openStanding(identify, silent, every)
  const looks = async (more: number) => {
    const goal = asked.length + more
    await until('it was looked at again', () => asked.length >= goal)
  }
  return { standing, asked, looks }
}

test('a revoked key ends what it holds open, once, with the reason; what another key holds stays', async () => {
  const verdicts: Record<string, Caller | Error> = { a: ann, b: { ...ann, id: 'key:bob' } }
  const { standing, looks } = open(verdicts)
  const ended: string[] = []
  standing.hold(shows('a'), ann, ({ message }) => ended.push(message))
  standing.hold(shows('b'), verdicts.b as Caller, () => ended.push('bob'))
  await looks(2)
  expect(ended).toEqual([])
  verdicts.a = wrong
  await until('it has ended', () => ended.length > 0)
  await looks(3)
  expect(ended).toEqual([wrong.message])
})

test.each<[string, Caller, Caller]>([
  ['a scope', ann, { ...ann, scopes: ['read'] }],
  ['a tool', ann, { ...ann, tools: [] }],
  ['all tools but some', { ...ann, tools: undefined } as unknown as Caller, ann],
  ['a role', person, { ...person, role: 'viewer' }],
])('who has lost %s is ended, to open it anew', async (_, before, after) => {
  const { standing } = open({ a: after })
  const ended: Failure[] = []
  standing.hold(shows('a'), before, (why) => ended.push(why))
  await until('it has ended', () => ended.length > 0)
  expect(ended[0]).toMatchObject({ code: 'unauthorized', message: 'this credential may do less than before: connect again' })
})

test('who may do more than before goes on', async () => {
  const { standing, looks } = open({ a: { ...ann, scopes: ['read', 'call', 'admin'], tools: ['shop_*', 'erp_*'] } })
  let ended = false
  standing.hold(shows('a'), ann, () => {
    ended = true
  })
  await looks(3)
  expect(ended).toBe(false)
})

test('a token that is renewed a moment after the old one was void holds on', async () => {
  const verdicts: Record<string, Caller | Error> = { old: person }
  const { standing, asked, looks } = open(verdicts, 200)
  let ended = false
  const held = standing.hold(shows('old'), person, () => {
    ended = true
  })
  await looks(1)
  verdicts.old = wrong
  verdicts.new = person
  await looks(1)
  held.renew(shows('new'), person)
  await until('the new one is asked for', () => asked.slice(-2).every((credential) => credential === 'new'))
  expect(ended).toBe(false)
  verdicts.new = wrong
  await until('it ends when that is void too', () => ended)
})

test('while nobody can tell it stays open and takes nothing new, and both are over with the first answer', async () => {
  const verdicts: Record<string, Caller | Error> = { a: away }
  const { standing, looks } = open(verdicts)
  let ended = false
  const held = standing.hold(shows('a'), ann, () => {
    ended = true
  })
  await until('it takes nothing new', () => held.refusal === away)
  await looks(3)
  expect(ended).toBe(false)
  verdicts.a = ann
  await until('it goes on', () => held.refusal === undefined)
})

test('an error of ours is no verdict: it stays open', async () => {
  const { standing, looks } = open({ a: new Error('a bug') })
  let ended = false
  const held = standing.hold(shows('a'), ann, () => {
    ended = true
  })
  await looks(3)
  expect([ended, held.refusal?.code]).toEqual([false, 'unavailable'])
})

test('a thousand streams of one key cost one question a look', async () => {
  const { standing, asked, looks } = open({ a: ann })
  const held = Array.from({ length: 1_000 }, () => standing.hold(shows('a'), ann, () => {}))
  await looks(2)
  const before = asked.length
  expect(before).toBeLessThan(50)
  for (const one of held) one.release()
  await new Promise((resolve) => setTimeout(resolve, 30))
  const after = asked.length
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(asked.length).toBe(after)
})

test('for who showed no credential nothing is kept', () => {
  const { standing } = open({})
  const local: Caller = { id: 'local', name: 'local', scopes: ['read', 'call'] }
  const one = standing.hold({ headers: {}, socket: new Socket() }, local, () => {})
  expect(standing.hold({ headers: {}, socket: new Socket() }, local, () => {})).toBe(one)
})
