/** When a client that reads slowly, or not at all, is given up. */
import { afterEach, expect, test, vi } from 'vitest'
import { SlowReader } from '../app/mcp/slow-reader.ts'

const mib = 1024 * 1024

afterEach(() => {
  vi.useRealTimers()
})

test('small messages may wait up to 1 MiB', () => {
  const reader = new SlowReader()
  let waiting = 0
  for (; waiting <= mib; waiting += 10_000) expect(reader.problem(waiting, 10_000)).toBeUndefined()
  expect(reader.problem(waiting, 10_000)).toContain('does not read')
})

test('large answers that were asked for at once go out together, and small ones behind them', () => {
  const reader = new SlowReader()
  expect(reader.problem(0, 3 * mib)).toBeUndefined()
  expect(reader.problem(3 * mib, 3 * mib)).toBeUndefined()
  expect(reader.problem(6 * mib, 100)).toBeUndefined()
})

test('one that was taken whole does not count, although the transport has added bytes of its own to the others', () => {
  const reader = new SlowReader()
  const head = 10
  expect(reader.problem(0, 3 * mib)).toBeUndefined()
  expect(reader.problem(3 * mib + head, 3 * mib)).toBeUndefined()
  expect(reader.problem(6 * mib + 2 * head, 3 * mib)).toBeUndefined()
  // The first is gone.
  expect(reader.problem(6 * mib + 2 * head, 100)).toBeUndefined()
})

test('more than 8 MiB of them do not', () => {
  const reader = new SlowReader()
  for (const waiting of [0, 3, 6]) expect(reader.problem(waiting * mib, 3 * mib)).toBeUndefined()
  expect(reader.problem(9 * mib, 100)).toContain('does not read')
})

test('a large answer that was taken does not make room for others any more', () => {
  const reader = new SlowReader()
  expect(reader.problem(0, 3 * mib)).toBeUndefined()
  let waiting = 1000
  expect(reader.problem(waiting, 1000)).toBeUndefined()
  // Of the 3 MiB all but 1,000 bytes were taken, and now those as well.
  for (waiting = 1000; waiting <= mib; waiting += 10_000) expect(reader.problem(waiting, 10_000)).toBeUndefined()
  expect(reader.problem(mib + 20_000, 10_000)).toContain('does not read')
})

test('with more than 1 MiB waiting something must be taken every few seconds', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const reader = new SlowReader()
  reader.problem(0, 4 * mib)
  expect(reader.problem(4 * mib, 10)).toBeUndefined()
  vi.advanceTimersByTime(4_000)
  expect(reader.problem(3 * mib, 10)).toBeUndefined()
  vi.advanceTimersByTime(4_000)
  expect(reader.problem(3 * mib + 10, 10)).toBeUndefined()
  vi.advanceTimersByTime(2_000)
  expect(reader.problem(3 * mib + 20, 10)).toContain('nothing of')
})
