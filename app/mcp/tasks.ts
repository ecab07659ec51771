/**
 * Tool calls that clients come back for: `tasks` of 2025-11-25, and the extension of 2026-07-28. Those that run in this process are counted
 * here, kept alive, and ended with it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Catalog } from '../catalog.ts'
import { Failure } from '../errors.ts'
import { aborted, type Service } from '../lifecycle.ts'
import { tooManyAtOnce } from '../limited.ts'
import type { Log } from '../log.ts'
import type { ToolTasks } from '../store/tool-tasks.ts'
import type { Handler, Inquiry } from './handlers.ts'
import type { Sessions } from './sessions.ts'
import { choose } from './task-choice.ts'
import { createTaskDesk, type TaskDesk } from './task-desk.ts'
import { createTaskMethods } from './task-methods.ts'
import { type TaskKeeper, TaskRun, type TaskWaiter } from './task-run.ts'

export interface TasksOptions {
  readonly store: ToolTasks
  readonly catalog: Catalog
  readonly sessions: Sessions
  readonly log: Log
  /** Aborts when a stop begins. */
  readonly stopping: AbortSignal
  /** Aborts when a stop can wait no longer: whatever runs is cut off then. */
  readonly hurry: AbortSignal
  readonly pace?: Pace
}

/** In milliseconds. */
export interface Pace {
  /** How often the store is told that a task runs. It counts as lost when that has been missed for a minute. */
  readonly renew: number
  /** How often answers are looked for that came to another process. */
  readonly look: number
  /** How often those are removed whose time is over. */
  readonly sweep: number
}

export interface Tasks {
  readonly methods: readonly (readonly [string, Handler])[]
  /**
   * The call of a tool that is a task, or may become one; undefined for any other. Throws a Failure where it must be one and cannot, or the
   * other way round.
   */
  begin(inquiry: Inquiry, name: string): TaskRun | undefined
  /** A call that is a task from its beginning, whatever its client knows of tasks. @param ttl milliseconds that it is kept */
  start(inquiry: Inquiry, name: string, options: { ttl: number; waiter: TaskWaiter }): TaskRun
  /** Where its caller asks about it. */
  readonly desk: TaskDesk
  /** Tasks that run in this process. */
  running(): number
  /** Begins to look after them. Its stop waits for those that run. */
  open(): Service
}

const most = 1_000
const mostPerCaller = 50
const usual: Pace = { renew: 15_000, look: 2_000, sweep: 60_000 }
/** What was cut off may take so long (ms) to be written down. */
const lastMoment = 300

export function createTasks({ store, catalog, sessions, log, stopping, hurry, pace = usual }: TasksOptions): Tasks {
  const runs = new Map<string, TaskRun>()
  const desk = createTaskDesk(store, runs)
  const keeper: TaskKeeper = { store, sessions, log, enter, leave, changed: desk.changed }
  let emptied = () => {}
  stopping.addEventListener('abort', () => {
    for (const run of runs.values()) run.giveUpAsking(new Failure('unavailable', 'the server is stopping'))
  })

  function enter(run: TaskRun): void {
    if (stopping.aborted) throw new Failure('unavailable', 'the server is stopping')
    const own = [...runs.values()].filter(({ callerId }) => callerId === run.callerId).length
    if (runs.size >= most || own >= mostPerCaller) {
      const limit = own >= mostPerCaller ? mostPerCaller : most
      throw tooManyAtOnce(`${limit} tasks are running, more may not: wait for one of them, or cancel it`, limit)
    }
    runs.set(run.id, run)
  }

  function leave(run: TaskRun): void {
    runs.delete(run.id)
    if (runs.size === 0) emptied()
  }

  /** Tells the store which of them run, and ends those that should not any more: cancelled through another process, or expired. */
  async function renew(): Promise<void> {
    const ids = [...runs.values()].filter((run) => run.begun).map(({ id }) => id)
    if (ids.length === 0) return
    const wanted = await store.renew(ids)
    const over = new Failure('cancelled', 'the task was cancelled, or its time is over')
    for (const id of ids) if (!wanted.has(id)) runs.get(id)?.stop(over)
  }

  async function takeReplies(): Promise<void> {
    const ids = [...runs.values()].filter((run) => run.waiting).map(({ id }) => id)
    if (ids.length === 0) return
    for (const [id, replies] of await store.repliesTo(ids)) await runs.get(id)?.take(replies)
  }

  /** That the database is away is told elsewhere; the next time tries again. */
  function every(ms: number, work: () => Promise<unknown>): NodeJS.Timeout {
    return setInterval(() => work().catch((error: unknown) => log.debug('tasks not looked after', { error })), ms).unref()
  }

  function empty(): Promise<void> {
    if (runs.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      emptied = resolve
    })
  }

  return {
    methods: createTaskMethods(desk, stopping),
    begin(inquiry, name) {
      const command = catalog.find('tool', name, inquiry)
      // What is wrong with the name, or with the caller, the switch says.
      if (!command || !inquiry.caller.scopes.includes(command.scope)) return undefined
      const choice = choose(inquiry, command)
      return choice && new TaskRun({ inquiry, toolName: name, ...choice }, keeper)
    },
    start: (inquiry, toolName, options) => new TaskRun({ inquiry, toolName, laterOn: false, ...options }, keeper),
    desk,
    running: () => runs.size,
    open() {
      const timers = [every(pace.renew, renew), every(pace.look, takeReplies), every(pace.sweep, store.sweep)]
      return {
        async stop() {
          await Promise.race([empty(), aborted(hurry).then(() => delay(lastMoment))])
          for (const timer of timers) clearInterval(timer)
        },
      }
    },
  }
}
