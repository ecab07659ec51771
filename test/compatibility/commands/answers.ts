/** Tools that answer by themselves: in one piece, in a long one, with progress, with log messages, with an error, or never. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Definition } from '../../../app/commands/command.ts'
import { keep, recall } from './_kept.ts'

const mark = { type: 'string', description: 'A name that nobody else uses', required: true } as const

const commands: Definition[] = [
  {
    name: 'count',
    returns: 'What its test expects',
    description: 'Counts to a number. It tells each step on the way, and goes on when heard was called for it.',
    params: { mark, to: { type: 'integer', description: 'The last number', required: true } },
    timeout: 60,
    async run(input, { progress, signal }) {
      const name = String(input.mark)
      const last = Number(input.to)
      for (let done = 1; done <= last; done++) {
        progress(done, last, `step ${done}`)
        while (Number(recall(name) ?? 0) < done) await sleep(10, undefined, { signal })
      }
      return `counted to ${last}`
    },
  },
  {
    name: 'heard',
    returns: 'What its test expects',
    description: 'Tells count that a step has been heard of.',
    params: { mark, step: { type: 'integer', description: 'The step', required: true } },
    run(input) {
      keep(String(input.mark), String(input.step))
      return 'noted'
    },
  },
  {
    name: 'refuse',
    returns: 'What its test expects',
    description: 'Always says no, with a reason.',
    run(_, context) {
      throw context.failure('the shop is closed: come back tomorrow')
    },
  },
  {
    name: 'talk',
    returns: 'What its test expects',
    description: 'Sends a log message of each of two levels before it answers.',
    run(_, context) {
      context.log('info', 'nothing to worry about')
      context.log('warning', 'mind the step')
      return 'said'
    },
  },
  {
    name: 'long_text',
    returns: 'What its test expects',
    description: 'Answers with a text repeated many times.',
    params: {
      text: { type: 'string', description: 'What is repeated', required: true },
      times: { type: 'integer', description: 'How often', required: true },
    },
    readOnly: true,
    run: ({ text, times }) => String(text).repeat(Number(times)),
  },
  {
    name: 'hang',
    returns: 'What its test expects',
    description: 'Never answers. What became of it is told by hang_state.',
    params: { mark },
    timeout: 120,
    run(input, { signal }) {
      const name = String(input.mark)
      keep(name, 'running')
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          keep(name, 'cancelled')
          reject(signal.reason)
        })
      })
    },
  },
  {
    name: 'hang_state',
    returns: 'What its test expects',
    description: 'Tells what became of a call of hang: unknown, running or cancelled.',
    params: { mark },
    readOnly: true,
    run: (input) => recall(String(input.mark)) ?? 'unknown',
  },
]

export default commands
