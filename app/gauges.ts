/** Numbers that are asked for when somebody looks at /metrics. */
import type { Tasks } from './mcp/tasks.ts'
import type { Overload } from './overload.ts'
import type { Executions } from './store/executions.ts'
import type { RedisService } from './store/redis.ts'
import type { Yard } from './yard.ts'

interface Parts {
  readonly history: Pick<Executions, 'waiting' | 'lost'>
  readonly tasks: Pick<Tasks, 'running'>
  readonly redis: Pick<RedisService, 'client' | 'ready'>
  readonly overload: Pick<Overload, 'refused'>
}

export function gauges({ metrics, sessions, switch: toSwitch, catalog }: Yard, { history, tasks, redis, overload }: Parts): void {
  metrics.gauge('sessions_open', 'MCP sessions that are open', () => sessions.list().length)
  metrics.gauge('calls_running', 'Calls that have no answer yet', () => toSwitch.running())
  metrics.gauge('tasks_running', 'Calls that clients come back for, running in this process', tasks.running)
  metrics.gauge('commands_offered', 'Tools, resources and prompts in the catalogue', () => catalog.all().length)
  metrics.gauge('history_rows_waiting', 'Rows of the history that are not written yet', () => history.waiting())
  metrics.gauge('history_rows_lost', 'Rows of the history that found no room or could not be stored', () => history.lost())
  metrics.gauge('overload_refused', 'Requests refused because the event loop was late', overload.refused)
  const alone = () => Number(redis.client !== undefined && !redis.ready())
  metrics.gauge('limits_local', 'Whether limits are counted in this process alone, because Redis is away', alone)
}
