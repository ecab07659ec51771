/** What is promised about taking up a stream again: when, from where, and how often it is tried. */
import { beforeEach, describe, expect, test } from 'vitest'
import { HttpRefused, Unreachable } from '../app/upstreams/http/errors.ts'
import { StreamPlace } from '../app/upstreams/mcp/stream-place.ts'

const { signal } = new AbortController()
const away = new Unreachable(new Error('ECONNREFUSED'))
let waits: number[]
let messages: string[]
let place: StreamPlace

beforeEach(() => {
  waits = []
  messages = []
  place = new StreamPlace({
    max: 10_000,
    waits: { min: 1_000, max: 5_000 },
    message: (data) => messages.push(data),
    wait: async (ms) => void waits.push(ms),
  })
})

const read = (text: string) => place.reader().push(Buffer.from(text))
const reopen = (open: () => Promise<string> = async () => 'open', tries = 8) => place.reopen(open, signal, tries, () => {})

describe('the wait', () => {
  test('is what the server asks for, where it has said anything else', async () => {
    read('retry: 1234\nid: 1\n\n')
    await reopen()
    expect(waits).toEqual([1_234])
  })

  test('is never so short that it goes in a circle, nor longer than an hour', async () => {
    read('retry: 0\ndata: x\n\n')
    await reopen()
    read('retry: 99999999999\ndata: x\n\n')
    await reopen()
    expect(waits).toEqual([100, 3_600_000])
  })

  test('is ours where the server asks for none, and grows as long as nothing comes', async () => {
    for (let time = 0; time < 20; time++) await reopen()
    for (const ms of waits) expect(ms).toBeGreaterThanOrEqual(1_000)
    for (const ms of waits) expect(ms).toBeLessThanOrEqual(5_000)
    expect(Math.max(...waits)).toBeGreaterThan(2_000)
    waits.length = 0
    for (let time = 0; time < 20; time++) {
      read('data: x\n\n')
      await reopen()
    }
    for (const ms of waits) expect(ms).toBeLessThanOrEqual(2_000)
  })

  test('is ours also where the server asks for less, as long as nothing comes', async () => {
    read('retry: 200\nid: 1\n\n')
    await reopen()
    read(': nothing\n\n')
    await reopen()
    expect(waits[0]).toBe(200)
    expect(waits[1]).toBeGreaterThanOrEqual(1_000)
  })

  test('ends with its signal, in real time too', async () => {
    const giveUp = new AbortController()
    const real = new StreamPlace({ max: 1, waits: { min: 60_000, max: 60_000 }, message() {} })
    const opened = real.reopen(
      async () => 'open',
      giveUp.signal,
      8,
      () => {},
    )
    giveUp.abort()
    await expect(opened).rejects.toThrow()
  })
})

describe('the place', () => {
  test('is the last id, as the bytes of a header', () => {
    expect([place.known, place.headers()]).toEqual([false, {}])
    read('id: 1\ndata: a\n\nid: é\n\nid: 3\n')
    expect([place.known, place.headers()]).toEqual([true, { 'last-event-id': 'Ã©' }])
  })

  test.each([
    ['none', 'id\n\n'],
    ['one that no header takes', 'id: a\u0001b\n\n'],
    ['one that is too long', `id: ${'x'.repeat(5_000)}\n\n`],
  ])('is nowhere after %s', (_, text) => {
    read('id: 1\n\n')
    read(text)
    expect(place.known).toBe(false)
  })

  test('can be given up', () => {
    read('id: 1\n\n')
    place.forget()
    expect(place.headers()).toEqual({})
  })
})

test('messages are what has data and no other name', () => {
  read('data: a\n\nevent: ping\ndata: b\n\ndata:\n\nevent: message\ndata: c\n\n')
  expect(messages).toEqual(['a', 'c'])
})

describe('a try', () => {
  const failing = (errors: unknown[]) => async () => {
    const error = errors.shift()
    if (error) throw error
    return 'open'
  }

  test('that fails for the moment is followed by another, and told', async () => {
    const missed: unknown[] = []
    const errors = [away, new HttpRefused(503, 'busy'), new HttpRefused(409, 'still open')]
    expect(await place.reopen(failing([...errors]), signal, 8, (error) => missed.push(error))).toBe('open')
    expect(missed).toEqual(errors)
    expect(waits).toHaveLength(4)
  })

  test('that fails for good is the last', async () => {
    await expect(reopen(failing([new HttpRefused(400, 'no')]))).rejects.toThrow('no')
    expect(waits).toHaveLength(1)
  })

  test('is one of so many', async () => {
    await expect(reopen(failing([away, away, away, away]), 3)).rejects.toBe(away)
    expect(waits).toHaveLength(3)
  })
})
