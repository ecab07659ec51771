/** One tool call that is, or may become, a task: from then on it outlives its request and its session, and its result is kept. */
import { randomUUID } from 'node:crypto'
import type { Json, Result } from '../call.ts'
import { Canceller } from '../canceller.ts'
import { Failure } from '../errors.ts'
import type { Log } from '../log.ts'
import { thisRunner } from '../runner.ts'
import type { TaskEntry, TaskReplies, TaskState, ToolTasks } from '../store/tool-tasks.ts'
import type { Inquiry } from './handlers.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Choice } from './task-choice.ts'
import { TaskClient } from './task-client.ts'
import { messageOf, type Outcome, stateOf } from './task-outcome.ts'
import { TaskQuestions } from './task-questions.ts'
import { TaskRecord } from './task-record.ts'
import { modernTask, sessionTask, withRelated } from './task-words.ts'
import { asToolResult } from './tool-error.ts'

/** Who looks after all tasks that run here. */
export interface TaskKeeper {
  readonly store: ToolTasks
  readonly sessions: Sessions
  readonly log: Log
  /** Throws a Failure when no more may run. */
  enter(run: TaskRun): void
  leave(run: TaskRun): void
  /** Something of this task is not what it was. */
  changed(id: string): void
}

export interface TaskRunOptions extends Choice {
  readonly inquiry: Inquiry
  readonly toolName: string
  readonly waiter?: TaskWaiter
}

/** Whoever made the call for somebody who asks how far it is, and is told nothing. */
export interface TaskWaiter {
  /** Settles when the command may run. Throws when `cancelled` aborts before that. */
  turn(cancelled: AbortSignal): Promise<void>
  heard(method: string, params: Json): void
  /** How far it is, in words that are kept beside its state. */
  readonly said: string | undefined
}

export class TaskRun {
  readonly id = randomUUID()
  private readonly options: TaskRunOptions
  private readonly keeper: TaskKeeper
  private readonly cancel = new Canceller()
  private readonly asked = new TaskQuestions(() => void this.record.put(this.stateNow()))
  private readonly client: TaskClient
  private readonly record: TaskRecord
  /** The client goes away, or takes its request back, before there is a task. */
  private readonly left = () => this.cancel.abort(this.options.inquiry.cancel.signal.reason)
  private createdAt = new Date()
  private answer: (result: Result) => void = () => {}

  constructor(options: TaskRunOptions, keeper: TaskKeeper) {
    this.options = options
    this.keeper = keeper
    this.client = new TaskClient({
      client: options.inquiry.client,
      asked: this.asked,
      keep: () => this.keep(),
      begun: () => this.tellBegun(),
    })
    this.record = new TaskRecord({
      id: this.id,
      store: keeper.store,
      log: keeper.log,
      written: (state, at) => this.written(state, at),
      expired: () => Date.now() > this.createdAt.getTime() + options.ttl,
    })
  }

  /**
   * Makes the call. Gives what the client is answered: a task as soon as that is kept, or the result of a call that did not become one.
   * Throws a Failure for a protocol error.
   * @param call sends the inquiry that it is given through the switch
   */
  run(call: (inquiry: Inquiry) => Promise<Result>): Promise<Result> {
    const { inquiry, laterOn } = this.options
    inquiry.cancel.tellToo(this.left)
    if (inquiry.cancel.aborted) this.left()
    const asked: Inquiry = {
      ...inquiry,
      id: this.id,
      cancel: this.cancel,
      client: this.client,
      notify: (method, params) => this.notify(method, params),
      admitted: laterOn ? undefined : () => this.admit(),
    }
    return new Promise((resolve, reject) => {
      this.answer = resolve
      call(asked)
        .then<Outcome, Outcome>(
          (result) => ({ result }),
          (error: unknown) => ({ error }),
        )
        .then((outcome) => this.end(outcome))
        .then(resolve, reject)
    })
  }

