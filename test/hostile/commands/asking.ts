/** Commands of the server that hostile inputs are sent to: those that ask their caller something, and what can be read and prompted. */
import type { Definition } from '../../../app/commands/command.ts'

const name = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }

const definitions: Definition[] = [
  {
    name: 'asks',
    returns: 'What its test expects',
    description: 'Asks who is there, once or twice',
    params: { twice: { type: 'boolean', description: 'Asks again', default: false } },
    async run({ twice }, { elicit }) {
      const first = await elicit('Who is there?', name, 'who')
      return twice ? [first, await elicit('Who else?', name, 'else')] : first
    },
  },
  {
    name: 'samples',
    returns: 'What its test expects',
    description: 'Asks the model for a word',
    run: (_, { sample }) =>
      sample({ messages: [{ role: 'user', content: { type: 'text', text: 'Say a word' } }], maxTokens: 9 }, 'word'),
  },
  {
    name: 'routed',
    returns: 'What its test expects',
    description: 'Wants some of its arguments in headers as well',
    input: {
      type: 'object',
      properties: {
        region: { description: 'Wanted in a header', type: 'string', 'x-mcp-header': 'Region' },
        count: { description: 'Wanted in a header', type: 'integer', 'x-mcp-header': 'Count' },
        flag: { description: 'Wanted in a header', type: 'boolean', 'x-mcp-header': 'Flag' },
      },
    },
    run: () => 'arrived',
  },
  {
    kind: 'resource',
    name: 'notes',
    uri: 'notes://all',
    description: 'All notes',
    read: () => 'all notes',
    watch: () => () => {},
  },
  {
    kind: 'resource',
    name: 'note',
    uri: 'notes://note/{id}',
    description: 'One note, whose text is its name',
    read: ({ id }) => `note ${id}`,
    complete: { id: (value) => ['a', 'ab', 'b'].filter((id) => id.startsWith(value)) },
    watch: () => () => {},
  },
  {
    kind: 'resource',
    name: 'broken_note',
    uri: 'broken://note',
    description: 'Cannot be read',
    read() {
      throw new TypeError('secret inside a resource')
    },
  },
  {
    kind: 'prompt',
    name: 'greet',
    description: 'Greets somebody',
    arguments: {
      name: { description: 'Whom', required: true, complete: (value) => (value === 'x' ? ['xenia'] : []) },
      broken: {
        description: 'Has proposals that fail',
        complete() {
          throw new TypeError('secret inside a proposal')
        },
      },
    },
    get: ({ name: whom }) => `Hello ${whom}`,
  },
]

export default definitions
