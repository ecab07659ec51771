/** A job as its caller is told of it, in the words of command adapters. */
import type { Json, Result } from '../call.ts'
import type { Task, TaskEntry } from '../store/tool-tasks.ts'
import { outcomeOf } from '../surfaces/adapter.ts'
import { type Told, toldIn } from './progress.ts'

export interface JobView extends Json {
  readonly job_id: string
  readonly command: string
  readonly status: 'pending' | 'running' | 'completed' | 'failed' | 'stopped'
  readonly progress: number | null
  readonly description: string | null
}

/** @param now what is known in this process, which is newer than what is kept */
export function entryView(task: TaskEntry, now?: Told): JobView {
  const fixed = {
    job_id: task.id,
    command: task.toolName,
    created_at: task.createdAt.toISOString(),
    updated_at: task.updatedAt.toISOString(),
  }
  const description = task.statusMessage ?? null
  if (task.status === 'completed' && !task.isError) return { ...fixed, status: 'completed', progress: 100, description }
  if (task.status === 'completed' || task.status === 'failed') return { ...fixed, status: 'failed', progress: null, description }
  if (task.status === 'cancelled') return { ...fixed, status: 'stopped', progress: null, description }
  return { ...fixed, ...(now ?? toldIn(task.statusMessage)) }
}

/** With what has come of it: `result`, or `error`. */
export function fullView(task: Task, now?: Told): JobView {
  const view = entryView(task, now)
  if (task.error) return { ...view, error: { code: task.error.code, message: task.error.message } }
  if (task.result === undefined) return view
  const outcome = outcomeOf(JSON.parse(task.result) as Result)
  return outcome.success ? { ...view, result: outcome.data } : { ...view, error: outcome.error }
}
