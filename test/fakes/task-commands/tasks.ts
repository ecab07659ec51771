/** Tools that may be tasks, some as long as a test wants them to be. */
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Json } from '../../../app/call.ts'
import type { Context, ToolDefinition } from '../../../app/commands/command.ts'

const file = {
  type: 'string',
  description: 'It is done when this file is there; others beside it say how far it is',
  required: true,
} as const
const form = (name: string): Json => ({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] })

/** Leaves a file with this ending. */
const mark = (name: unknown, ending: string) => writeFileSync(`${String(name)}.${ending}`, '')

async function untilThere(name: unknown, { signal }: Context): Promise<void> {
  mark(name, 'running')
  signal.addEventListener('abort', () => mark(name, 'cancelled'))
  while (!existsSync(String(name))) await sleep(5, undefined, { signal })
}

async function nameOf(context: Context, message: string): Promise<string> {
  const { action, content } = await context.elicit(message, form('name'), 'name')
  return action === 'accept' ? String((content as Json).name) : String(action)
}

export const taskCommands: ToolDefinition[] = [
  { name: 'plain', returns: 'What its test expects', description: 'Is never a task', run: () => 'plain' },
  { name: 'must', returns: 'What its test expects', description: 'Is always a task', task: 'required', run: () => 'must' },
  {
    name: 'job',
    returns: 'What its test expects',
    description: 'Takes as long as the test wants, and tells how far it is',
    task: 'optional',
    timeout: 120,
    params: { file },
    async run(input, context) {
      await untilThere(input.file, context)
      context.progress(1, 2, 'half')
      context.log('warning', 'nearly there')
      context.progress(2, 2, 'whole')
      return { done: true }
    },
  },
  {
    name: 'no',
    returns: 'What its test expects',
    description: 'Says no',
    task: 'optional',
    run(_, { failure }) {
      throw failure('no, and this is why')
    },
  },
  {
    name: 'broken',
    returns: 'What its test expects',
    description: 'Breaks',
    task: 'optional',
    run() {
      throw new Error('a secret of the house')
    },
  },
  {
    name: 'ask',
    returns: 'What its test expects',
    description: 'Asks for two names, one after the other',
    task: 'optional',
    run: async (_, context) => `${await nameOf(context, 'First?')} and ${await nameOf(context, 'Second?')}`,
  },
  {
    name: 'turn',
    returns: 'What its test expects',
    description: 'Asks first, becomes a task, asks again, and takes as long as the test wants',
    task: 'later',
    timeout: 120,
    params: { file },
    async run(input, context) {
      const first = await nameOf(context, 'First?')
      await context.later()
      const second = await nameOf(context, 'Second?')
      await untilThere(input.file, context)
      return `${first} and ${second}`
    },
  },
]

export default taskCommands
