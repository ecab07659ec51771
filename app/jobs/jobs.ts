/**
 * Long calls whose caller is answered at once and asks for the result later. A job is a task whose client speaks no MCP: it is kept where
 * tasks are kept, and ends with the process as they do.
 */
import type { Caller, Client, Json, Via } from '../call.ts'
import { Canceller } from '../canceller.ts'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import type { Inquiry } from '../mcp/handlers.ts'
import { tasksRevision } from '../mcp/task-words.ts'
import type { Tasks } from '../mcp/tasks.ts'
import type { Task } from '../store/tool-tasks.ts'
import type { Switch } from '../switch.ts'
import { Job, type LogLine } from './job.ts'
import { createPlaces } from './places.ts'
import { toldIn } from './progress.ts'
import { entryView, fullView, type JobView } from './view.ts'

export interface JobWish {
  readonly name: string
  readonly arguments: Json
  readonly caller: Caller
  readonly via: Via
  /** It does not begin before somebody starts it. */
  readonly waits?: boolean
}

/** All of them throw Failure `unavailable` while the database is away, and `invalid_arguments` for what is no job of this caller's. */
export interface Jobs {
  /** Gives its id when it is kept. Throws what the call is refused with. */
  add(wish: JobWish): Promise<string>
  /** Starts one that waits for it. */
  start(id: string, caller: Caller): Promise<JobView>
  stop(id: string, caller: Caller): Promise<JobView>
  /** Forgets one that is over. */
  remove(id: string, caller: Caller): Promise<void>
  /** @param patience milliseconds to wait for its end @param gone aborts when nobody waits any more */
  get(id: string, caller: Caller, patience?: number, gone?: AbortSignal): Promise<JobView>
  list(caller: Caller, cursor?: string): Promise<{ jobs: JobView[]; next?: string }>
  logs(id: string, caller: Caller): Promise<readonly LogLine[]>
  counts(): { running: number; pending: number; limit: number }
}

export interface JobsOptions {
  readonly tasks: Pick<Tasks, 'start' | 'desk'>
  readonly catalog: Pick<Catalog, 'find'>
  readonly toSwitch: Pick<Switch, 'call'>
  /** How many run at a time. */
  readonly limit: number
  /** Aborts when a stop begins: what waits for its turn does not get one any more. */
  readonly stopping: AbortSignal
}

/** A day, in ms; what runs longer is kept for an hour longer than it may run, within what the database can say. */
const usualTtl = 86_400_000
const hour = 3_600_000
const longestTtl = 2 ** 31 - 1
/** Jobs that are over whose log lines are still known. */
const mostRemembered = 200

const nobody: Client = {
  abilities: {},
  resumable: false,
  ask: () => Promise.reject(new Failure('client_lacks', 'a job has nobody whom it could ask')),
  detach() {},
}

export function createJobs({ tasks, catalog, toSwitch, limit, stopping }: JobsOptions): Jobs {
  const places = createPlaces(limit, stopping)
  const jobs = new Map<string, Job>()
  const over = new Set<string>()

  function inquiryOf({ caller, via }: JobWish): Inquiry {
    const base = { params: {}, session: undefined, logLevel: 'debug', notify() {}, client: nobody }
    return { ...base, caller, via, cancel: new Canceller(), revision: tasksRevision }
  }

  function forget(id: string): void {
    over.add(id)
    if (over.size <= mostRemembered) return
    const [oldest] = over
    over.delete(oldest!)
    jobs.delete(oldest!)
  }

  async function find(id: string, caller: Caller): Promise<Task> {
    try {
      return await tasks.desk.find(id, caller.id)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'invalid_params') throw error
      throw new Failure('invalid_arguments', `unknown job "${id.slice(0, 100)}": it is none of yours, or is not kept any more`)
    }
  }

  const view = (task: Task): JobView => fullView(task, toldNow(task.id))

  function toldNow(id: string) {
    const job = jobs.get(id)
    return job && toldIn(job.said)
  }

  return {
    async add(wish) {
      const { name, arguments: given, caller, via, waits = false } = wish
      const command = catalog.find('tool', name, wish)
      // The switch says what is wrong with the name, and what was meant; there is no job of it.
      if (!command) await toSwitch.call({ kind: 'tool', name, arguments: given, caller, via })
      const timeout = command?.timeout ?? 0
      const ttl = Math.min(Math.max(usualTtl, timeout + hour), longestTtl)
      const job = new Job(places.take, waits)
      const run = tasks.start(inquiryOf(wish), name, { ttl, waiter: job })
      job.run = run
      jobs.set(run.id, job)
      try {
        await run.run(async ({ id, cancel, notify, admitted, client }) => {
          const meta = { progressToken: 'job' }
          const call = { id, kind: 'tool' as const, name, arguments: given, caller, via, meta, logLevel: 'debug' }
          try {
            return await toSwitch.call({ ...call, cancel, notify, admitted, client })
          } finally {
            if (job.running) places.leave()
            forget(run.id)
          }
        })
      } catch (error) {
        over.delete(run.id)
        jobs.delete(run.id)
        throw error
      }
      return run.id
    },
    async start(id, caller) {
      const task = await find(id, caller)
      const before = view(task)
      const job = jobs.get(id)
      if (before.status !== 'pending')
        throw new Failure('conflict', `job ${id} is ${before.status}: only one that is pending can be started`)
      if (!job)
        throw new Failure('unavailable', `job ${id} waits in another process of this server: ask again`, {
          data: { retry_after: 1 },
        })
      job.start()
      return view(await find(id, caller))
    },
    async stop(id, caller) {
      const task = await find(id, caller)
      if (!(await tasks.desk.cancel(task))) throw new Failure('conflict', `job ${id} is over already`)
      return view(await find(id, caller))
    },
    async remove(id, caller) {
      if (!(await tasks.desk.remove(await find(id, caller)))) throw new Failure('conflict', `job ${id} still runs: stop it first`)
      jobs.delete(id)
      over.delete(id)
    },
    async get(id, caller, patience = 0, gone) {
      const until = performance.now() + patience
      let ring = () => {}
      const leave = () => ring()
      gone?.addEventListener('abort', leave)
      let rung = false
      const stopListening = tasks.desk.listen(id, () => {
        rung = true
        ring()
      })
      try {
        for (;;) {
          rung = false
          const now = view(await find(id, caller))
          const left = until - performance.now()
          if ((now.status !== 'pending' && now.status !== 'running') || left <= 0 || gone?.aborted) return now
          if (rung) continue
          let timer: NodeJS.Timeout | undefined
          await new Promise<void>((resolve) => {
            ring = resolve
            timer = setTimeout(resolve, left)
          })
          clearTimeout(timer)
        }
      } finally {
        gone?.removeEventListener('abort', leave)
        stopListening()
      }
    },
    async list(caller, cursor) {
      const { tasks: entries, next } = await tasks.desk.list(caller.id, cursor)
      return { jobs: entries.map((entry) => entryView(entry, toldNow(entry.id))), next }
    },
    async logs(id, caller) {
      await find(id, caller)
      return jobs.get(id)?.lines ?? []
    },
    counts() {
      const pending = [...jobs].filter(([id, { running }]) => !running && !over.has(id)).length
      return { running: places.taken(), pending, limit }
    },
  }
}
