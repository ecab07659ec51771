/** What the pulse of a database makes of an answer that does not come: the server's fault, or that of a process that was held up itself. */
import { afterEach, expect, test } from 'vitest'
import { createPulse, type Pulse } from '../app/store/pulse.ts'
import { until } from './until.ts'

const patience = 1_000

let pulse: Pulse | undefined
afterEach(() => pulse?.stop())

/** A database that never answers, on a connection that gives up with a timer of its own, as that of node-postgres does. */
function ofSilence() {
  const asked: number[] = []
  const ask = () =>
    new Promise<never>((_, reject) => {
      asked.push(performance.now())
      setTimeout(() => reject(new Error('Query read timeout')), patience)
    })
  const told: (string | undefined)[] = []
  pulse = createPulse({ ask, patience, changed: (trouble) => told.push(trouble) })
  pulse.start()
  return { pulse, asked, told }
}

test('a server that does not answer is away, and nobody is let through to it', async () => {
  const { pulse, told } = ofSilence()
  await until('it is away', () => told.length > 0)
  // Both give up at the same moment, and either may be heard first.
  expect(told).toEqual([expect.stringMatching(/^(Query read timeout|no answer within 1 s)$/)])
  expect(() => pulse.before()).toThrow('the database does not answer: try again in a moment')
})

test('a process that was held up for as long as an answer may take blames nobody, and asks again', async () => {
  const { pulse, asked, told } = ofSilence()
  await until('it asks', () => asked.length > 0)
  const goOn = performance.now() + patience + 200
  while (performance.now() < goOn);
  await until('it asks again', () => asked.length > 1)
  expect(told).toEqual([])
  expect(() => pulse.before()).not.toThrow()
})
