/** Tools that may be tasks, behind a real port, over a database that several of these may share as several processes would. */
import { buildCommands } from '../../app/commands/build.ts'
import { createHandlers } from '../../app/mcp/handlers.ts'
import { createTasks, type Pace, type Tasks } from '../../app/mcp/tasks.ts'
import type { Database } from '../../app/store/database.ts'
import { createToolTasks, type ToolTasks } from '../../app/store/tool-tasks.ts'
import { sse } from '../../app/surfaces/sse.ts'
import { streamable } from '../../app/surfaces/streamable.ts'
import { websocket } from '../../app/surfaces/websocket.ts'
import type { Surface, Yard } from '../../app/yard.ts'
import { taskCommands } from './task-commands/tasks.ts'
import { startYard, type TestYard } from './yard.ts'

export interface TaskYard extends TestYard {
  readonly tasks: Tasks
}

const quick: Pace = { renew: 20, look: 20, sweep: 60_000 }

/** @param changed makes another store of the one that is used */
export async function startTaskYard(
  database: Pick<Database, 'pool'>,
  changed: (store: ToolTasks) => ToolTasks = (store) => store,
): Promise<TaskYard> {
  const stopping = new AbortController()
  const hurry = new AbortController()
  const store = changed(createToolTasks(database))
  let tasks: Tasks | undefined
  const all = ({ catalog, sessions, log }: Yard) =>
    (tasks ??= createTasks({ store, catalog, sessions, log, stopping: stopping.signal, hurry: hurry.signal, pace: quick }))
  const surface =
    (open: typeof sse): Surface =>
    (yard, closing) =>
      open(createHandlers(yard.catalog, yard.switch, all(yard)))(yard, closing)
  const yard = await startYard(
    [surface(streamable), surface(sse), surface(websocket)],
    ({ catalog }) => catalog.offer('switchyard', buildCommands(taskCommands, 'switchyard')),
    { timeout: 30_000 },
  )
  const service = all(yard).open()
  return {
    ...yard,
    tasks: all(yard),
    async stop() {
      stopping.abort()
      hurry.abort()
      await service.stop?.()
      await yard.stop()
    },
  }
}
