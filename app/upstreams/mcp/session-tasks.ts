/** Tools of servers with sessions that run as tasks only (2025-11-25): begun, waited for, and told when nobody waits any more. */
import type { Json, Result } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { relatedTask } from '../../mcp/task-words.ts'
import { isLostSession } from '../http/errors.ts'
import type { Asking, Link } from './link.ts'
import { Gone, Refused } from './peer.ts'

/** How long (ms) the server is asked to keep it: longer than anybody waits. */
const ttl = 86_400_000

/** Asks like the link does, and gives what the call would have been answered with without a task. */
export const throughTask = (link: Link): Link['request'] =>
  async function requestAsTask(method, params, asking = {}) {
    const over = new AbortController()
    try {
      const created = await link.request(method, { ...params, task: { ttl } }, { ...asking, progressUntil: over.signal })
      // Some servers answer at once what takes no time.
      return created.task === undefined ? created : await resultOf(link, taskIdIn(created), asking)
    } finally {
      over.abort()
    }
  }

/** What the task asks comes while this waits, about the same call. */
async function resultOf(link: Link, taskId: string, { call }: Asking): Promise<Result> {
  try {
    return withoutRelated(await link.request('tasks/result', { taskId }, { call }))
  } catch (error) {
    if (call?.cancel.aborted) await link.request('tasks/cancel', { taskId }).catch(() => {})
    // The call has been made: whoever asks again because a session was lost would make it twice.
    if (isLostSession(error)) throw new Gone('the server has forgotten the session, and with it the task', { cause: error })
    throw error
  }
}

function taskIdIn({ task }: Json): string {
  if (isObject(task) && typeof task.taskId === 'string') return task.taskId
  throw new Refused({ code: -32603, message: 'the server answered with a task that has no id' })
}

/** To our clients another task is the related one, or none. */
function withoutRelated(result: Result): Result {
  if (!isObject(result._meta)) return result
  const { [relatedTask]: _, ...meta } = result._meta
  const { _meta, ...rest } = result
  return Object.keys(meta).length ? { ...rest, _meta: meta } : rest
}
