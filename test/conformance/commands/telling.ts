/** Tools that tell something on the way. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ToolDefinition } from '../../../app/commands/command.ts'

/** Milliseconds between two messages, so that they are seen one by one. */
const pause = 50

const tools: ToolDefinition[] = [
  {
    name: 'test_tool_with_logging',
    returns: 'What its test expects',
    description: 'Says three times at level info what it is doing.',
    async run(_, { log }) {
      log('info', 'Tool execution started')
      await sleep(pause)
      log('info', 'Tool processing data')
      await sleep(pause)
      log('info', 'Tool execution completed')
      return 'Tool with logging executed successfully'
    },
  },
  {
    name: 'test_logging_tool',
    returns: 'What its test expects',
    description: 'Says something at level info, which only those hear who asked for it.',
    run(_, { log }) {
      log('info', 'Nobody hears this who did not ask')
      return 'Logged'
    },
  },
  {
    name: 'test_tool_with_progress',
    returns: 'What its test expects',
    description: 'Tells how far it is: 0, 50 and 100 of 100.',
    async run(_, { progress }) {
      progress(0, 100)
      await sleep(pause)
      progress(50, 100)
      await sleep(pause)
      progress(100, 100)
      return 'Tool with progress executed successfully'
    },
  },
  {
    name: 'test_reconnection',
    returns: 'What its test expects',
    description: 'Lets the connection go and goes on: the client fetches the answer when it comes back.',
    async run(_, { detach }) {
      detach()
      await sleep(2 * pause)
      return 'Reconnection test completed successfully'
    },
  },
]

export default tools
