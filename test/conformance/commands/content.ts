/** Tools that answer at once, with each kind of content that there is. */
import type { Json } from '../../../app/call.ts'
import type { ToolDefinition } from '../../../app/commands/command.ts'
import { audio, embedded, image, text } from './_media.ts'

const answering = (name: string, description: string, ...blocks: Json[]): ToolDefinition => ({
  name,
  returns: 'What its test expects',
  description,
  run: (_, context) => context.content(blocks),
})

const tools: ToolDefinition[] = [
  {
    name: 'test_simple_text',
    returns: 'What its test expects',
    description: 'Answers with a text.',
    run: () => 'This is a simple text response for testing.',
  },
  answering('test_image_content', 'Answers with a picture.', image),
  answering('test_audio_content', 'Answers with a sound.', audio),
  answering(
    'test_embedded_resource',
    'Answers with a resource and what is in it.',
    embedded('test://embedded-resource', { mimeType: 'text/plain', text: 'This is an embedded resource content.' }),
  ),
  answering(
    'test_multiple_content_types',
    'Answers with a text, a picture and a resource.',
    text('Multiple content types test:'),
    image,
    embedded('test://mixed-content-resource', { mimeType: 'application/json', text: '{"test":"data","value":123}' }),
  ),
  {
    name: 'test_error_handling',
    returns: 'What its test expects',
    description: 'Always fails.',
    run(_, context) {
      throw context.failure('This tool intentionally returns an error for testing')
    },
  },
]

export default tools
