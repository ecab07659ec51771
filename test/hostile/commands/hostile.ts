/** Commands of the server that hostile inputs are sent to: some last until they are let go, some fail in every way that there is. */
import type { Definition } from '../../../app/commands/command.ts'

const held = new Set<(answer: string) => void>()

/** What a command may return by mistake. None of it may harm the server. */
const answers: Record<string, () => unknown> = {
  nothing: () => undefined,
  nan: () => Number.NaN,
  function: () => () => 'called',
  symbol: () => Symbol('a'),
  bigint: () => 12n,
  circle: () => {
    const circle: Record<string, unknown> = {}
    circle.itself = circle
    return circle
  },
  deep: () => {
    let deep: unknown = 0
    for (let level = 0; level < 100_000; level++) deep = [deep]
    return deep
  },
  'a text that lies': () => ({ toJSON: () => '","id":1}' }),
  'a getter that throws': () => ({
    get value() {
      throw new TypeError('secret inside a getter')
    },
  }),
  'half a character': () => '\ud800',
  'a zero byte': () => 'a\0b',
}

const commands: Definition[] = [
  {
    name: 'hold',
    returns: 'What its test expects',
    description: 'Says that it has begun, and answers when `release` is called or nobody waits any more',
    timeout: 120,
    run: (_, { log, signal }) =>
      new Promise((resolve) => {
        held.add(resolve)
        signal.addEventListener('abort', () => resolve('cancelled'))
        log('warning', 'begun')
      }),
  },
  {
    name: 'release',
    returns: 'What its test expects',
    description: 'Lets every `hold` answer',
    run() {
      for (const answer of held) answer('released')
      held.clear()
      return 'done'
    },
  },
  {
    name: 'steps',
    returns: 'What its test expects',
    description: 'Tells twice how far it is, then answers',
    run(_, { progress }) {
      progress(1, 2)
      progress(2, 2)
      return 'done'
    },
  },
  {
    name: 'anything',
    returns: 'What its test expects',
    description: 'Takes whatever it is given, and says how many members that has',
    input: { type: 'object', additionalProperties: true },
    run: (input) => Object.keys(input).length,
  },
  {
    name: 'picky',
    returns: 'What its test expects',
    description: 'Takes an order with lines, and nothing else',
    input: {
      type: 'object',
      properties: {
        id: { description: 'One of the order', type: 'integer', minimum: 1, maximum: 9 },
        kind: { description: 'One of the order', enum: ['a', 'b'] },
        mail: { description: 'One of the order', type: 'string', format: 'email', maxLength: 20 },
        lines: {
          description: 'One of the order',
          type: 'array',
          maxItems: 2,
          items: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
        },
      },
      required: ['id'],
    },
    run: () => 'taken',
  },
  {
    name: 'broken',
    returns: 'What its test expects',
    description: 'Fails with an error that nobody outside may read',
    run() {
      throw new TypeError('secret inside an error')
    },
  },
  {
    name: 'gives',
    returns: 'What its test expects',
    description: 'Returns what no command should',
    params: { what: { type: 'string', description: 'Which', enum: Object.keys(answers), required: true } },
    run: ({ what }) => answers[String(what)]?.(),
  },
  {
    name: 'clean',
    returns: 'What its test expects',
    description: 'Says whether the objects of this process are as they were made',
    run: () => {
      const added = [Object.prototype, Array.prototype, Function.prototype].flatMap((one) =>
        ['admin', 'polluted', 'isError', 'scopes'].filter((name) => name in one),
      )
      return added.length === 0 ? 'clean' : `polluted: ${added.join(', ')}`
    },
  },
]

export default commands
