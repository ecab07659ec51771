import { expect, test } from 'vitest'
import { createBackoff } from '../app/upstreams/backoff.ts'

const take = (count: number, backoff: { next(): number }) => Array.from({ length: count }, () => backoff.next())

test('the longest wait doubles up to a minute and is short again after a success', () => {
  const backoff = createBackoff({ random: () => 1 })
  expect(take(8, backoff)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  backoff.reset()
  expect(backoff.next()).toBe(2_000)
})

test('the shortest wait is a second, however long it has been broken', () => {
  expect(take(8, createBackoff({ random: () => 0 }))).toEqual(Array(8).fill(1_000))
})

test('waits are spread over the whole range', () => {
  expect(take(3, createBackoff({ min: 100, max: 400, random: () => 0.5 }))).toEqual([150, 250, 250])
})
