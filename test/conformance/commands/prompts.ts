/** Prompts with and without arguments, with a resource, with a picture, and one that asks. */
import type { Json } from '../../../app/call.ts'
import type { PromptDefinition } from '../../../app/commands/command.ts'
import { filled, form } from './_asking.ts'
import { embedded, image, text } from './_media.ts'

const fromUser = (...contents: Json[]) => contents.map((content) => ({ role: 'user', content }))
const words = ['paris', 'park', 'party', 'test', 'testing']
const complete = (value: string) => words.filter((word) => word.startsWith(value))

const prompts: PromptDefinition[] = [
  {
    kind: 'prompt',
    name: 'test_simple_prompt',
    description: 'Says one sentence.',
    get: () => 'This is a simple prompt for testing.',
  },
  {
    kind: 'prompt',
    name: 'test_prompt_with_arguments',
    description: 'Says what it was given.',
    arguments: {
      arg1: { description: 'First test argument', required: true, complete },
      arg2: { description: 'Second test argument', required: true },
    },
    get: ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
  },
  {
    kind: 'prompt',
    name: 'test_prompt_with_embedded_resource',
    description: 'Puts a resource in front of what it says.',
    arguments: { resourceUri: { description: 'URI of the resource to embed', required: true } },
    get: ({ resourceUri = '' }) =>
      fromUser(
        embedded(resourceUri, { mimeType: 'text/plain', text: 'Embedded resource content for testing.' }),
        text('Please process the embedded resource above.'),
      ),
  },
  {
    kind: 'prompt',
    name: 'test_prompt_with_image',
    description: 'Puts a picture in front of what it says.',
    get: () => fromUser(image, text('Please analyze the image above.')),
  },
  {
    kind: 'prompt',
    name: 'test_input_required_result_prompt',
    description: 'Asks what it is about before it says anything.',
    async get(_, context) {
      const answer = await context.elicit('What context should the prompt use?', form('context'), 'user_context')
      return `Think about ${filled(answer, 'context')}.`
    },
  },
]

export default prompts
