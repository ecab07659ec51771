/** The history of calls: who called what, when, and what came of it. */
import { Failure } from '../errors.ts'
import type { Execution, Executions, Query } from '../store/executions.ts'
import type { Definition } from './command.ts'

export const executionCommands = (executions: Pick<Executions, 'list' | 'get'>): Definition[] => [
  {
    name: 'executions',
    description:
      'Shows calls that were made, newest first, refused and failed ones too. A call appears up to a quarter of a second after it ended. ' +
      'Arguments and results are shortened, and secrets in them masked.',
    params: {
      limit: { type: 'integer', description: 'Calls at most, 1 to 200', default: 50 },
      before: { type: 'string', description: '`next` of the page before, to go on from there' },
      name: { type: 'string', description: 'Only calls of this tool, resource or prompt' },
      status: { type: 'string', description: 'Only calls that ended so', enum: ['started', 'ok', 'failed', 'refused'] },
      owner: { type: 'string', description: 'Only calls that this upstream answered, or `switchyard`' },
      text: {
        type: 'string',
        description: 'Only calls with this text in the name, the caller, the error, the arguments or the result',
      },
      id: { type: 'string', description: 'The one call with this id; other parameters are not looked at then' },
    },
    returns: '`executions`: a list; `next`: where the next page begins, missing on the last.',
    scope: 'admin',
    readOnly: true,
    async run({ id, ...query }) {
      if (typeof id === 'string') return { executions: [shown(await one(executions, id))] }
      const { executions: found, next } = await executions.list(query as Query)
      return { executions: found.map(shown), ...(next === undefined ? {} : { next }) }
    },
  },
]

async function one(executions: Pick<Executions, 'get'>, id: string): Promise<Execution> {
  const execution = await executions.get(id)
  if (!execution) throw new Failure('invalid_arguments', `executions: no call with the id ${id.slice(0, 100)} is in the history`)
  return execution
}

const shown = (execution: Execution) => ({ ...execution, at: execution.at.toISOString() })
