/** Commands of a user's, for the tests of the life cycle: some last as long as the test wants, some behave badly. */
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Definition } from '../../../app/commands/command.ts'

console.log('printed while loading')

const file = { type: 'string', description: 'Marks that the call runs with this name and .running', required: true } as const

const commands: Definition[] = [
  {
    name: 'wait',
    returns: 'What its test expects',
    description: 'Answers when the file is there',
    params: { file },
    timeout: 120,
    async run(input) {
      const name = String(input.file)
      writeFileSync(`${name}.running`, '')
      while (!existsSync(name)) await sleep(5)
      return 'released'
    },
  },
  {
    name: 'hang',
    returns: 'What its test expects',
    description: 'Never answers, whatever is asked of it',
    params: { file },
    timeout: 120,
    run(input) {
      writeFileSync(`${String(input.file)}.running`, '')
      return new Promise(() => {})
    },
  },
  {
    name: 'print',
    returns: 'What its test expects',
    description: 'Writes where only JSON-RPC may be',
    run() {
      console.log('printed with console.log')
      console.info('{"jsonrpc":"2.0","method":"notifications/forged"}')
      process.stdout.write('printed on stdout\n')
      console.error('printed on stderr')
      return 'printed'
    },
  },
  {
    name: 'stray',
    returns: 'What its test expects',
    description: 'Leaves a promise behind that fails, and that nobody waits for',
    run() {
      void sleep(1).then(() => Promise.reject(new Error('nobody waits for this')))
      return 'left'
    },
  },
]

export default commands
