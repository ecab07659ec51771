/** A task as clients are told of it, in the words of each era. */
import type { Json, Questions } from '../call.ts'
import { type Code, Failure, meanings } from '../errors.ts'
import { isObject } from '../is-object.ts'
import type { Task, TaskEntry, TaskError } from '../store/tool-tasks.ts'
import { downgraded } from './downgrade.ts'
import { tasksExtension } from './era.ts'
import { errorOf } from './message.ts'
import { sessionText } from './results.ts'

/** The one revision with sessions that has tasks. */
export const tasksRevision = '2025-11-25'

/** How often (ms) clients should look. */
const pollInterval = 1_000

/** The member of `_meta` that says which task a message belongs to (2025-11-25). */
export const relatedTask = 'io.modelcontextprotocol/related-task'

/** Puts the task that it belongs to into the `_meta` of params or of a result. */
export const withRelated = (message: Json, taskId: string): Json => ({
  ...message,
  _meta: { ...(isObject(message._meta) ? message._meta : {}), [relatedTask]: { taskId } },
})

/** What a client of 2026-07-28 declares that takes tasks; the shape of an error that says that it did not. */
export const tasksAbility: Json = { extensions: { [tasksExtension]: {} } }

/** @param abilities as the client declared them */
export const takesTasks = ({ extensions }: Json): boolean => isObject(extensions) && isObject(extensions[tasksExtension])

export const isOver = ({ status }: TaskEntry): boolean => status !== 'working' && status !== 'input_required'

/** A result that says isError is a failure of the task there. */
export const sessionTask = (task: TaskEntry): Json => ({
  ...common(task, task.isError ? 'failed' : task.status),
  ttl: task.ttl,
  pollInterval,
})

/** Failures are of the protocol only there: a result that says isError is a result. */
export const modernTask = (task: TaskEntry): Json => ({
  ...common(task, task.status),
  ttlMs: task.ttl,
  pollIntervalMs: pollInterval,
})

/** With what has come of it, or what it waits for. */
export function detailedTask(task: Task): Json {
  const shown = modernTask(task)
  if (task.result !== undefined) return { ...shown, result: { resultType: 'complete', ...(JSON.parse(task.result) as Json) } }
  if (task.error) return { ...shown, error: errorOf(failureOf(task.error), true) }
  if (task.status === 'input_required') return { ...shown, inputRequests: task.questions }
  return shown
}

/** Exactly what the call would have been answered with. Throws the Failure that it ended with. */
export function resultText(task: Task, revision: string): string {
  if (task.result !== undefined) return sessionText(withRelated(downgraded(JSON.parse(task.result) as Json, revision), task.id))
  throw task.error ? failureOf(task.error) : new Failure('cancelled', `the task was cancelled: ${task.toolName} gave no result`)
}

/** A question of a task, as it is asked in a session. */
export const relatedQuestions = (questions: Questions, taskId: string): Questions =>
  Object.fromEntries(
    Object.entries(questions).map(([key, { method, params = {} }]) => [key, { method, params: withRelated(params, taskId) }]),
  )

const common = ({ id, statusMessage, createdAt, updatedAt }: TaskEntry, status: string): Json => ({
  taskId: id,
  status,
  ...(statusMessage === undefined ? {} : { statusMessage }),
  createdAt: createdAt.toISOString(),
  lastUpdatedAt: updatedAt.toISOString(),
})

/** One that a later version has kept may have a code that this one does not know. */
function failureOf({ code, message, data }: TaskError): Failure {
  return Failure.again(Object.hasOwn(meanings, code) ? (code as Code) : 'internal', message, { data })
}
