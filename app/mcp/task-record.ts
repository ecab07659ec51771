/** Writes what becomes of one task, one state after the other, until the database has the last of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { pauseAfter } from '../store/backoff.ts'
import { blamesTheData } from '../store/refusals.ts'
import type { TaskState, ToolTasks } from '../store/tool-tasks.ts'

export interface TaskRecordOptions {
  readonly id: string
  readonly store: Pick<ToolTasks, 'become'>
  readonly log: Log
  /** Told of every state that is committed; `at` is undefined where the task is over already, or gone. */
  written(state: TaskState, at: Date | undefined): void
  /** Whether it makes no sense any more to write. */
  expired(): boolean
}

const unkept: TaskState = { status: 'failed', error: { code: 'internal', message: 'the result could not be kept' } }

export class TaskRecord {
  private readonly options: TaskRecordOptions
  /** Not written yet; a newer state takes the place of an older one. */
  private wanted: TaskState | undefined
  private writing: Promise<void> | undefined

  constructor(options: TaskRecordOptions) {
    this.options = options
  }

  /** Settles when everything that is wanted has been written. A database that is away is waited for. */
  put(state: TaskState): Promise<void> {
    this.wanted = state
    this.writing ??= this.write()
    return this.writing
  }

  /** Settles when nothing is being written. */
  idle(): Promise<void> {
    return this.writing ?? Promise.resolve()
  }

  private async write(): Promise<void> {
    const { id, store, log, written, expired } = this.options
    let failures = 0
    while (this.wanted && !expired()) {
      const state = this.wanted
      this.wanted = undefined
      let at: Date | undefined
      try {
        at = await store.become(id, state)
      } catch (error) {
        if (failures++ === 0) log.warn('the state of a task is not kept yet', { task: id, status: state.status, error })
        this.wanted ??= blamesTheData(error) ? unkept : state
        await sleep(pauseAfter(failures), undefined, { ref: false })
        continue
      }
      failures = 0
      written(state, at)
    }
    this.writing = undefined
  }
}
