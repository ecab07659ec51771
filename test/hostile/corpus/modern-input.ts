/** 2026-07-28: answers and states that a client sends back, none of which is to be believed. */
import type { Json } from '../../../app/call.ts'
import { all, answered, badParams, either, refused, result } from '../classes.ts'
import { type Entry, type Expected, type Lazy, modernWays, type Subject } from '../entry.ts'
import { metaKeys, modernRequest } from '../modern.ts'
import type { Seen } from '../seen.ts'
import { shown } from '../shown.ts'

const able = { [metaKeys.capabilities]: { elicitation: { form: {} }, sampling: {} } }
/** Calls the tool `asks`, which wants to know who is there. */
const ask = (more: Json = {}, id = 7) => modernRequest('tools/call', { name: 'asks', ...more }, able, id)
const asked: Expected = result(7, { resultType: 'input_required' })
const ann = { who: { action: 'accept', content: { name: 'Ann' } } }

const stateIn = ({ messages }: Seen): string =>
  String(messages.find(({ result: one }) => one?.requestState)?.result?.requestState)
/** Comes back with a state that has been changed on its way. */
const back =
  (change: (state: string) => unknown, more: Json = {}): Lazy =>
  (seen) =>
    ask({ inputResponses: ann, requestState: change(stateIn(seen)), ...more }, 8)

const noStates: readonly unknown[] = [
  '',
  'x',
  'e30=',
  'eyJ2aXNpdCI6IjEifQ',
  5,
  null,
  true,
  {},
  [],
  '__proto__',
  's'.repeat(100_000),
  Buffer.alloc(64, 1).toString('base64url'),
]

const tampered: readonly (readonly [string, (state: string) => string])[] = [
  ['whose last character is another', (state) => `${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`],
  ['whose first character is another', (state) => `${state.startsWith('A') ? 'B' : 'A'}${state.slice(1)}`],
  ['that is cut short', (state) => state.slice(0, -8)],
  ['with something appended', (state) => `${state}AAAA`],
  ['with padding', (state) => `${state}==`],
  ['with a blank', (state) => ` ${state}`],
  ['that stands twice', (state) => state + state],
  ['in capital letters', (state) => state.toUpperCase()],
  ['in the other Base64', (state) => `${Buffer.from(state, 'base64url').toString('base64')}=`],
  ['turned around', (state) => [...state].reverse().join('')],
]

const noResponses: readonly unknown[] = ['x', 5, true, [], [ann], { who: 5 }, { who: null }, { who: 'Ann' }, { who: [] }]
const noAnswers: readonly unknown[] = [
  {},
  { action: 'maybe' },
  { action: 5 },
  { action: ['accept'] },
  { action: 'accept', content: 'Ann' },
  { action: 'accept', content: [] },
  { role: 'assistant' },
]

/** Capabilities without the one that is needed. */
const unable: readonly Json[] = [
  {},
  { sampling: {} },
  { roots: {} },
  { Elicitation: {} },
  { experimental: { elicitation: {} } },
  { extensions: { elicitation: {} } },
]

