/** Where clients ask about their tasks, whichever process runs them: what the store has, and what can be told beyond it. */
import { Failure } from '../errors.ts'
import { isGone } from '../runner.ts'
import { needing } from '../store/away.ts'
import { type Position, positionIn } from '../store/page.ts'
import type { Task, TaskEntry, TaskReplies, ToolTasks } from '../store/tool-tasks.ts'
import type { TaskRun } from './task-run.ts'
import { isOver } from './task-words.ts'

/** Its functions throw Failure `unavailable` while the database is away. */
export interface TaskDesk {
  /** Throws Failure `invalid_params` for what is no task of this caller's (any more). */
  find(id: unknown, callerId: string): Promise<Task>
  /** Throws Failure `invalid_params` for a cursor that is none of ours. */
  list(callerId: string, cursor: unknown): Promise<{ tasks: TaskEntry[]; next?: string }>
  /** Ends it for good. False where it is over already. */
  cancel(task: Task): Promise<boolean>
  /** Forgets one that is over. False where it still runs. */
  remove(task: Task): Promise<boolean>
  /** Gives replies to whoever runs it. */
  reply(id: string, replies: TaskReplies): Promise<void>
  isHere(id: string): boolean
  /** Calls when something of a task that runs here has changed, until the function that comes back is called. */
  listen(id: string, changed: () => void): () => void
}

export interface OpenDesk extends TaskDesk {
  changed(id: string): void
}

const lost = 'the server that ran this task ended before it was done: call the tool again'

/** @param runs those of this process, by id */
export function createTaskDesk(store: ToolTasks, runs: ReadonlyMap<string, TaskRun>): OpenDesk {
  const listeners = new Map<string, Set<() => void>>()

  /** Whoever ran it may have had no time to say that it does not any more. */
  function seen<T extends TaskEntry>(task: T): T {
    if (isOver(task) || runs.has(task.id) || !(task.silent || isGone(task.runner))) return task
    return { ...task, status: 'failed', statusMessage: lost, error: { code: 'unavailable', message: lost } }
  }

  return {
    async find(id, callerId) {
      if (typeof id !== 'string') throw new Failure('invalid_params', 'params.taskId must be a text')
      const task = await sure(store.find(id, callerId))
      if (task) return unanswered(seen(task))
      throw new Failure('invalid_params', 'unknown task: it is none of yours, or the time that it was kept is over')
    },
    async list(callerId, cursor = '') {
      const { tasks, next } = await sure(store.list(callerId, positionOf(cursor)))
      return { tasks: tasks.map(seen), next }
    },
    async cancel({ id, callerId, toolName }) {
      const done = await sure(store.cancel(id, callerId, 'cancelled by the client'))
      if (done) runs.get(id)?.stop(new Failure('cancelled', `the call of ${toolName} was cancelled`))
      return done
    },
    remove: ({ id, callerId }) => sure(store.remove(id, callerId)),
    async reply(id, replies) {
      const run = runs.get(id)
      await (run ? run.take(replies) : sure(store.reply(id, replies)))
    },
    isHere: (id) => runs.has(id),
    listen(id, changed) {
      const known = listeners.get(id) ?? new Set()
      listeners.set(id, known.add(changed))
      return () => {
        if (known.delete(changed) && known.size === 0) listeners.delete(id)
      }
    },
    changed(id) {
      for (const listener of listeners.get(id) ?? []) listener()
    },
  }
}

/** Without what has been answered, though whoever runs it does not know yet. */
function unanswered(task: Task): Task {
  const open = Object.entries(task.questions).filter(([key]) => !Object.hasOwn(task.replies, key))
  const questions = Object.fromEntries(open)
  return task.status === 'input_required' && open.length === 0
    ? { ...task, questions, status: 'working' }
    : { ...task, questions }
}

function positionOf(cursor: unknown): Position | undefined {
  if (cursor === '') return undefined
  const position = typeof cursor === 'string' ? positionIn(cursor) : undefined
  if (!position) throw new Failure('invalid_params', 'unknown cursor: begin the list again, without one')
  return position
}

const sure = <T>(work: Promise<T>): Promise<T> => needing(work, 'nothing can be said of tasks now: the database is away', 5)
