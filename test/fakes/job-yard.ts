/** Long commands behind /cmd and REST, over a database that several of these may share as several processes would. */
import { buildCommands } from '../../app/commands/build.ts'
import type { Definition } from '../../app/commands/command.ts'
import { longTaskCommands } from '../../app/commands/long-task.ts'
import { queueCommands } from '../../app/commands/queue.ts'
import { createJobs, type Jobs } from '../../app/jobs/jobs.ts'
import { createTasks } from '../../app/mcp/tasks.ts'
import type { Database } from '../../app/store/database.ts'
import { createToolTasks } from '../../app/store/tool-tasks.ts'
import { cmd } from '../../app/surfaces/cmd.ts'
import { rest } from '../../app/surfaces/rest.ts'
import type { Surface, Yard } from '../../app/yard.ts'
import { startYard, type TestYard } from './yard.ts'

export interface JobYard extends TestYard {
  readonly jobs: Jobs
  /** A stop begins, as for a signal. */
  beginStop(): void
}

export async function startJobYard(
  database: Pick<Database, 'pool'>,
  { commands, limit = 2 }: { commands: readonly Definition[]; limit?: number },
): Promise<JobYard> {
  const stopping = new AbortController()
  const hurry = new AbortController()
  let made: { jobs: Jobs; tasks: ReturnType<typeof createTasks> } | undefined
  const all = ({ catalog, sessions, log, switch: toSwitch }: Yard) => {
    if (made) return made
    const store = createToolTasks(database)
    const tasks = createTasks({ store, catalog, sessions, log, stopping: stopping.signal, hurry: hurry.signal })
    const jobs = createJobs({ tasks, catalog, toSwitch, limit, stopping: stopping.signal })
    catalog.offer('switchyard', buildCommands([...queueCommands(jobs), ...longTaskCommands(), ...commands], 'switchyard'))
    made = { jobs, tasks }
    return made
  }
  const surface =
    (open: Surface): Surface =>
    (yard, closing) =>
      open({ ...yard, jobs: all(yard).jobs }, closing)
  const yard = await startYard([surface(cmd), surface(rest)], () => {}, { timeout: 30_000 })
  const service = all(yard).tasks.open()
  return {
    ...yard,
    jobs: all(yard).jobs,
    beginStop: () => stopping.abort(),
    async stop() {
      stopping.abort()
      hurry.abort()
      await service.stop?.()
      await yard.stop()
    },
  }
}
