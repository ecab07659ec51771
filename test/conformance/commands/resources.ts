/** A text, a picture, many that a template describes, and one that changes all the time. */
import type { ResourceDefinition } from '../../../app/commands/command.ts'
import { png } from './_media.ts'

/** Milliseconds between two changes of what is watched. */
const period = 200

const resources: ResourceDefinition[] = [
  {
    kind: 'resource',
    uri: 'test://static-text',
    name: 'static-text',
    description: 'A text that stays as it is.',
    mimeType: 'text/plain',
    read: () => 'This is the content of the static text resource.',
  },
  {
    kind: 'resource',
    uri: 'test://static-binary',
    name: 'static-binary',
    description: 'A picture that stays as it is.',
    mimeType: 'image/png',
    read: () => Buffer.from(png, 'base64'),
  },
  {
    kind: 'resource',
    uri: 'test://template/{id}/data',
    name: 'template',
    description: 'The data of one id.',
    mimeType: 'application/json',
    read: ({ id }) => JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
    complete: { id: (value) => ['123', '124', '456'].filter((id) => id.startsWith(value)) },
  },
  {
    kind: 'resource',
    uri: 'test://watched-resource',
    name: 'watched-resource',
    description: 'What time it is: another text whenever it is read.',
    mimeType: 'text/plain',
    read: () => new Date().toISOString(),
    watch(_, changed) {
      const timer = setInterval(changed, period)
      return () => clearInterval(timer)
    },
  },
]

export default resources
