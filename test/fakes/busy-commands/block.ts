/** A command that keeps the whole process busy, a good quarter of a second at a time, for as long as its test wants. */
import { existsSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Definition } from '../../../app/commands/command.ts'

const slice = 300

const command: Definition = {
  name: 'block',
  returns: 'What its test expects',
  description: 'Leaves the event loop no time until the file is there',
  params: { until: { type: 'string', description: 'Ends it when there is such a file', required: true } },
  timeout: 60,
  async run(input) {
    while (!existsSync(String(input.until))) {
      const end = performance.now() + slice
      while (performance.now() < end);
      await setImmediate()
    }
    return 'released'
  },
}

export default command
