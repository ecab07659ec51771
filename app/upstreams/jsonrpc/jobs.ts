/** A command that was put into a queue: looked after until it has ended, with its progress told on the way. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call, Json } from '../../call.ts'
import { isObject } from '../../is-object.ts'
import { unwrapped } from './results.ts'
import type { Reply, Talk } from './talk.ts'

export interface JobsOptions {
  readonly talk: Talk
  /** Milliseconds between two looks. */
  readonly every: number
  /** Whether the service has this command. */
  has(command: string): boolean
}

const ended = new Set(['completed', 'failed', 'stopped', 'cancelled', 'error', 'deleted'])
/** Milliseconds that telling a service to stop a job may take. */
const farewell = 5_000

/** The id of the job that an answer tells of. */
export function jobIn(reply: Reply): string | undefined {
  const said = 'result' in reply ? unwrapped(reply.result) : undefined
  if (!isObject(said) || said.success === false || ended.has(String(said.status))) return undefined
  return typeof said.job_id === 'string' ? said.job_id : undefined
}

/**
 * Settles with what the job came to. When the call is cancelled, the service is told to stop the job, where it knows how.
 * @returns undefined where the service cannot be asked about jobs
 */
export async function endOf(job: string, call: Call, { talk, every, has }: JobsOptions): Promise<Reply | undefined> {
  const status = ['job_status', 'queue_get_job_status'].find(has)
  if (status === undefined) return undefined
  let told = -1
  try {
    for (;;) {
      await sleep(every, undefined, { signal: call.signal })
      const reply = await talk(status, { job_id: job }, { signal: call.signal, safe: true })
      if ('error' in reply) return reply
      const now = unwrapped(reply.result)
      if (!isObject(now)) return reply
      if (now.status === 'completed') return { result: now.result ?? now }
      if (ended.has(String(now.status)) || now.success === false) return failedWith(now)
      told = tell(call, now, told)
    }
  } catch (error) {
    if (call.cancel.aborted && has('queue_stop_job')) {
      await talk('queue_stop_job', { job_id: job }, { timeout: farewell }).catch(() => {})
    }
    throw error
  }
}

function failedWith(job: Json): Reply {
  const { status, error, result, description } = job
  const said = [isObject(error) ? error.message : error, isObject(result) ? result.message : result, description]
  const message = said.find((each) => typeof each === 'string' && each !== '')
  return { error: { code: -32000, message: `the job is ${String(status)}${message ? `: ${String(message)}` : ''}`, data: job } }
}

/** Progress must grow. @returns what was told last */
function tell(call: Call, { progress, description }: Json, told: number): number {
  const token = call.meta?.progressToken
  if (token === undefined || typeof progress !== 'number' || progress <= told) return told
  const message = typeof description === 'string' && description !== '' ? { message: description } : {}
  call.notify('notifications/progress', { progressToken: token, progress, total: 100, ...message })
  return progress
}