  get callerId(): string {
    return this.options.inquiry.caller.id
  }

  /** Whether it is a task already. */
  get begun(): boolean {
    return this.client.hasTask
  }

  /** Whether it has asked what nobody has answered. */
  get waiting(): boolean {
    return this.asked.waiting
  }

  /** Replies have come. Settles when what is open now stands in the database. */
  take(replies: TaskReplies): Promise<void> {
    this.asked.take(replies)
    return this.record.idle()
  }

  /** Nobody can answer any more. */
  giveUpAsking(reason: Failure): void {
    this.asked.close(reason)
  }

  /** Ends the call. How the task ended stands in the database already, or will when the call has ended. */
  stop(reason: Failure): void {
    this.cancel.abort(reason)
  }

  /** What its waiter says now is kept. */
  say(): void {
    void this.record.put(this.stateNow())
  }

  private async admit(): Promise<void> {
    await this.client.later()
    await this.options.waiter?.turn(this.cancel.signal)
  }

  private async keep(): Promise<void> {
    this.keeper.enter(this)
    try {
      this.createdAt = await this.keeper.store.add(this.entry({ status: 'working' }, this.createdAt))
    } catch (error) {
      this.keeper.leave(this)
      const why = `${this.options.toolName} was not called: its task cannot be kept, the database is away`
      throw new Failure('unavailable', why, { data: { retry_after: 5 }, cause: error })
    }
  }

  private tellBegun(): void {
    this.options.inquiry.cancel.tellNoMore(this.left)
    const entry = this.entry({ status: 'working' }, this.createdAt)
    this.answer(this.modern ? { resultType: 'task', ...modernTask(entry) } : { task: sessionTask(entry) })
  }

  /** Gives the result of a call that is no task. */
  private async end(outcome: Outcome): Promise<Result> {
    this.options.inquiry.cancel.tellNoMore(this.left)
    // A call may be cut off while its task is being kept.
    await this.client.settled()
    if (!this.begun) {
      if ('result' in outcome) return outcome.result
      // A client with a session that wants a task cannot be given a result instead.
      if (this.modern) return asToolResult(outcome.error)
      throw outcome.error
    }
    this.asked.close(new Failure('cancelled', 'the task is over'))
    await this.record.put(stateOf(outcome))
    this.keeper.leave(this)
    this.keeper.changed(this.id)
    return {}
  }

  private stateNow(): TaskState {
    return this.waiting
      ? { status: 'input_required', questions: this.asked.questions }
      : { status: 'working', message: this.options.waiter?.said }
  }

  private written(state: TaskState, at: Date | undefined): void {
    if (!at) this.stop(new Failure('cancelled', 'the task was cancelled, or its time is over'))
    else if (!this.modern) this.session?.notice('notifications/tasks/status', sessionTask(this.entry(state, at)))
    this.keeper.changed(this.id)
  }

  /** 2026-07-28 has none of them for tasks; elsewhere they are heard while the session lives. */
  private notify(method: string, params: Json): void {
    if (this.options.waiter) this.options.waiter.heard(method, params)
    else if (!this.begun) this.options.inquiry.notify(method, params)
    else if (!this.modern) this.session?.notice(method, withRelated(params, this.id))
  }

  private get modern(): boolean {
    return this.options.inquiry.revision === undefined
  }

  private get session(): Session | undefined {
    const { session } = this.options.inquiry
    return session === undefined ? undefined : this.keeper.sessions.get(session)
  }

  private entry(state: TaskState, updatedAt: Date): TaskEntry {
    const { id, callerId, createdAt } = this
    const { toolName, ttl } = this.options
    const isError = state.status === 'completed' && state.isError
    const fixed = { id, callerId, toolName, ttl, runner: thisRunner, createdAt }
    return { ...fixed, status: state.status, statusMessage: messageOf(state), updatedAt, isError, silent: false }
  }
}
