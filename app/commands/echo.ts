/** The first thing that anybody calls: does the way here and back work? */
import type { Definition } from './command.ts'

export const echoCommands = (): Definition[] => [
  {
    name: 'echo',
    description: 'Sends the message back unchanged. For trying out whether a connection works; it does nothing else.',
    params: { message: { type: 'string', description: 'What to send back', required: true } },
    returns: {
      type: 'object',
      properties: { message: { type: 'string', description: 'The message as it arrived' } },
      required: ['message'],
    },
    readOnly: true,
    run: ({ message }) => ({ message }),
  },
]
