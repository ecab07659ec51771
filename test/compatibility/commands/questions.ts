/** Tools that ask the client something before they answer. */
import type { Definition } from '../../../app/commands/command.ts'

const question = { type: 'string', description: 'What is asked', required: true } as const

const commands: Definition[] = [
  {
    name: 'ask_person',
    returns: 'What its test expects',
    description: 'Asks the person at the client for a colour (elicitation).',
    params: { question },
    async run(input, context) {
      const { action, content } = await context.elicit(String(input.question), {
        type: 'object',
        properties: { colour: { type: 'string', title: 'Colour', enum: ['red', 'green'] } },
        required: ['colour'],
      })
      return action === 'accept' ? `accept ${(content as { colour: string }).colour}` : action
    },
  },
  {
    name: 'ask_model',
    returns: 'What its test expects',
    description: 'Asks the language model of the client (sampling).',
    params: { question },
    async run(input, context) {
      const { content } = await context.sample({
        messages: [{ role: 'user', content: { type: 'text', text: String(input.question) } }],
        maxTokens: 100,
      })
      return content
    },
  },
  {
    name: 'ask_roots',
    returns: 'What its test expects',
    description: 'Asks the client in which folders it works (roots).',
    async run(_, context) {
      const roots = await context.roots()
      return { uris: roots.map(({ uri }) => uri) }
    },
  },
]

export default commands
