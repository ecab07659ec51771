/** Jobs, from the outside: each caller has its own, and those of others do not exist for it. */
import type { Json } from '../call.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Definition, Param, ToolDefinition } from './command.ts'

const jobId: Readonly<Record<string, Param>> = {
  job_id: { type: 'string', description: 'Of the job, as it was given when the job was made', required: true },
}
const state =
  '`job_id`, `command`, `status` (pending, running, completed, failed, stopped), `progress` in percent, `description`, and `result` or `error`.'

export const queueCommands = (jobs: Jobs): Definition[] => [
  {
    name: 'queue_add_job',
    description:
      'Makes a job of a command: it runs in the background, for you, with your rights. It is pending until queue_start_job, unless start says otherwise. Commands that take long become jobs by themselves.',
    params: {
      command: { type: 'string', description: 'Any command that you may call', required: true },
      params: { type: 'object', description: 'Its parameters', default: {} },
      start: { type: 'boolean', description: 'Whether it starts at once', default: false },
    },
    returns: state,
    examples: [{ params: { command: 'long_task', params: { seconds: 60 }, start: true } }],
    async run({ command, params, start }, { caller, via }) {
      // Rules may speak of ways in: what is closed by this one is no more open to a job, also one that is started by another.
      const wish = { name: String(command), arguments: params as Json, caller, via }
      return jobs.get(await jobs.add({ ...wish, waits: start !== true }), caller)
    },
  },
  act('queue_start_job', 'Starts a job that is pending.', state, (id, caller) => jobs.start(id, caller)),
  act('queue_stop_job', 'Ends a job for good. It cannot be started again.', state, (id, caller) => jobs.stop(id, caller)),
  act('queue_delete_job', 'Forgets a job that is over, and its result.', '`deleted`: its id.', async (id, caller) => {
    await jobs.remove(id, caller)
    return { deleted: id }
  }),
  look('queue_get_job_status', 'Tells how far a job is, and what came of it.', state, (id, caller) => jobs.get(id, caller)),
  look('job_status', 'The same as queue_get_job_status.', state, (id, caller) => jobs.get(id, caller)),
  look(
    'queue_get_logs',
    'What a job has said on the way (context.log): the last 100 lines. They are not kept in the database: another process, or a restart, knows nothing of them.',
    '`logs`: a list of at, level and message.',
    async (id, caller) => ({ logs: await jobs.logs(id, caller) }),
  ),
  {
    name: 'queue_list_jobs',
    description:
      'Lists your jobs, the newest first, a hundred at a time. Tool calls that MCP clients made as tasks are among them.',
    params: { cursor: { type: 'string', description: '`next` of the page before' } },
    returns: '`jobs`: a list of what queue_get_job_status tells, without results; `next`: missing on the last page.',
    scope: 'read',
    readOnly: true,
    run: ({ cursor }, { caller }) => jobs.list(caller, cursor as string | undefined),
  },
  {
    name: 'queue_health',
    description: 'Tells how many jobs run and wait in this process, of all callers, and how many may run at a time.',
    returns: '`status`: ok, or busy while jobs wait for their turn; `running`, `pending`, `limit`.',
    scope: 'read',
    readOnly: true,
    run() {
      const counts = jobs.counts()
      return { status: counts.running >= counts.limit ? 'busy' : 'ok', ...counts }
    },
  },
]

type Act = (id: string, caller: Parameters<Jobs['get']>[1]) => unknown

const act = (name: string, description: string, returns: string, run: Act): ToolDefinition => ({
  name,
  description,
  params: jobId,
  returns,
  run: ({ job_id }, { caller }) => run(String(job_id), caller),
})

const look = (name: string, description: string, returns: string, run: Act): ToolDefinition => ({
  ...act(name, description, returns, run),
  scope: 'read',
  readOnly: true,
})
