/** How `/cmd` and REST call what takes long: the caller gets a job, or its result if it says that it waits and it does not take longer. */
import type { Caller, Command, Json, Via } from '../call.ts'
import { Failure } from '../errors.ts'
import type { Jobs } from '../jobs/jobs.ts'

export interface QueueAnswer extends Json {
  readonly success: boolean
  readonly job_id: string
  readonly status: string
}

/**
 * @param params with what is for us: `max_wait_time` and `poll_interval` (seconds)
 * @param way who asks and how; `signal` aborts when they have left, and the job goes on without them
 */
export async function callQueued(
  jobs: Jobs,
  command: Command,
  params: Json,
  { signal, ...way }: { caller: Caller; via: Via; signal: AbortSignal },
): Promise<QueueAnswer> {
  // How often it should be looked at for them, callers say out of habit: the end of a job is heard of at once.
  const { max_wait_time: wait, poll_interval: pause, ...given } = params
  if (pause !== undefined && !(typeof pause === 'number' && pause >= 0)) throw wrong('poll_interval', '0 or more', pause)
  if (wait !== undefined && !(typeof wait === 'number' && wait > 0)) throw wrong('max_wait_time', 'above 0', wait)
  const id = await jobs.add({ name: command.name, arguments: given, ...way })
  if (wait === undefined)
    return {
      success: true,
      job_id: id,
      status: 'pending',
      message: `${command.name} runs as a job: job_status with this job_id tells how far it is`,
    }
  const { status, result, error, progress, description } = await jobs.get(
    id,
    way.caller,
    Math.min(wait, longestWait) * 1_000,
    signal,
  )
  if (status === 'pending' || status === 'running') {
    const message = `${command.name} is not done after ${wait} s: job_status with this job_id tells how far it is`
    return { success: true, job_id: id, status, progress, description, message }
  }
  return {
    success: status === 'completed',
    job_id: id,
    status,
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    progress,
    description,
  }
}

/** Seconds that a request is kept waiting, whatever it asks for. */
const longestWait = 3_600

const wrong = (name: string, what: string, got: unknown) =>
  new Failure('invalid_params', `${name} must be a number of seconds, ${what}, got ${JSON.stringify(got)?.slice(0, 80)}`)