export const modernInput: Subject = {
  name: 'in 2026-07-28 what comes back',
  entries: [
    ...noStates.map(
      (requestState): Entry => ({
        name: `as a state that is none is refused: ${shown(requestState)}`,
        over: modernWays,
        send: ask({ requestState }),
        expect: badParams(7),
      }),
    ),
    {
      name: 'as a state is refused where nothing was asked',
      over: modernWays,
      send: modernRequest('tools/call', { name: 'echo', arguments: { message: 'x' }, requestState: 'x' }),
      expect: badParams(7),
    },
    ...tampered.map(
      ([what, change]): Entry => ({
        name: `as a state ${what} is refused`,
        over: modernWays,
        steps: [ask(), back(change)],
        expect: all(asked, badParams(8)),
      }),
    ),
    {
      name: 'as a state of another call is refused',
      over: modernWays,
      steps: [ask(), back((state) => state, { arguments: { twice: true } })],
      expect: all(asked, badParams(8)),
    },
    {
      name: 'as a state of another tool is refused',
      over: modernWays,
      steps: [
        ask(),
        (seen) => modernRequest('tools/call', { name: 'samples', inputResponses: ann, requestState: stateIn(seen) }, able, 8),
      ],
      expect: all(asked, badParams(8)),
    },
    {
      name: 'as a state of another method is refused',
      over: modernWays,
      steps: [
        ask(),
        (seen) => modernRequest('prompts/get', { name: 'asks', inputResponses: ann, requestState: stateIn(seen) }, able, 8),
      ],
      expect: all(asked, badParams(8)),
    },
    {
      name: 'twice with one state is taken once',
      over: modernWays,
      steps: [ask(), back((state) => state), (seen) => ask({ inputResponses: ann, requestState: stateIn(seen) }, 9)],
      expect: all(asked, result(8), badParams(9)),
    },
    {
      name: 'with its state and no answer is asked again',
      over: modernWays,
      steps: [ask(), (seen) => ask({ requestState: stateIn(seen) }, 8)],
      expect: all(asked, result(8, { resultType: 'input_required' })),
    },
    {
      name: 'with its state and other answers is asked again',
      over: modernWays,
      steps: [ask(), (seen) => ask({ requestState: stateIn(seen), inputResponses: { other: ann.who } }, 8)],
      expect: all(asked, result(8, { resultType: 'input_required' })),
    },
    {
      name: 'with more answers than were asked for is taken',
      over: modernWays,
      steps: [ask(), back((state) => state, { inputResponses: { ...ann, other: ann.who, [`${'k'.repeat(1000)}`]: ann.who } })],
      expect: all(asked, result(8)),
    },
    ...noResponses.map(
      (inputResponses): Entry => ({
        name: `as answers that are none is refused: ${shown(inputResponses)}`,
        over: modernWays,
        send: ask({ inputResponses }),
        expect: badParams(7),
      }),
    ),
    ...noAnswers.map(
      (who): Entry => ({
        name: `as an answer that is none is refused: ${shown(who)}`,
        over: modernWays,
        send: ask({ inputResponses: { who } }),
        expect: either(badParams(7), { kind: 'toolError', id: 7 }),
      }),
    ),
    {
      name: 'called __proto__ is no answer',
      over: modernWays,
      send: ask({ inputResponses: JSON.parse('{"__proto__":{"who":{"action":"accept","content":{"name":"Eve"}}}}') }),
      expect: asked,
    },
    {
      name: 'as an answer of a megabyte is taken',
      over: modernWays,
      send: ask({ inputResponses: { who: { action: 'accept', content: { name: 'n'.repeat(1024 * 1024) } } } }),
      expect: answered(7),
    },
    {
      name: 'as answers to a list is passed over or refused',
      over: modernWays,
      send: modernRequest('tools/list', { inputResponses: ann }),
      expect: answered(7),
    },
    ...unable.map(
      (capabilities): Entry => ({
        name: `is not asked for where the client is not able to answer: ${shown(capabilities)}`,
        over: modernWays,
        send: modernRequest('tools/call', { name: 'asks' }, { [metaKeys.capabilities]: capabilities }),
        expect: refused(-32021, 7, { status: 400, data: { requiredCapabilities: { elicitation: {} } } }),
      }),
    ),
    ...['yes', true, 5, [], null].map(
      (elicitation): Entry => ({
        name: `is asked for or not where the client says strange things of itself: ${shown(elicitation)}`,
        over: modernWays,
        send: modernRequest('tools/call', { name: 'asks' }, { [metaKeys.capabilities]: { elicitation } }),
        expect: either(refused(-32021, 7, { status: 400 }), refused(-32602, 7), asked),
      }),
    ),
  ],
}
