/** A command that takes as long as it is told to: for trying out jobs, progress and cancelling. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Definition } from './command.ts'

export const longTaskCommands = (): Definition[] => [
  {
    name: 'long_task',
    description:
      'Waits for so many seconds and tells every second how far it is; it does nothing else. Over /cmd and REST it is a job: the answer has a job_id for job_status.',
    params: {
      seconds: { type: 'number', description: 'How long it takes: 0 to 3000', required: true },
    },
    returns: '`seconds`: how long it took.',
    examples: [{ params: { seconds: 5 }, result: { seconds: 5 } }],
    use_queue: true,
    task: 'optional',
    readOnly: true,
    async run({ seconds }, { signal, progress, failure }) {
      const whole = Number(seconds)
      if (!(whole >= 0 && whole <= 3_000)) throw failure(`seconds must be 0 to 3000, got ${whole}`)
      for (let done = 0; done < whole; done++) {
        progress(done, whole, `${done} of ${whole} s`)
        await sleep(Math.min(1, whole - done) * 1_000, undefined, { signal })
      }
      return { seconds: whole }
    },
  },
]
