/** Commands that fail with a secret of the configuration in their error, and one that takes the process down with it. */
import type { Definition } from '../../../../app/commands/command.ts'

const secret = process.env.SECRET_KEY
const params = { password: { type: 'string', description: 'Not kept' }, note: { type: 'string', description: 'Kept' } } as const

const commands: Definition[] = [
  {
    name: 'throwing',
    returns: 'Nothing',
    description: 'Throws an error that holds a secret, and another one as its cause',
    params,
    run() {
      throw new Error(`cannot reach ${process.env.DATABASE_URL}`, { cause: new Error(`because of ${secret}`) })
    },
  },
  {
    name: 'crashing',
    returns: 'Nothing',
    description: 'Throws where nobody catches it',
    params: { note: params.note },
    run({ note }) {
      void Promise.reject(new Error(`nobody waits for ${secret}`))
      setTimeout(() => {
        throw new Error(`broken with ${secret} and ${note}`)
      }, 200)
      return 'done'
    },
  },
]

export default commands
