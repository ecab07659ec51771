/** What is promised about the state that clients of 2026-07-28 carry for us from one request to the next. */
import { describe, expect, test } from 'vitest'
import type { Caller, Json } from '../app/call.ts'
import { Failure } from '../app/errors.ts'
import { type Bound, createRequestStates, timeToAnswer } from '../app/mcp/request-state.ts'

const secret = 'a secret of at least thirty-two characters'
const ada: Caller = { id: 'key:ada', name: 'ada', scopes: ['read', 'call'] }
const values = { order: 7, parts: [{ name: 'wheel', size: { x: 1, y: 2 } }], note: 'ü' }
const asked: Bound = { caller: ada, method: 'tools/call', params: { name: 'pay', arguments: values } }
const content = { visit: 'b2b7', round: 1 }

/** Sealed with one clock and opened with another. */
function sealed(key: string | null = secret) {
  let time = 1_000_000
  const states = createRequestStates(key, () => time)
  return {
    state: states.seal(content, asked),
    open: (state: unknown, bound: Bound = asked) => states.open(state, bound),
    pass(ms: number) {
      time += ms
    },
  }
}

/** The sentence of the refusal; fails where there is none. */
function refusal(open: () => unknown): string {
  try {
    open()
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    expect((error as Failure).code).toBe('invalid_params')
    return (error as Failure).message
  }
  throw new Error('it was opened')
}

const withArguments = (args: unknown): Bound => ({ ...asked, params: { ...asked.params, arguments: args } })

test('comes back as it was sealed, and nobody reads it on the way', () => {
  const { state, open } = sealed()
  expect(open(state)).toEqual(content)
  expect(state).toMatch(/^[\w.-]+$/)
  expect(Buffer.from(state.replace('v1.', ''), 'base64url').toString('latin1')).not.toContain('b2b7')
})

test('is another one each time, so that equal requests cannot be told by it', () => {
  const states = createRequestStates(secret)
  expect(states.seal(content, asked)).not.toBe(states.seal(content, asked))
})

describe('is the same request to it', () => {
  test.each<[string, Json]>([
    [
      'with its members in another order',
      { arguments: { note: 'ü', parts: [{ size: { y: 2, x: 1 }, name: 'wheel' }], order: 7 }, name: 'pay' },
    ],
    ['with answers', { ...asked.params, inputResponses: { a: { action: 'accept' } } }],
    ['with the state itself', { ...asked.params, requestState: 'x' }],
    ['with another _meta', { ...asked.params, _meta: { progressToken: 8 } }],
  ])('%s', (_, params) => {
    const { state, open } = sealed()
    expect(open(state, { ...asked, params })).toEqual(content)
  })

  test('from the same caller with other scopes by now', () => {
    const { state, open } = sealed()
    expect(open(state, { ...asked, caller: { ...ada, name: 'Ada', scopes: ['call'] } })).toEqual(content)
  })
})

describe('is refused', () => {
  const another: [string, Bound][] = [
    ['for another caller', { ...asked, caller: { ...ada, id: 'key:bob' } }],
    ['for another method', { ...asked, method: 'prompts/get' }],
    ['for another tool', { ...asked, params: { ...asked.params, name: 'refund' } }],
    ['for one more member beside the arguments', { ...asked, params: { ...asked.params, task: {} } }],
    ['for no arguments', { ...asked, params: { name: 'pay' } }],
    ['for another argument', withArguments({ ...values, order: 8 })],
    ['for an argument of another type', withArguments({ ...values, order: '7' })],
    ['for one argument more', withArguments({ ...values, more: null })],
    ['for one argument less', withArguments({ order: 7, parts: values.parts })],
    ['for a list in another order', withArguments({ ...values, parts: [...values.parts, { name: 'bell' }].reverse() })],
    ['for something deep inside', withArguments({ ...values, parts: [{ name: 'wheel', size: { x: 1, y: 3 } }] })],
    [
      'for a list where an object was',
      withArguments({
        ...values,
        parts: [
          {
            name: 'wheel',
            size: [
              ['x', 1],
              ['y', 2],
            ],
          },
        ],
      }),
    ],
    ['for an object where a list was', withArguments({ ...values, parts: { 0: values.parts[0] } })],
  ]
  test.each(another)('%s', (_, bound) => {
    const { state, open } = sealed()
    expect(refusal(() => open(state, bound))).toContain('not the one that belongs to this request')
  })

  test('after its time, with what to do instead', () => {
    const { state, open, pass } = sealed()
    pass(timeToAnswer)
    expect(open(state)).toEqual(content)
    pass(1)
    expect(refusal(() => open(state))).toBe('params.requestState is too old: send the request again without it')
  })

  test('with any of its characters changed, and with any of them missing', () => {
    const { state, open } = sealed()
    for (let at = 0; at < state.length; at++) {
      const other = state[at] === 'A' ? 'B' : 'A'
      refusal(() => open(state.slice(0, at) + other + state.slice(at + 1)))
      refusal(() => open(state.slice(0, at) + state.slice(at + 1)))
      refusal(() => open(state.slice(0, at)))
    }
  })

  test.each(['A', 'AAAA', '=', '==', '!', ' ', '\n', '\u0000', 'ü'])('with %j appended, before it, or inside', (more) => {
    const { state, open } = sealed()
    for (const changed of [state + more, more + state, `${state.slice(0, 20)}${more}${state.slice(20)}`])
      refusal(() => open(changed))
  })

  test.each([undefined, null, 7, true, {}, [], '', 'x', 'A'.repeat(37), 'A'.repeat(400)])('where it is %j', (state) => {
    refusal(() => sealed().open(state))
  })

  test('in the other alphabet of base64', () => {
    const { open } = sealed()
    const states = createRequestStates(secret)
    // Long enough to have one of the two characters in which the alphabets differ.
    const state = states.seal({ long: 'x'.repeat(1000) }, asked)
    refusal(() => open(state.replaceAll('-', '+').replaceAll('_', '/')))
  })

  test('from another secret', () => {
    refusal(() => sealed('another secret of at least thirty-two').open(sealed().state))
  })

  test('from another process, where there is no secret', () => {
    const { state, open } = sealed(null)
    expect(open(state)).toEqual(content)
    refusal(() => sealed(null).open(state))
  })
})

test('two instances with one secret understand each other', () => {
  expect(sealed().open(sealed().state)).toEqual(content)
})
