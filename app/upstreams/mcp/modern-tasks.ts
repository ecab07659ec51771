/** Calls that a server of 2026-07-28 has made into tasks, followed until they are over. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, Json, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { takesTasks, tasksAbility } from '../../mcp/task-words.ts'
import type { Asking, Link } from './link.ts'
import { questionsIn } from './modern-questions.ts'
import { Refused } from './peer.ts'

/** Milliseconds between two looks, where the server does not say; and the bounds of what it may say. */
const usual = 1_000
const shortest = 100
const longest = 30_000
/** MissingRequiredClientCapability. */
const lacksAbility = -32021

/** Whether the server would take the call if we said that we know tasks. */
export function wantsTasks(error: unknown): boolean {
  if (!(error instanceof Refused) || error.code !== lacksAbility || !isObject(error.data)) return false
  const { requiredCapabilities } = error.data
  return isObject(requiredCapabilities) && takesTasks(requiredCapabilities)
}

/** The same abilities, and tasks. */
export const withTasks = (abilities: Json): Json => ({
  ...abilities,
  extensions: { ...(isObject(abilities.extensions) ? abilities.extensions : {}), ...(tasksAbility.extensions as Json) },
})

/**
 * Gives the result of the task. Throws Refused with the error that it ended with.
 * @param created what the server has answered the call with
 */
export async function followed(link: Link, created: Json, call: Call, asking: Asking): Promise<Result> {
  const { taskId } = created
  if (typeof taskId !== 'string') throw new Refused({ code: -32603, message: 'the server answered with a task that has no id' })
  try {
    // Whoever called has a task from now on as well, if it can.
    await call.client?.later?.()
    return await endOf(link, taskId, created, call, asking)
  } catch (error) {
    if (!(error instanceof TaskError))
      await link.request('tasks/cancel', { taskId }, { abilities: asking.abilities }).catch(() => {})
    throw error
  }
}

/** The task has ended with it. */
class TaskError extends Refused {}

async function endOf(link: Link, taskId: string, created: Json, call: Call, asking: Asking): Promise<Result> {
  const { abilities } = asking
  const answered = new Set<string>()
  for (let task = created; ; task = await link.request('tasks/get', { taskId }, { call, abilities })) {
    if (task.status === 'completed' && isObject(task.result)) return task.result
    if (task.status === 'failed' || task.status === 'cancelled') throw errorOf(task)
    const open = Object.entries(questionsIn(task)).filter(([key]) => !answered.has(key))
    if (open.length > 0) {
      const inputResponses = await call.ask(Object.fromEntries(open))
      for (const [key] of open) answered.add(key)
      await link.request('tasks/update', { taskId, inputResponses }, { call, abilities })
    } else await pause(task, call.signal)
  }
}

async function pause({ pollIntervalMs }: Json, signal: AbortSignal): Promise<void> {
  const wanted = typeof pollIntervalMs === 'number' ? pollIntervalMs : usual
  await sleep(Math.min(Math.max(wanted, shortest), longest), undefined, { signal }).catch(() => {
    throw signal.reason
  })
}

function errorOf({ status, error }: Json): TaskError {
  const { code, message, data } = isObject(error) ? error : {}
  return new TaskError({
    code: typeof code === 'number' ? code : -32603,
    message: typeof message === 'string' ? message : `the task is ${String(status)}`,
    data,
  })
}
