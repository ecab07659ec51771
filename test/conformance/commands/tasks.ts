/** Tools that may take long, and one that never does: what runs as a task and what does not. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { ToolDefinition } from '../../../app/commands/command.ts'
import { askPerson, filled, form } from './_asking.ts'

const string = { type: 'string' }

const tools: ToolDefinition[] = [
  {
    name: 'greet',
    returns: 'What its test expects',
    description: 'Greets at once, never as a task.',
    input: { type: 'object', properties: { name: { ...string, description: 'Who is greeted' } }, required: ['name'] },
    run: ({ name }) => `Hello, ${name}!`,
  },
  {
    name: 'slow_compute',
    returns: 'What its test expects',
    description: 'Takes as many seconds as it is told.',
    task: 'optional',
    timeout: 120,
    input: {
      type: 'object',
      properties: {
        seconds: { type: 'number', description: 'How long it takes', minimum: 0 },
        label: { ...string, description: 'Comes back in the answer' },
      },
      required: ['seconds'],
    },
    async run({ seconds, label = 'computed' }, { signal }) {
      await sleep(Number(seconds) * 1000, undefined, { signal })
      return `${label} after ${seconds} s`
    },
  },
  {
    name: 'failing_job',
    returns: 'What its test expects',
    description: 'Fails after a second with a reason that can be read.',
    task: 'required',
    async run(_, { failure, signal }) {
      await sleep(1000, undefined, { signal })
      throw failure('The job failed as it should')
    },
  },
  {
    name: 'protocol_error_job',
    returns: 'What its test expects',
    description: 'Breaks without a reason that anybody may read.',
    task: 'optional',
    run() {
      throw new Error('broken on purpose')
    },
  },
  {
    name: 'confirm_delete',
    returns: 'What its test expects',
    description: 'Asks before it would delete a file.',
    task: 'optional',
    input: { type: 'object', properties: { filename: { ...string, description: 'The file' } }, required: ['filename'] },
    async run({ filename }, context) {
      const answer = await context.elicit(`Delete ${filename}?`, form('confirm', 'boolean'))
      return filled(answer, 'confirm') === 'true' ? `Deleted ${filename}` : `Kept ${filename}`
    },
  },
  {
    name: 'multi_input',
    returns: 'What its test expects',
    description: 'Asks two things at once, which may be answered one by one.',
    task: 'optional',
    async run(_, context) {
      const answers = await context.ask({
        first: askPerson('What is the first name?', form('name')),
        second: askPerson('What is the second name?', form('name')),
      })
      return `${filled(answers.first, 'name')} and ${filled(answers.second, 'name')}`
    },
  },
  {
    name: 'test_tool_with_task',
    returns: 'What its test expects',
    description: 'Asks for a name before it begins, then greets as a task.',
    task: 'later',
    async run(_, context) {
      const answer = await context.elicit('What is your name?', form('name'), 'user_name')
      await context.later()
      return `Hello, ${filled(answer, 'name')}!`
    },
  },
]

export default tools
