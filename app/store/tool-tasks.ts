/** Tool calls that clients come back for: committed before anybody is told of the task, and again before anybody is told of its result. */
import type { Database } from './database.ts'
import { storable } from './json-text.ts'
import { cursorOf, isUuid, type Position } from './page.ts'
import {
  entryColumns,
  type NewTask,
  type Task,
  type TaskEntry,
  type TaskReplies,
  type TaskRow,
  type TaskState,
  taskColumns,
  toTask,
  valuesOf,
} from './tool-task-rows.ts'

export type { NewTask, Task, TaskEntry, TaskError, TaskReplies, TaskReply, TaskState } from './tool-task-rows.ts'

/** Its functions throw what the database throws when it is away. */
export interface ToolTasks {
  /** Commits a new task that works. Gives when it was created. */
  add(task: NewTask): Promise<Date>
  /** Of this caller: somebody else's, and one whose time is over, do not exist. */
  find(id: string, callerId: string): Promise<Task | undefined>
  /** Those of this caller, the newest first. @param after where the page before ended */
  list(callerId: string, after?: Position): Promise<{ tasks: TaskEntry[]; next?: string }>
  /** Commits what became of it. Gives when, or undefined where it is over already, or gone: then nothing has changed. */
  become(id: string, state: TaskState): Promise<Date | undefined>
  /** False where it is over already, gone, or none of this caller's. */
  cancel(id: string, callerId: string, message: string): Promise<boolean>
  /** False where it still runs, or is none of this caller's. */
  remove(id: string, callerId: string): Promise<boolean>
  /** Keeps replies for whoever runs it. */
  reply(id: string, replies: TaskReplies): Promise<void>
  /** The replies that are there for these. Each stays as long as its question, so that nobody is shown as open what has been answered. */
  repliesTo(ids: readonly string[]): Promise<ReadonlyMap<string, TaskReplies>>
  /** Says that these run. Gives those of them that still should. */
  renew(ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Removes those whose time is over; gives how many there were. */
  sweep(): Promise<number>
}

/** Entries of one page. */
const pageSize = 100
const runs = `status in ('working', 'input_required') and expires_at > now()`
/** Times go to clients, and into cursors, to the millisecond. */
const now = `date_trunc('milliseconds', now())`

export function createToolTasks({ pool }: Pick<Database, 'pool'>): ToolTasks {
  return {
    async add({ id, callerId, toolName, ttl, runner }) {
      const { rows } = await pool.query<{ created_at: Date }>(
        `insert into mcp.tool_tasks (id, caller_id, tool_name, status, runner, ttl, created_at, updated_at, expires_at)
         values ($1, $2, $3, 'working', $4, $5::int, ${now}, ${now}, now() + $5::int * interval '1 millisecond') returning created_at`,
        [id, callerId, toolName, runner, ttl],
      )
      return rows[0]!.created_at
    },
    async find(id, callerId) {
      if (!isUuid(id)) return undefined
      const { rows } = await pool.query<TaskRow>(
        `select ${taskColumns} from mcp.tool_tasks where id = $1 and caller_id = $2 and expires_at > now()`,
        [id, callerId],
      )
      return rows[0] && toTask(rows[0])
    },
    async list(callerId, after) {
      const { rows } = await pool.query<TaskRow>(
        `select ${entryColumns} from mcp.tool_tasks
         where caller_id = $1 and expires_at > now() ${after ? 'and (created_at, id) < ($3::timestamptz, $4::uuid)' : ''}
         order by created_at desc, id desc limit $2`,
        [callerId, pageSize + 1, ...(after ? [after.at, after.id] : [])],
      )
      const tasks = rows.slice(0, pageSize).map(toTask)
      const last = tasks.at(-1)
      return rows.length > pageSize && last ? { tasks, next: cursorOf(last.createdAt, last.id) } : { tasks }
    },
    async become(id, state) {
      const { rows } = await pool.query<{ updated_at: Date }>(
        `update mcp.tool_tasks
         set status = $2, status_message = $3, questions = $4, result = $5, is_error = $6, error = $7, updated_at = ${now}, alive_at = now(),
           replies = (select jsonb_object_agg(key, value) from jsonb_each(replies) where key = any($8::text[]))
         where id = $1 and ${runs} returning updated_at`,
        [id, ...valuesOf(state), state.status === 'input_required' ? Object.keys(state.questions) : []],
      )
      return rows[0]?.updated_at
    },
    async cancel(id, callerId, message) {
      const { rowCount } = await pool.query(
        `update mcp.tool_tasks set status = 'cancelled', status_message = $3, questions = null, updated_at = ${now}
         where id = $1 and caller_id = $2 and ${runs}`,
        [id, callerId, message],
      )
      return rowCount === 1
    },
    async remove(id, callerId) {
      const { rowCount } = await pool.query(`delete from mcp.tool_tasks where id = $1 and caller_id = $2 and not (${runs})`, [
        id,
        callerId,
      ])
      return rowCount === 1
    },
    async reply(id, replies) {
      await pool.query(
        `update mcp.tool_tasks set replies = coalesce(replies, '{}') || $2::jsonb, updated_at = ${now} where id = $1 and ${runs}`,
        [id, storable(JSON.stringify(replies))],
      )
    },
    async repliesTo(ids) {
      const { rows } = await pool.query<{ id: string; replies: TaskReplies }>(
        'select id, replies from mcp.tool_tasks where id = any($1::uuid[]) and replies is not null',
        [ids],
      )
      return new Map(rows.map(({ id, replies }) => [id, replies]))
    },
    async renew(ids) {
      const { rows } = await pool.query<{ id: string }>(
        `update mcp.tool_tasks set alive_at = now() where id = any($1::uuid[]) and ${runs} returning id`,
        [ids],
      )
      return new Set(rows.map(({ id }) => id))
    },
    async sweep() {
      const { rowCount } = await pool.query('delete from mcp.tool_tasks where expires_at <= now()')
      return rowCount ?? 0
    },
  }
}
